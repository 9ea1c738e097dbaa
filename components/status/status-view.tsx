'use client';

import { Instant } from '@/components/ui/instant';
import { LiveNotice } from '@/components/ui/live-notice';
import { Columns, Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { Panel } from '@/components/ui/panel';
import { type Initial, useLive } from '@/components/ui/use-live';
import { StatusBody } from '@/lib/contracts/status';
import { formatDuration } from '@/lib/format/durations';

import { AgentsFacts } from './agents-facts';
import { ClusterFacts } from './cluster-facts';
import { DatabaseFacts } from './database-facts';
import { GapsTable } from './gaps-table';
import { LogInputs } from './log-inputs';
import { MissingFeatures } from './missing-features-list';
import { PollsTable } from './polls-table';
import { SourceCard } from './source-card';
import { SourcesSummary } from './sources-summary';
import { STATUS_URL } from './status-url';

/** The collector: what it reads, how fresh that is, what went wrong and what escaped it. */
export function StatusView({ initial }: { initial: Initial<StatusBody> }) {
  const live = useLive({ url: STATUS_URL, schema: StatusBody, initial });
  const { data } = live;
  return (
    <Page>
      <PageHeader
        title="Status"
        note={
          <>
            exit137 {data.version} · role {data.role} · polls every {formatDuration(data.pollIntervalMs)} · as
            of <Instant at={data.now} />
          </>
        }
      />
      <LiveNotice live={live} />
      {/* What is not ok stands in the notice of the frame, as on every page. */}
      {data.health === 'ok' && <SourcesSummary sources={data.sources} />}
      <MissingFeatures status={data} />
      {data.sources.map((source) => (
        <SourceCard key={`${source.cluster} ${source.source}`} source={source} />
      ))}
      <Panel title="Gaps" note="spans in which task ends may have escaped; newest first" flush>
        <GapsTable gaps={data.gaps} />
      </Panel>
      <Panel title="Host logs" note="where they come in" flush>
        <LogInputs inputs={data.logInputs} />
      </Panel>
      <Columns>
        {data.agents.map((agents) => (
          <Panel
            key={agents.cluster}
            title={data.agents.length > 1 ? `Agents of ${agents.cluster}` : 'Agents'}
            note="asked for their containers and, after a failure, for its sandbox"
          >
            <AgentsFacts agents={agents} />
          </Panel>
        ))}
        {data.clusters.map((cluster) => (
          <Panel key={cluster.name} title={`Cluster ${cluster.name}`}>
            <ClusterFacts cluster={cluster} />
          </Panel>
        ))}
        <Panel title="Database">
          <DatabaseFacts database={data.database} />
        </Panel>
      </Columns>
      <Panel title="Polls" note="the newest 50, of all sources" flush>
        <PollsTable polls={data.polls} />
      </Panel>
    </Page>
  );
}

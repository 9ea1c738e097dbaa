'use client';

import { Instant } from '@/components/ui/instant';
import { LiveNotice } from '@/components/ui/live-notice';
import { Columns, Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { Panel } from '@/components/ui/panel';
import { type Initial, useLive } from '@/components/ui/use-live';
import { StatusBody } from '@/lib/contracts/status';
import { formatDuration } from '@/lib/format/durations';
import { formatCount } from '@/lib/format/numbers';

import { AgentsFacts } from './agents-facts';
import { ClusterFacts } from './cluster-facts';
import { DatabasePanel } from './database-panel';
import { GapsTable } from './gaps-table';
import { LedgerPanel } from './ledger-panel';
import { LogInputs } from './log-inputs';
import { MissingFeatures } from './missing-features-list';
import { PollsTable } from './polls-table';
import { SourceCard } from './source-card';
import { SourcesSummary } from './sources-summary';
import { STATUS_URL } from './status-url';
import { StreamsPanel } from './streams-panel';

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
      <StreamsPanel streams={data.streams} pollIntervalMs={data.pollIntervalMs} />
      {data.clusters.map(({ name }) => (
        <LedgerPanel
          key={name}
          title={data.clusters.length > 1 ? `Ledger of ${name}` : 'Ledger'}
          lives={data.ledger.filter(({ cluster }) => cluster === name)}
        />
      ))}
      <Panel
        title="Gaps"
        note={`spans in which task ends may have escaped; newest first${data.gapCount > data.gaps.length ? `, ${formatCount(data.gaps.length)} of ${formatCount(data.gapCount)}` : ''}`}
        flush
      >
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
      </Columns>
      <DatabasePanel database={data.database} replica={data.readReplica} />
      <Panel title="Polls" note="the newest 50, of all sources" flush>
        <PollsTable polls={data.polls} />
      </Panel>
    </Page>
  );
}

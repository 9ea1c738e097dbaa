'use client';

import { CauseBars } from '@/components/charts/cause-bars';
import { settled } from '@/components/charts/chart-frame';
import { RateBars } from '@/components/charts/rate-bars';
import { TimelineChart } from '@/components/charts/timeline-chart';
import { hostTitle } from '@/components/hosts/host-name';
import { SuspectMark } from '@/components/hosts/suspect-mark';
import { usePageWindow } from '@/components/shell/use-page-window';
import { TaskTable } from '@/components/task-ends/task-table';
import { Empty } from '@/components/ui/empty';
import { LiveNotice } from '@/components/ui/live-notice';
import { Columns, Page } from '@/components/ui/page';
import { Panel } from '@/components/ui/panel';
import { PlainLink } from '@/components/ui/plain-link';
import { type Initial, useLive } from '@/components/ui/use-live';
import { isObserved } from '@/lib/charts/timeline-model';
import { OverviewBody } from '@/lib/contracts/stats';
import { isSuspect } from '@/lib/domain/suspect';
import { hostLabel, isAgentId } from '@/lib/format/host-label';
import { appHref, hostHref, tasksHref, type WindowParams, withQuery } from '@/lib/format/hrefs';

import { OverviewFigures } from './overview-figures';
import { OverviewSigns } from './overview-signs';
import { overviewUrl } from './overview-url';
import { VerdictLine } from './verdict-line';

/** Is the cluster healthy? The answer first, then its numbers, then where and why. */
export function OverviewView({ initial }: { initial: Initial<OverviewBody> }) {
  const { window, links } = usePageWindow();
  const live = useLive({ url: overviewUrl(window), schema: OverviewBody, initial });
  const { data } = live;
  return (
    <Page>
      <LiveNotice live={live} />
      <VerdictLine verdict={data.verdict} from={data.from} to={data.to} />
      <OverviewSigns overview={data} links={links} />
      <OverviewFigures overview={data} links={links} />
      <TimelineChart state={settled(data.timeline)} filters={{ cluster: links.cluster }} />
      <Columns>
        <WorstHosts overview={data} links={links} />
        <WorstApps overview={data} links={links} />
      </Columns>
      <NewestFailures overview={data} links={links} />
      <Panel title="Why tasks ended">
        <CauseBars
          causes={data.causes}
          filters={links}
          empty={isObserved(data.timeline) ? 'No task ended in this window' : NOT_OBSERVED}
        />
      </Panel>
    </Page>
  );
}

type PartProps = { overview: OverviewBody; links: WindowParams };

function WorstHosts({ overview, links }: PartProps) {
  return (
    <Panel
      title="Hosts that fail most"
      actions={<PlainLink href={withQuery('/hosts', links)}>All hosts</PlainLink>}
    >
      <RateBars
        label="Hosts that fail most"
        rows={overview.hosts}
        fleet={overview.now}
        nameOf={(row) => hostLabel(row.hostname)}
        titleOf={(row) => hostTitle(row.hostname)}
        isVague={(row) => isAgentId(row.hostname)}
        isFirst={(row) => isSuspect(row, overview.agents.listed)}
        markOf={(row) => isSuspect(row, overview.agents.listed) && <SuspectMark short />}
        hrefOf={(row) => hostHref(row.hostname, links)}
        most={8}
        empty={<NothingFailed overview={overview} title="No failure on any host in this window" />}
      />
    </Panel>
  );
}

function WorstApps({ overview, links }: PartProps) {
  return (
    <Panel
      title="Apps that fail most"
      actions={<PlainLink href={withQuery('/apps', links)}>All apps</PlainLink>}
    >
      <RateBars
        label="Apps that fail most"
        rows={overview.apps}
        fleet={overview.now}
        nameOf={(row) => row.appId}
        hrefOf={(row) => appHref(row.appId, links)}
        most={8}
        empty={<NothingFailed overview={overview} title="No app failed in this window" />}
      />
    </Panel>
  );
}

function NewestFailures({ overview, links }: PartProps) {
  return (
    <Panel
      title="Newest failures"
      flush
      actions={<PlainLink href={tasksHref({ ...links, disposition: 'failure' })}>All failures</PlainLink>}
    >
      <TaskTable
        caption="Newest failures"
        items={overview.newest}
        links={links}
        empty={<NothingFailed overview={overview} title="No task failed in this window" />}
      />
    </Panel>
  );
}

const NOT_OBSERVED = 'Nothing was observed in this window';

/** A silent collector is missing data, never health. */
function NothingFailed({ overview, title }: { overview: OverviewBody; title: string }) {
  return <Empty title={isObserved(overview.timeline) ? title : NOT_OBSERVED} />;
}

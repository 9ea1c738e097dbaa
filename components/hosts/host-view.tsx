'use client';

import { CauseBars } from '@/components/charts/cause-bars';
import { settled } from '@/components/charts/chart-frame';
import { TimelineChart } from '@/components/charts/timeline-chart';
import { StuckKills } from '@/components/evidence/stuck-kills';
import { usePageWindow } from '@/components/shell/use-page-window';
import { TaskTable } from '@/components/task-ends/task-table';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import { LiveNotice } from '@/components/ui/live-notice';
import { Columns, Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { Panel } from '@/components/ui/panel';
import { PlainLink } from '@/components/ui/plain-link';
import { type Initial, useLive } from '@/components/ui/use-live';
import { isObserved } from '@/lib/charts/timeline-model';
import { HostDetailBody } from '@/lib/contracts/stats';
import { isSuspect } from '@/lib/domain/suspect';
import { isAgentId } from '@/lib/format/host-label';
import { tasksHref, withQuery } from '@/lib/format/hrefs';

import { HostAgents } from './host-agents';
import { HostApps } from './host-apps';
import { HostConditions } from './host-conditions';
import { HostContact } from './host-contact';
import { HostFigures } from './host-figures';
import { HostName } from './host-name';
import { HostSignals } from './host-signals';
import { hostUrl } from './host-urls';
import classes from './host-view.module.css';
import { SuspectMark } from './suspect-mark';

type HostViewProps = {
  hostname: string;
  /** How many hosts the window knows: the more, the more must speak against one before it is suspect. */
  hostCount: number;
  initial: Initial<HostDetailBody>;
};

/** One host: how it fails against the fleet, when, why, and whose tasks. */
export function HostView({ hostname, hostCount, initial }: HostViewProps) {
  const { window, links } = usePageWindow();
  const live = useLive({ url: hostUrl(hostname, window), schema: HostDetailBody, initial });
  const { data } = live;
  const filters = { ...links, host: hostname };
  return (
    <Page>
      <PageHeader
        crumbs={[{ label: 'Hosts', href: withQuery('/hosts', links) }]}
        title={<HostTitle hostname={hostname} suspect={isSuspect(data.rate, hostCount)} />}
        note={
          <>
            {hostState(data.rate)} · <Instant at={data.from} mode="minutes" /> –{' '}
            <Instant at={data.to} mode="minutes" />
          </>
        }
        actions={<PlainLink href={tasksHref(filters)}>All task ends here</PlainLink>}
      />
      <LiveNotice live={live} />
      <HostContact contacts={data.contacts} />
      <HostFigures detail={data} />
      <HostConditions conditions={data.conditions} />
      <StuckKills kills={data.stuckKills} hide="host" />
      <TimelineChart
        title="Task ends on this host"
        state={settled(data.timeline)}
        filters={{ host: hostname, cluster: links.cluster }}
      />
      <Panel
        title="Newest failures here"
        flush
        actions={
          <PlainLink href={tasksHref({ ...filters, disposition: 'failure' })}>All failures here</PlainLink>
        }
      >
        <TaskTable
          caption="Newest failures on this host"
          items={data.newest}
          hide={['host']}
          pageSize={10}
          links={links}
          empty={
            <Empty
              title={
                isObserved(data.timeline)
                  ? 'No task failed here in this window'
                  : 'Nothing was observed in this window'
              }
            />
          }
        />
      </Panel>
      <HostSignals detail={data} />
      <Columns>
        <Panel title="Why tasks ended here">
          <CauseBars
            causes={data.causes}
            filters={filters}
            empty={
              isObserved(data.timeline)
                ? 'No task ended here in this window'
                : 'Nothing was observed in this window'
            }
          />
        </Panel>
        <Panel title="Apps here" flush>
          <HostApps detail={data} hostname={hostname} links={links} />
        </Panel>
      </Columns>
      <Panel title="Agents under this name" note="every agent id ever seen, newest first" flush>
        <HostAgents agents={data.agents} contacts={data.contacts} />
      </Panel>
    </Page>
  );
}

function HostTitle({ hostname, suspect }: { hostname: string; suspect: boolean }) {
  return (
    <span className={classes.title}>
      <HostName host={hostname} />
      {suspect && <SuspectMark />}
    </span>
  );
}

function hostState(rate: HostDetailBody['rate']): string {
  if (isAgentId(rate.hostname)) return `Agent ${rate.hostname}: its host name is not known`;
  if (rate.listed === null) return 'Known from history only';
  if (!rate.listed) return 'Gone: not in the last whole poll';
  return rate.active === false ? 'Inactive' : 'Active';
}

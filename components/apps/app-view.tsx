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
import { AppDetailBody } from '@/lib/contracts/stats';
import { tasksHref, withQuery } from '@/lib/format/hrefs';

import { AppDeployments, AppHosts, AppVersions } from './app-breakdowns';
import { AppDefinition } from './app-definition';
import { AppFigures } from './app-figures';
import { AppLastFailure } from './app-last-failure';
import { AppMarks } from './app-marks';
import { AppMemoryPanel } from './app-memory';
import { AppSurvivors } from './app-survivors';
import { appUrl } from './app-urls';
import { JvmCard } from './jvm-card';

// The rest are one click away, and what stands below is one scroll away.
const NEWEST = 10;

type AppViewProps = { appId: string; initial: Initial<AppDetailBody> };

/** One app: how it fails against the fleet, since which version, where, and what Marathon makes of it. */
export function AppView({ appId, initial }: AppViewProps) {
  const { window, links } = usePageWindow();
  const live = useLive({ url: appUrl(appId, window), schema: AppDetailBody, initial });
  const { data } = live;
  const filters = { ...links, app: appId };
  return (
    <Page>
      <PageHeader
        crumbs={[{ label: 'Apps', href: withQuery('/apps', links) }]}
        title={
          <>
            {appId}
            <AppMarks app={data.rate} />
          </>
        }
        note={
          <>
            {data.rate.frameworkName ?? 'Marathon not known'} · <Instant at={data.from} mode="minutes" /> –{' '}
            <Instant at={data.to} mode="minutes" />
          </>
        }
        actions={<PlainLink href={tasksHref(filters)}>All its task ends</PlainLink>}
      />
      <LiveNotice live={live} />
      <AppFigures detail={data} />
      <AppSurvivors survivors={data.survivors} />
      <StuckKills kills={data.stuckKills} hide="app" />
      <TimelineChart
        title="Task ends of this app"
        state={settled(data.timeline)}
        filters={{ app: appId, cluster: links.cluster }}
      />
      <JvmCard report={data.jvm} />
      <AppMemoryPanel detail={data} />
      <Panel
        title="Newest failures"
        flush
        actions={
          <PlainLink href={tasksHref({ ...filters, disposition: 'failure' })}>All its failures</PlainLink>
        }
      >
        <TaskTable
          caption="Newest failures of this app"
          items={data.newest}
          hide={['app']}
          links={links}
          pageSize={NEWEST}
          empty={
            <Empty
              title={
                isObserved(data.timeline)
                  ? 'No task of this app failed in this window'
                  : 'Nothing was observed in this window'
              }
            />
          }
        />
      </Panel>
      <Columns>
        <Panel title="Why its tasks ended">
          <CauseBars
            causes={data.causes}
            filters={filters}
            empty={
              isObserved(data.timeline)
                ? 'No task of this app ended in this window'
                : 'Nothing was observed in this window'
            }
          />
        </Panel>
        <Panel title="Failures by host" flush>
          <AppHosts appId={appId} hosts={data.hosts} links={links} />
        </Panel>
      </Columns>
      <Panel title="Failures by version" note="of tasks started under it, newest version first" flush>
        <AppVersions versions={data.versions} />
      </Panel>
      <Panel title="Deployments" flush>
        <AppDeployments deployments={data.deployments} />
      </Panel>
      {data.lastTaskFailure !== null && (
        <AppLastFailure failure={data.lastTaskFailure} cluster={data.rate.cluster} />
      )}
      <AppDefinition definition={data.definition} />
    </Page>
  );
}

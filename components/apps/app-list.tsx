'use client';

import { useQueryState } from 'nuqs';

import { fleetNote, nothingFailed } from '@/components/charts/fleet-words';
import { GapStrip } from '@/components/charts/gap-strip';
import { RateBars } from '@/components/charts/rate-bars';
import { usePageWindow } from '@/components/shell/use-page-window';
import { Empty } from '@/components/ui/empty';
import { FilterInput } from '@/components/ui/filter-input';
import { LiveNotice } from '@/components/ui/live-notice';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { Panel } from '@/components/ui/panel';
import { type Initial, useLive } from '@/components/ui/use-live';
import { type AppRate, AppRatesBody } from '@/lib/contracts/stats';
import { appHref } from '@/lib/format/hrefs';
import { plural } from '@/lib/format/numbers';

import { AppTable } from './app-table';
import { appsUrl } from './app-urls';

const BARS = 20;

/** Every app with its failure rate against the fleet's, the worst first. */
export function AppList({ initial }: { initial: Initial<AppRatesBody> }) {
  const { window, links } = usePageWindow();
  const [filter, setFilter] = useQueryState('filter', { history: 'replace', defaultValue: '' });
  const live = useLive({ url: appsUrl(window), schema: AppRatesBody, initial });
  const { items, fleet } = live.data;
  const rows = items.filter((row) => row.appId.toLowerCase().includes(filter.trim().toLowerCase()));
  const repeated = repeatedIds(items);
  const hrefOf = (row: AppRate): string =>
    appHref(row.appId, repeated.has(row.appId) ? { ...links, cluster: row.cluster } : links);

  return (
    <Page>
      <PageHeader
        title="Apps"
        note={
          <>
            {plural(items.length, 'app')} · {fleetNote(fleet)}
            {backedOffNote(items)}
          </>
        }
        actions={
          <FilterInput
            label="Filter apps"
            value={filter}
            onChange={(text) => void setFilter(text === '' ? null : text)}
          />
        }
      />
      <LiveNotice live={live} />
      <Panel title="Failure rate by app" note={barsNote(rows)}>
        <GapStrip window={live.data} gaps={live.data.gaps} />
        <RateBars
          label="Failure rate by app"
          rows={rows}
          fleet={fleet}
          nameOf={(row) => row.appId}
          hrefOf={hrefOf}
          most={BARS}
          empty={
            <Empty
              title={
                filter !== ''
                  ? 'No failing app matches the filter'
                  : nothingFailed(fleet, 'No app failed in this window')
              }
            />
          }
        />
      </Panel>
      <Panel title="All apps" flush>
        {rows.length === 0 ? (
          <NoApps filtered={filter !== ''} />
        ) : (
          <AppTable rows={rows} fleet={fleet} hrefOf={hrefOf} />
        )}
      </Panel>
    </Page>
  );
}

function NoApps({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No app matches the filter">Clear the filter to see them all.</Empty>
  ) : (
    <Empty title="No app is known in this window">
      Apps come from Marathon’s own list and from the ids of ended tasks.
    </Empty>
  );
}

function barsNote(rows: readonly AppRate[]): string | undefined {
  const failing = rows.filter(({ failed }) => failed > 0).length;
  return failing > BARS ? `the worst ${BARS} of ${failing} with failures` : undefined;
}

function backedOffNote(items: readonly AppRate[]): string {
  const count = items.filter(({ backedOff }) => backedOff).length;
  return count > 0 ? ` · ${count} backed off` : '';
}

/** App ids that several clusters have: only their links need the cluster's name. */
function repeatedIds(items: readonly AppRate[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { appId } of items) {
    if (seen.has(appId)) repeated.add(appId);
    seen.add(appId);
  }
  return repeated;
}

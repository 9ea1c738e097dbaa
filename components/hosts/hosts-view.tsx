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
import { type HostRate, HostRatesBody } from '@/lib/contracts/stats';
import { isSuspect } from '@/lib/domain/suspect';
import { hostLabel, isAgentId } from '@/lib/format/host-label';
import { hostHref } from '@/lib/format/hrefs';
import { plural } from '@/lib/format/numbers';
import { hostTitle } from './host-name';
import { hostsUrl } from './host-urls';
import { HostsTable } from './hosts-table';
import { SuspectMark } from './suspect-mark';

const BARS = 20;

/** Every host with its failure rate against the fleet's, the worst first. */
export function HostsView({ initial }: { initial: Initial<HostRatesBody> }) {
  const { window, links } = usePageWindow();
  const [filter, setFilter] = useQueryState('filter', { history: 'replace', defaultValue: '' });
  const live = useLive({ url: hostsUrl(window), schema: HostRatesBody, initial });
  const { items, fleet, trouble } = live.data;
  const rows = items.filter((row) => matches(row, filter));
  const suspect = (row: HostRate): boolean => isSuspect(row, items.length);
  const suspects = items.filter(suspect).length;
  return (
    <Page>
      <PageHeader
        title="Hosts"
        note={
          <>
            {plural(items.length, 'host')} · {fleetNote(fleet)}
            {suspects > 0 && ` · ${plural(suspects, 'suspect')}`}
          </>
        }
        actions={
          <FilterInput
            label="Filter hosts"
            value={filter}
            onChange={(text) => void setFilter(text === '' ? null : text)}
          />
        }
      />
      <LiveNotice live={live} />
      <Panel title="Failure rate by host" note={note(rows)}>
        <GapStrip window={live.data} gaps={live.data.gaps} />
        <RateBars
          label="Failure rate by host"
          rows={rows}
          fleet={fleet}
          nameOf={(row) => hostLabel(row.hostname)}
          titleOf={(row) => hostTitle(row.hostname)}
          isVague={(row) => isAgentId(row.hostname)}
          hrefOf={(row) => hostHref(row.hostname, links)}
          isFirst={suspect}
          markOf={(row) => suspect(row) && <SuspectMark short />}
          most={BARS}
          empty={
            <Empty
              title={
                filter !== ''
                  ? 'No failing host matches the filter'
                  : nothingFailed(fleet, 'No failure on any host in this window')
              }
            />
          }
        />
      </Panel>
      <Panel title="All hosts" flush>
        <HostsTable
          rows={rows}
          fleet={fleet}
          links={links}
          isSuspect={suspect}
          trouble={trouble}
          filtered={filter !== ''}
        />
      </Panel>
    </Page>
  );
}

function note(rows: readonly HostRate[]): string | undefined {
  const failing = rows.filter(({ failed }) => failed > 0).length;
  return failing > BARS ? `the worst ${BARS} of ${failing} with failures` : undefined;
}

function matches(row: HostRate, filter: string): boolean {
  return row.hostname.toLowerCase().includes(filter.trim().toLowerCase());
}

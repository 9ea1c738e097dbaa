import type { Column } from '@/components/ui/data-table';
import { Instant } from '@/components/ui/instant';
import type { LedgerItem } from '@/lib/contracts/status';
import { formatCount } from '@/lib/format/numbers';

type State = LedgerItem['states'][number];

export const STATE_COLUMNS: Column<State>[] = [
  { key: 'state', header: 'State', isRowHeader: true, cell: ({ state }) => <code>{state}</code> },
  {
    key: 'counted',
    header: 'Counted',
    title: 'By the master, without what it refused before launch',
    align: 'right',
    cell: ({ counted }) => formatCount(counted),
  },
  {
    key: 'stored',
    header: 'Stored',
    title: 'Of those counted',
    align: 'right',
    cell: ({ counted, escaped }) => formatCount(Math.max(0, counted - escaped)),
  },
  { key: 'escaped', header: 'Escaped', align: 'right', cell: ({ escaped }) => formatCount(escaped) },
  {
    key: 'refused',
    header: 'Refused',
    title: 'Before launch: in no list of the master, so no reader can have them',
    align: 'right',
    cell: ({ refused }) => formatCount(refused),
  },
];

export const LIFE_COLUMNS: Column<LedgerItem>[] = [
  {
    key: 'elected',
    header: 'Elected',
    isRowHeader: true,
    cell: ({ electedAt }) => <Instant at={electedAt} />,
  },
  {
    key: 'read',
    header: 'Last read',
    cell: ({ readAt }) => (readAt === null ? 'never' : <Instant at={readAt} mode="minutes" />),
  },
  { key: 'counted', header: 'Counted', align: 'right', cell: ({ counted }) => formatCount(counted) },
  { key: 'escaped', header: 'Escaped', align: 'right', cell: ({ escaped }) => formatCount(escaped) },
  {
    key: 'master',
    header: 'Master',
    grow: true,
    cell: ({ masterId }) => <code title={masterId}>{masterId}</code>,
  },
];

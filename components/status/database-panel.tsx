import { type Column, DataTable } from '@/components/ui/data-table';
import { Instant } from '@/components/ui/instant';
import { Notice } from '@/components/ui/notice';
import { Panel } from '@/components/ui/panel';
import type { DatabaseSize } from '@/lib/contracts/database-size';
import type { ReadReplica } from '@/lib/contracts/read-replica';
import { formatBytes } from '@/lib/format/bytes';
import { formatCompact, plural } from '@/lib/format/numbers';

import classes from './database-panel.module.css';
import { growthWords, replicaWords } from './database-words';

type Table = DatabaseSize['tables'][number];

const COLUMNS: Column<Table>[] = [
  { key: 'table', header: 'Table', isRowHeader: true, cell: ({ table }) => <code>{table}</code> },
  { key: 'bytes', header: 'Size', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
  {
    key: 'rows',
    header: 'Rows',
    title: 'As Postgres estimates them',
    align: 'right',
    cell: ({ rows }) => formatCompact(rows),
  },
  {
    key: 'growth',
    header: 'A day',
    title: 'Growth over the last days',
    align: 'right',
    cell: ({ bytesPerDay }) =>
      bytesPerDay === null ? '–' : `${bytesPerDay > 0 ? '+' : ''}${formatBytes(bytesPerDay)}`,
  },
];

/** The only state there is: what it weighs, how it grows, what is kept for how long. */
export function DatabasePanel({
  database,
  replica,
}: {
  database: DatabaseSize;
  replica: ReadReplica | null;
}) {
  const { retentionDays, sandboxRetentionDays, oldestEndAt } = database;
  const ofReplica = replicaWords(replica);
  return (
    <Panel
      title="Database"
      note={`PostgreSQL ${database.version} · ${plural(database.migrations, 'migration')} applied`}
    >
      <div className={classes.body}>
        <p>
          <strong>{growthWords(database)}</strong>
        </p>
        <p className={classes.muted}>
          Task ends are kept {plural(retentionDays, 'day')}, sandbox tails{' '}
          {plural(sandboxRetentionDays, 'day')}, what incidents and reviews point to and the counts by hour
          and day for ever.
          {oldestEndAt !== null && (
            <>
              {' '}
              The oldest end is of <Instant at={oldestEndAt} mode="minutes" />.
            </>
          )}
        </p>
        {ofReplica !== null && <Notice tone={ofReplica.tone}>{ofReplica.sentence}</Notice>}
        {database.tables.length > 0 ? (
          <div className={classes.table}>
            <DataTable
              caption="The largest tables"
              columns={COLUMNS}
              rows={database.tables}
              rowKey={({ table }) => table}
              pageSize={12}
            />
          </div>
        ) : (
          <p className={classes.muted}>Sizes of single tables are looked at once an hour; none was yet.</p>
        )}
      </div>
    </Panel>
  );
}

import { hash } from 'node:crypto';

import { inSlices } from './in-slices';

/** Digest of each row as it was last written, by its key, and when. */
export type WrittenRows = Map<string, { digest: string; at: Date }>;

// Rows are written again this often though nothing changed, so that `last_seen_at` stays true to within it.
const REFRESH_MS = 10 * 60_000;

/**
 * The rows that a poll has to write: new, changed, or written long ago. Nearly all of 10,000 agents are as they
 * were half a minute ago, and rewriting them at each poll would fill the table with dead rows.
 * `written` is the memory to keep once the rows are committed; rows that are not listed are forgotten, unless
 * `keepUnlisted` (the list was cut). Cost: one digest per row; others have a turn meanwhile.
 */
export async function changedRowsInSlices<Row>(
  before: WrittenRows,
  rows: readonly Row[],
  { keyOf, now, keepUnlisted }: { keyOf: (row: Row) => string; now: Date; keepUnlisted: boolean },
): Promise<{ changed: Row[]; written: WrittenRows }> {
  const written: WrittenRows = keepUnlisted ? new Map(before) : new Map();
  const changed: Row[] = [];
  await inSlices(rows, (row) => {
    const key = keyOf(row);
    const digest = hash('sha1', JSON.stringify(row), 'base64');
    const known = before.get(key);
    const isSame = known?.digest === digest && now.getTime() - known.at.getTime() < REFRESH_MS;
    written.set(key, isSame && known ? known : { digest, at: now });
    if (!isSame) changed.push(row);
  });
  return { changed, written };
}

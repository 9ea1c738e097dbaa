import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

import { END_COLUMNS } from '@/lib/ingest/end-columns';

import { createEndLines } from './end-line';
import { happeningsOf } from './happenings';
import { createWorld, type FillSize, hoursOf } from './world';

const HOUR_MS = 3_600_000;
const PIECE_CHARS = 256 * 1024;

export type MonthToLoad = { url: string; size: FillSize; month: string };

/** `month`: `2026-11`. Into an empty table of this transaction, frozen: nothing is left for a vacuum to do. */
export async function loadMonth({ url, size, month }: MonthToLoad): Promise<number> {
  const world = createWorld(size);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let rows = 0;
  async function* lines(): AsyncGenerator<Buffer> {
    const lineOf = createEndLines(world);
    let piece = '';
    for (let hour = 0; hour < hoursOf(world); hour += 1) {
      if (monthOf(world.from.getTime() + hour * HOUR_MS) !== month) continue;
      for (const happening of happeningsOf(world, hour)) {
        piece += lineOf(happening);
        rows += 1;
        if (piece.length < PIECE_CHARS) continue;
        yield Buffer.from(piece);
        piece = '';
      }
    }
    if (piece !== '') yield Buffer.from(piece);
  }
  try {
    const table = `task_end_${month.replace('-', '_')}`;
    await client.query('BEGIN');
    await client.query(`TRUNCATE ${table}`);
    const copy = client.query(copyFrom(`COPY ${table} (${END_COLUMNS}) FROM STDIN (FREEZE)`));
    await pipeline(Readable.from(lines()), copy);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
  return rows;
}

export function monthsOf(world: Pick<FillSize, 'now'> & { from: Date }): string[] {
  const months = new Set<string>();
  for (let ms = world.from.getTime(); ms < world.now.getTime(); ms += HOUR_MS) months.add(monthOf(ms));
  return [...months];
}

function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7);
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';

import { inTransaction } from '@/lib/db/in-transaction';
import type { LogFact } from '@/lib/domain/log-signal';
import { createLogParser, type LogParser } from '@/lib/evidence/log-parser';
import { rawLinesOf } from '@/lib/evidence/open-blocks';

import { storeLogFacts } from './apply-log-facts';
import { sanitize } from './sanitize';

/** Lines of one way in, in the order they came, freed of all wrapping. */
export type LogLines = {
  clusterId: number;
  /** `http`, `syslog`, `file:/var/log/messages`: blocks go on from call to call of one input. */
  input: string;
  lines: readonly string[];
  receivedAt: Date;
  /** IANA, for stamps without a zone. */
  timeZone: string;
  /** Of lines that name no host; null: not known. */
  defaultHost: string | null;
  /** Who sent them; absent: nobody whose address tells the host. */
  peerAddress?: string;
  /** Up to where the input is read with these lines: kept in log_input, stored with them or not at all. */
  position?: unknown;
  /** Lines that were refused on their way here, to be counted with these. */
  refused?: number;
};

export type LogLinesStored = {
  /** accepted + rejected + duplicates = lines. */
  accepted: number;
  rejected: number;
  /** Lines of signals that were stored already, or of a block that is being received already. */
  duplicates: number;
  /** New ones. */
  signals: number;
  /** The first 20; `line`: 1 is the first. */
  rejects: { line: number; why: string }[];
};

/** The parser looks at 8 KiB of a line; one that is far longer is no log line. */
const MAX_LINE_CHARS = 64 * 1024;
const MAX_REJECTS = 20;
const TURN_MS = 8;
const MAX_OPEN_HOSTS = 500;
const MAX_NAME = 255;
const STALE_MS = 10_000;
const MAX_CLOSED_AT_ONCE = 20;

/**
 * Stores what log lines tell, whoever takes them, in one transaction: signals for the collector to tie, containers,
 * status updates, and the lines of blocks that are not whole yet, with which the next call of the same input goes on in
 * whatever process. Calls of one input wait for each other. Sending the same lines again is harmless.
 *
 * Never throws for what a line holds. Database errors propagate, and then nothing of the call is stored. Cost: one pass
 * over the lines, a few statements, and one read of the agents where the lines tell anything.
 */
export async function storeLogLines(pool: Pool, given: LogLines): Promise<LogLinesStored> {
  const { lines, rejects, rejected } = checkLines(given.lines);
  return await inTransaction(pool, async (client) => {
    await countInput(client, given, rejected);
    const blocks = await openBlocks(client, given);
    const parser = createLogParser({
      receivedAt: given.receivedAt,
      timeZone: given.timeZone,
      host: given.defaultHost,
    });
    const facts: LogFact[] = [];
    let turnAt = performance.now();
    const feed = async (line: string) => {
      parser.feed(line);
      // A line can end a report of hundreds, and blocks of many hosts can wait: pages are served in between.
      if (performance.now() - turnAt < TURN_MS) return;
      facts.push(...parser.take());
      await nextTurn();
      turnAt = performance.now();
    };
    for (const block of blocks) for (const line of block.lines) await feed(line);
    const repeated = sentAgain(blocks, lines);
    for (const [index, line] of lines.entries()) if (!repeated.has(index)) await feed(line);
    facts.push(...parser.take());
    const stored = await storeLogFacts(client, {
      clusterId: given.clusterId,
      facts,
      receivedAt: given.receivedAt,
      peerAddress: given.peerAddress ?? null,
    });
    await keepOpenBlocks(client, given, blocks, parser);
    const duplicates = Math.min(repeated.size + stored.duplicateLines, lines.length);
    await client.query(
      `UPDATE log_input SET signals = signals + $3, duplicates = duplicates + $4 WHERE cluster_id = $1 AND input = $2`,
      [given.clusterId, inputName(given.input), stored.signals, duplicates],
    );
    return { accepted: lines.length - duplicates, rejected, duplicates, signals: stored.signals, rejects };
  });
}

/**
 * Takes blocks for whole to which no line came for 10 seconds, at most 20 at a time. Answers how many. Called by the
 * collector; concurrent calls of the same inputs wait.
 */
export async function closeStaleBlocks(
  pool: Pool,
  { clusterId, now, timeZone }: { clusterId: number; now: Date; timeZone: string },
): Promise<number> {
  const before = new Date(now.getTime() - STALE_MS);
  const stale = await pool.query<{ input: string }>(
    `SELECT DISTINCT input FROM log_open_block WHERE cluster_id = $1 AND updated_at < $2 LIMIT $3`,
    [clusterId, before, MAX_CLOSED_AT_ONCE],
  );
  let closed = 0;
  for (const { input } of stale.rows) {
    const close = () =>
      inTransaction(pool, (client) => closeBlockOf(client, { clusterId, input, before, timeZone }));
    while (closed < MAX_CLOSED_AT_ONCE && (await close())) closed += 1;
  }
  return closed;
}

/** Notes why an input fails, for /status. */
export async function recordLogInputError(
  pool: Pool,
  { clusterId, input, error, now }: { clusterId: number; input: string; error: string; now: Date },
): Promise<void> {
  await pool.query(
    `INSERT INTO log_input (cluster_id, input, first_at, last_at, last_error, last_error_at)
     VALUES ($1, $2, $4, $4, $3, $4)
     ON CONFLICT (cluster_id, input) DO UPDATE SET last_error = excluded.last_error, last_error_at = excluded.last_error_at`,
    [clusterId, inputName(input), sanitize(error.slice(0, 1_000)), now],
  );
}

/** One block in a transaction: its signals may need a month made, which must come before all writing. False: none is left. */
async function closeBlockOf(
  client: PoolClient,
  {
    clusterId,
    input,
    before,
    timeZone,
  }: { clusterId: number; input: string; before: Date; timeZone: string },
): Promise<boolean> {
  // As storeLogLines does: one at a time.
  await client.query('SELECT 1 FROM log_input WHERE cluster_id = $1 AND input = $2 FOR UPDATE', [
    clusterId,
    input,
  ]);
  const { rows } = await client.query<OpenBlock & { updated_at: Date }>(
    `DELETE FROM log_open_block
     WHERE cluster_id = $1 AND input = $2 AND printed_host = (
       SELECT printed_host FROM log_open_block
       WHERE cluster_id = $1 AND input = $2 AND updated_at < $3 ORDER BY place LIMIT 1)
     RETURNING printed_host, lines, updated_at`,
    [clusterId, input, before],
  );
  const [block] = rows;
  if (!block) return false;
  const receivedAt = block.updated_at;
  const parser = createLogParser({ receivedAt, timeZone, host: block.printed_host || null });
  for (const line of block.lines) parser.feed(line);
  const facts = [...parser.take(), ...parser.end()];
  const { signals } = await storeLogFacts(client, { clusterId, facts, receivedAt, peerAddress: null });
  await client.query('UPDATE log_input SET signals = signals + $3 WHERE cluster_id = $1 AND input = $2', [
    clusterId,
    input,
    signals,
  ]);
  return true;
}

function checkLines(given: readonly string[]) {
  const lines: string[] = [];
  const rejects: { line: number; why: string }[] = [];
  let rejected = 0;
  for (const [index, line] of given.entries()) {
    if (line.length <= MAX_LINE_CHARS) {
      lines.push(sanitize(line));
      continue;
    }
    rejected += 1;
    if (rejects.length < MAX_REJECTS) {
      rejects.push({ line: index + 1, why: `longer than ${MAX_LINE_CHARS.toLocaleString('en')} characters` });
    }
  }
  return { lines, rejects, rejected };
}

/** Counts the lines; its lock on the row keeps other calls of the input waiting until this one is over. */
async function countInput(client: PoolClient, given: LogLines, rejected: number): Promise<void> {
  await client.query(
    `INSERT INTO log_input AS known (cluster_id, input, lines, rejected, first_at, last_at, position)
     VALUES ($1, $2, $3, $4, $5, $5, $6::jsonb)
     ON CONFLICT (cluster_id, input) DO UPDATE SET lines = known.lines + excluded.lines,
       rejected = known.rejected + excluded.rejected, last_at = greatest(known.last_at, excluded.last_at),
       position = coalesce(excluded.position, known.position)`,
    [
      given.clusterId,
      inputName(given.input),
      given.lines.length + (given.refused ?? 0),
      rejected + (given.refused ?? 0),
      given.receivedAt,
      given.position === undefined ? null : JSON.stringify(sanitize(given.position)),
    ],
  );
}

type OpenBlock = { printed_host: string; lines: string[] };

async function openBlocks(client: PoolClient, { clusterId, input }: LogLines): Promise<OpenBlock[]> {
  const { rows } = await client.query<OpenBlock>(
    `SELECT printed_host, lines FROM log_open_block WHERE cluster_id = $1 AND input = $2
     ORDER BY place FOR UPDATE`,
    [clusterId, inputName(input)],
  );
  return rows;
}

/**
 * Which of the lines, by their place, a sender sends again since it did not hear our answer: those that give a waiting
 * block its own lines once more, in order, up to the last or from the first. Another report of the same second has lines
 * of the same text, but never all of them, as each names its own process.
 */
function sentAgain(blocks: readonly OpenBlock[], lines: readonly string[]): Set<number> {
  const again = new Set<number>();
  const held = blocks.map((block) => block.lines.flatMap(rawLinesOf));
  const owners = new Map(held.flatMap((raws, owner) => raws.map((raw) => [raw, owner] as const)));
  if (owners.size === 0) return again;
  const found: number[][] = held.map(() => []);
  for (const [index, line] of lines.entries()) {
    const owner = owners.get(line);
    if (owner !== undefined) found[owner]?.push(index);
  }
  for (const [owner, indexes] of found.entries()) {
    const raws = held[owner] ?? [];
    const isRun = (part: readonly number[], from: number) =>
      part.length > 0 && part.every((index, at) => lines[index] === raws[from + at]);
    const last = indexes.findIndex((index) => lines[index] === raws.at(-1));
    const whole = indexes.slice(0, last + 1);
    if (isRun(whole, raws.length - whole.length)) for (const index of whole) again.add(index);
    else if (indexes.length > 1 && isRun(indexes, 0)) for (const index of indexes) again.add(index);
  }
  return again;
}

/** Writes blocks that grew; one that only waits keeps its age, so that others' lines do not keep it open. */
async function keepOpenBlocks(
  client: PoolClient,
  { clusterId, input, receivedAt }: LogLines,
  before: readonly OpenBlock[],
  parser: LogParser,
): Promise<void> {
  const open = parser.open();
  if (open.length === 0 && before.length === 0) return;
  const kept = new Map(
    open
      .slice(-MAX_OPEN_HOSTS)
      .map(({ host, lines }, place) => [sanitize(host.slice(0, MAX_NAME)), { place, lines }] as const),
  );
  const hosts = [...kept.keys()];
  await client.query(
    `DELETE FROM log_open_block WHERE cluster_id = $1 AND input = $2 AND printed_host <> ALL($3::text[])`,
    [clusterId, inputName(input), hosts],
  );
  await client.query(
    `UPDATE log_open_block SET place = sent.place FROM unnest($3::text[], $4::integer[]) AS sent (host, place)
     WHERE cluster_id = $1 AND input = $2 AND printed_host = sent.host AND log_open_block.place <> sent.place`,
    [clusterId, inputName(input), hosts, [...kept.values()].map(({ place }) => place)],
  );
  const known = new Map(before.map((block) => [block.printed_host, block.lines]));
  const grown = [...kept].filter(([host, { lines }]) => !isSameLines(known.get(host), lines));
  if (grown.length === 0) return;
  await client.query(
    `INSERT INTO log_open_block (cluster_id, input, printed_host, place, lines, updated_at)
     SELECT $1::smallint, $2, host, place, lines, $4::timestamptz
     FROM json_to_recordset($3::json) AS sent (host text, place integer, lines jsonb)
     ON CONFLICT (cluster_id, input, printed_host) DO UPDATE SET place = excluded.place, lines = excluded.lines,
       updated_at = excluded.updated_at`,
    [
      clusterId,
      inputName(input),
      JSON.stringify(sanitize(grown.map(([host, { place, lines }]) => ({ host, place, lines })))),
      receivedAt,
    ],
  );
}

function isSameLines(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a?.length === b.length && b.every((line, index) => line === a[index]);
}

/** A path may be long; the name is part of keys. */
function inputName(input: string): string {
  return sanitize(input.slice(0, 500));
}

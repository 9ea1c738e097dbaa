import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { StatusBody } from '@/lib/contracts/status';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { collectorTotals } from './collector-totals';
import { insertCluster } from './ends-for-tests';
import { status } from './status';
import { countStoredEnds } from './stored-ends';
import { strip } from './strip';

const now = new Date('2026-11-25T12:00:00Z');
const input = {
  version: '1.2.3',
  role: 'all' as const,
  pollIntervalMs: 30_000,
  simulated: false,
  retentionDays: 400,
  sandboxRetentionDays: 30,
};
const stripInput = { pollIntervalMs: 30_000, simulated: false, timeZone: 'UTC', hasMasters: true };
const ELECTED = '2026-11-25T08:00:00.000Z';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.pool.query(
    'TRUNCATE cluster, poll_run, poll_total, gap, lease, ledger, stream, rollup_hour CASCADE',
  );
  await insertCluster(db.pool, {
    id: 1,
    name: 'east',
    firstPolledAt: '2026-11-25T09:00:00Z',
    lastPolledAt: '2026-11-25T11:59:50Z',
  });
  await db.pool.query(`UPDATE cluster SET master_id = 'm-2', elected_at = $1`, [ELECTED]);
  await db.pool.query(
    `INSERT INTO lease VALUES (1, 'host:1', 3, '2026-11-25T11:00:00Z', '2026-11-25T13:00:00Z')`,
  );
  await db.pool.query(
    `INSERT INTO poll_run (cluster_id, source, started_at, finished_at, ok, url, rejected, rejects, warnings)
     VALUES (1, 'mesos', '2026-11-25T11:59:49Z', '2026-11-25T11:59:50Z', true, 'http://m', 0, '[]', '[]')`,
  );
});

async function insertLedger(row: {
  masterId?: string;
  electedAt?: string;
  state: string;
  base?: number;
  counted: number;
  refused?: number;
  stored: number;
  escaped?: number;
  escapedAt?: string;
  readAt?: string | null;
}) {
  const { masterId = 'm-2', electedAt = ELECTED, base = 0, refused = 0, escaped = 0 } = row;
  await db.pool.query(
    `INSERT INTO ledger (cluster_id, master_id, elected_at, state, base, counted, refused, stored, escaped, escaped_at,
                         first_read_at, last_read_at)
     VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, '2026-11-25T09:00:00Z', $10)`,
    [
      masterId,
      electedAt,
      row.state,
      base,
      row.counted,
      refused,
      row.stored,
      escaped,
      row.escapedAt ?? null,
      row.readAt === undefined ? '2026-11-25T11:59:50Z' : row.readAt,
    ],
  );
}

async function insertStream(row: {
  source?: string;
  state?: string;
  droppedAt?: string;
  writtenAt?: string;
}) {
  const { source = 'mesos', state = 'open', droppedAt = null, writtenAt = '2026-11-25T11:59:59Z' } = row;
  await db.pool.query(
    `INSERT INTO stream (cluster_id, source, state, url, since, events, ends, dropped, last_dropped_at, last_error,
                         last_error_at, written_at)
     VALUES (1, $1, $2, 'http://ops:hunter2@m:5050', '2026-11-25T09:00:00Z', 9, 4, $3, $4,
             'GET http://ops:hunter2@m failed', '2026-11-25T10:00:00Z', $5)`,
    [source, state, droppedAt === null ? 0 : 7, droppedAt, writtenAt],
  );
}

describe('the ledger', () => {
  it('is told by life, the newest first, with sums over its states', async () => {
    await insertLedger({
      state: 'TASK_FAILED',
      counted: 84,
      refused: 4,
      stored: 77,
      escaped: 3,
      escapedAt: ELECTED,
    });
    await insertLedger({ state: 'TASK_KILLED', counted: 20, stored: 21 });
    await insertLedger({ state: 'TASK_GONE', counted: 0, stored: 0 });
    const older = { masterId: 'm-1', electedAt: '2026-11-20T08:00:00.000Z' };
    // Nothing was ever dropped: that alone would look as if we had watched from the election on.
    await insertLedger({ ...older, state: 'TASK_DROPPED', counted: 0, stored: 0 });
    await insertLedger({ ...older, state: 'TASK_FAILED', base: 100, counted: 150, stored: 50 });
    const body = StatusBody.parse(await status(db.pool, input, now));
    expect(body.ledger).toEqual([
      {
        cluster: 'east',
        masterId: 'm-2',
        electedAt: ELECTED,
        isCurrent: true,
        since: ELECTED,
        readAt: '2026-11-25T11:59:50.000Z',
        counted: 100,
        refused: 4,
        escaped: 3,
        escapedAt: ELECTED,
        states: [
          { state: 'TASK_FAILED', base: 0, counted: 80, refused: 4, stored: 77, uncounted: 0, escaped: 3 },
          { state: 'TASK_KILLED', base: 0, counted: 20, refused: 0, stored: 21, uncounted: 0, escaped: 0 },
        ],
      },
      expect.objectContaining({
        masterId: 'm-1',
        isCurrent: false,
        // It had counted before we came.
        since: '2026-11-25T09:00:00.000Z',
        counted: 50,
        escaped: 0,
      }),
    ]);
  });

  it('knows that the counters were never read, and of 20 lives at most', async () => {
    for (let day = 1; day <= 22; day += 1) {
      const electedAt = `2026-10-${String(day).padStart(2, '0')}T08:00:00.000Z`;
      await insertLedger({ masterId: `m${day}`, electedAt, state: 'TASK_FAILED', counted: 1, stored: 1 });
    }
    await insertLedger({ state: 'TASK_FAILED', counted: 0, stored: 2, readAt: null });
    const { ledger } = await status(db.pool, input, now);
    expect(ledger).toHaveLength(20);
    expect(ledger[0]).toMatchObject({ isCurrent: true, readAt: null });
  });

  it('puts a loss of the last day on every page, until a new master leads', async () => {
    const notice = async () => (await strip(db.pool, stripInput, now)).notice;
    await insertLedger({
      state: 'TASK_FAILED',
      counted: 90,
      stored: 78,
      escaped: 12,
      escapedAt: '2026-11-25T11:00:00Z',
    });
    expect(await notice()).toBe(
      'The Mesos master of east counted 12 task ends that are not stored: no reading showed them.',
    );
    await db.pool.query(`UPDATE ledger SET escaped_at = '2026-11-24T11:00:00Z'`);
    expect(await notice()).toBeNull();
    await db.pool.query(`UPDATE ledger SET escaped_at = '2026-11-25T11:00:00Z'`);
    await db.pool.query(`UPDATE cluster SET master_id = 'm-3'`);
    expect(await notice()).toBeNull();
  });
});

describe('the streams', () => {
  it('are told masters first, without logins, and not once they are gone for a day', async () => {
    await insertStream({ source: 'marathon:http://ops:hunter2@m:8080', state: 'refused' });
    await insertStream({ source: 'marathon:http://old', state: 'closed', writtenAt: '2026-11-24T11:00:00Z' });
    await insertStream({});
    const body = StatusBody.parse(await status(db.pool, input, now));
    expect(body.streams.map(({ source, state }) => [source, state])).toEqual([
      ['mesos', 'open'],
      ['marathon:http://m:8080', 'refused'],
    ]);
    expect(JSON.stringify(body.streams)).not.toMatch(/hunter2|ops:/);
  });

  it('are closed once their collector was killed', async () => {
    await insertStream({});
    await db.pool.query(`UPDATE lease SET expires_at = '2026-11-25T11:59:00Z'`);
    expect((await status(db.pool, input, now)).streams).toMatchObject([
      { state: 'closed', since: '2026-11-25T11:59:00.000Z' },
    ]);
  });

  it('that dropped ends are told on every page for a quarter of an hour', async () => {
    await insertStream({ droppedAt: '2026-11-25T11:50:00Z' });
    expect((await strip(db.pool, stripInput, now)).notice).toBe(
      'Task ends that the event stream of east told were dropped 10 min ago, as the database did not keep up; polls bring what the master still has of them.',
    );
    await db.pool.query(`UPDATE stream SET last_dropped_at = '2026-11-25T11:40:00Z'`);
    expect((await strip(db.pool, stripInput, now)).notice).toBeNull();
  });
});

describe('gaps', () => {
  it('are told the newest first, with what the agents gave back, and all of them counted', async () => {
    await db.pool.query(
      `INSERT INTO gap (cluster_id, framework_id, kind, from_at, to_at, detail)
       SELECT 1, 'f1', 'ring_overrun', at, at + interval '1 second', 'full'
       FROM generate_series('2026-11-01T00:00:00Z'::timestamptz, '2026-11-01T00:59:00Z', '1 minute') AS at`,
    );
    await db.pool.query(
      `INSERT INTO gap (cluster_id, kind, from_at, to_at, detail, agents_asked, agents_answered, refilled, refilled_at)
       VALUES (1, 'master_failover', '2026-11-25T08:00:00Z', '2026-11-25T08:01:00Z', 'changed', 12, 11, 41,
               '2026-11-25T08:05:00Z')`,
    );
    const { gaps, gapCount } = StatusBody.parse(await status(db.pool, input, now));
    expect(gapCount).toBe(61);
    expect(gaps).toHaveLength(50);
    expect(gaps[0]).toMatchObject({
      kind: 'master_failover',
      refill: { ends: 41, agentsAsked: 12, agentsAnswered: 11, at: '2026-11-25T08:05:00.000Z' },
    });
    expect(gaps[1]).toMatchObject({ cluster: 'east', from: '2026-11-01T00:59:00.000Z', refill: null });
  });
});

describe('collectorTotals', () => {
  it('tells losses, streams and open gaps', async () => {
    await insertLedger({ state: 'TASK_FAILED', counted: 90, refused: 1, stored: 77, escaped: 12 });
    await insertLedger({
      masterId: 'm-1',
      electedAt: '2026-11-20T08:00:00.000Z',
      state: 'TASK_FAILED',
      counted: 10,
      stored: 9,
      escaped: 1,
    });
    await insertStream({});
    const totals = await collectorTotals(db.pool, now);
    // Of all lives what was counted, of the one that leads what escaped.
    expect(totals.ledger).toEqual([
      { cluster: 'east', state: 'TASK_FAILED', counted: 99, refused: 1, escaped: 12 },
    ]);
    expect(totals.openGaps).toEqual([{ cluster: 'east', isOpen: false }]);
    expect(totals.streams).toMatchObject([{ source: 'mesos', dropped: 0, ends: 4 }]);
    const later = new Date(now.getTime() + 10 * 60_000);
    expect((await collectorTotals(db.pool, later)).openGaps).toEqual([{ cluster: 'east', isOpen: true }]);
  });
});

describe('countStoredEnds', () => {
  it('sums old hours once an hour, and the newest each time', async () => {
    const insert = (hour: string, ends: number) =>
      db.pool.query(
        `INSERT INTO rollup_hour (cluster_id, hour, state, cause, disposition, ends)
         VALUES (1, $1, 'TASK_FAILED', 'app_exit', 'failure', $2)`,
        [hour, ends],
      );
    const count = async (at: Date) => (await countStoredEnds(db.pool, [1], at))[0]?.ends;
    await insert('2025-01-01T00:00:00Z', 1000);
    await insert('2026-11-25T11:00:00Z', 7);
    // Of this pool nothing is known for that hour yet.
    const then = new Date('2026-11-25T14:00:00Z');
    expect(await count(then)).toBe(1007);
    await insert('2026-11-25T10:00:00Z', 5);
    expect(await count(then)).toBe(1012);
    await insert('2025-01-02T00:00:00Z', 1);
    expect(await count(new Date(then.getTime() + 3_600_000))).toBe(1013);
  });
});

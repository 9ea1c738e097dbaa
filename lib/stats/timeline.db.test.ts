import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { insertCluster, insertEnds } from './ends-for-tests';
import { timeline } from './timeline';

const now = new Date('2026-11-25T12:00:00Z');
const window = (from: string, to: string) => ({
  from: new Date(`2026-11-${from}:00Z`),
  to: new Date(`2026-11-${to}:00Z`),
});

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, {
    id: 1,
    name: 'east',
    firstPolledAt: '2026-11-20T06:00:00Z',
    lastPolledAt: '2026-11-25T11:40:00Z',
  });
  await insertEnds(db.pool, [
    { at: '2026-11-19T12:00:00Z' },
    { at: '2026-11-24T22:10:00Z', cause: 'oom_host', host: 'node-2' },
    { at: '2026-11-24T22:40:00Z', state: 'TASK_KILLED', disposition: 'unexplained', cause: 'unknown' },
    { at: '2026-11-24T23:30:00Z', cause: 'unknown', fingerprint: 'fp-2' },
    { at: '2026-11-25T00:00:00Z', state: 'TASK_FINISHED', disposition: 'normal', cause: 'finished' },
    { at: '2026-11-25T00:10:00Z', reopened: true },
    { at: '2026-11-25T11:20:00Z', appId: '/other' },
    { at: '2026-11-25T11:20:00Z', cause: 'image_pull_failure' },
  ]);
  await db.pool.query(
    `INSERT INTO gap (cluster_id, kind, from_at, to_at, detail)
     VALUES (1, 'ring_overrun', '2026-11-25T02:50:00Z', '2026-11-25T03:10:00Z', 'one'),
            (1, 'master_failover', '2026-11-10T00:00:00Z', '2026-11-10T01:00:00Z', 'long ago')`,
  );
  await db.pool.query(
    `INSERT INTO deployment (cluster_id, deployment_id, framework_id, version, affected_apps, first_seen_at, last_seen_at)
     SELECT 1, 'd' || n, 'F1', 'v', ARRAY[CASE WHEN n = 7 THEN '/other' ELSE '/shop/cart' END],
            timestamptz '2026-11-25T04:00:00Z' + n * interval '1 minute', now() FROM generate_series(1, 130) n`,
  );
});
afterAll(() => db.drop());

/** Start and counts of the buckets that hold something or are not known. */
const noted = (body: Awaited<ReturnType<typeof timeline>>) =>
  body.buckets
    .filter(({ counts }) => counts === null || Object.keys(counts).length > 0)
    .map(({ start, counts }) => [start.slice(8, 16), counts]);

describe('timeline', () => {
  it('counts by colour group in UTC-aligned buckets, without reopened ends', async () => {
    const body = await timeline(db.pool, window('24T22:00', '25T00:30'), now);
    expect(body.stepMs).toBe(300_000);
    expect(body.buckets).toHaveLength(30);
    expect(noted(body)).toEqual([
      ['24T22:10', { oom: 1 }],
      ['24T22:40', { killed: 1 }],
      ['24T23:30', { unknown: 1 }],
      ['25T00:00', { finished: 1 }],
    ]);
  });

  it('counts the same from the hourly rollup, cut at the edges of the window', async () => {
    // 7 days give 2-hour buckets; the first and the last hour are cut by the window.
    const body = await timeline(db.pool, window('17T22:11', '24T22:11'), now);
    expect(body.stepMs).toBe(7_200_000);
    expect(noted(body)).toEqual([
      ['19T12:00', { failure: 1 }],
      ['24T22:00', { oom: 1 }],
    ]);
    const cut = await timeline(db.pool, window('17T22:10', '24T22:10'), now);
    expect(noted(cut)).toEqual([['19T12:00', { failure: 1 }]]);
  });

  it('agrees with the raw rows wherever a window begins and ends', async () => {
    for (const minutes of [0, 1, 37, 60, 61]) {
      const from = new Date(Date.parse('2026-11-17T22:00:00Z') + minutes * 60_000);
      const to = new Date(from.getTime() + 7 * 86_400_000 + minutes * 1_000);
      const body = await timeline(db.pool, { from, to }, now);
      const counted = body.buckets
        .flatMap(({ counts }) => Object.values(counts ?? {}))
        .reduce((a, b) => a + b, 0);
      const { rows } = await db.pool.query(
        'SELECT count(*)::int AS ends FROM task_end WHERE finished_at >= $1 AND finished_at < $2 AND reopened_at IS NULL',
        [from, to],
      );
      expect(counted).toBe(rows[0].ends);
    }
  });

  it('says how well each bucket was looked at, and counts nothing where nobody looked', async () => {
    const { buckets } = await timeline(db.pool, window('19T12:00', '26T12:00'), now);
    const words = buckets.map(({ start, coverage, counts }) => [
      start.slice(8, 13),
      coverage,
      counts !== null,
    ]);
    expect(words.slice(0, 10)).toEqual([
      ...['19T12', '19T14', '19T16', '19T18', '19T20', '19T22', '20T00', '20T02', '20T04'].map((start) => [
        start,
        'memory',
        true,
      ]),
      ['20T06', 'observed', true],
    ]);
    // The last poll was at 11:40, 20 minutes before now.
    expect(words.filter(([, word]) => word === 'gap')).toEqual([
      ['25T02', 'gap', true],
      ['25T10', 'gap', true],
    ]);
    expect(words.slice(-13)).toEqual([
      ['25T10', 'gap', true],
      ...Array.from({ length: 12 }, (_, n) => [expect.anything(), 'none', n < 0]),
    ]);
  });

  it.each([
    { filter: { host: 'node-2' }, want: [['24T22:10', { oom: 1 }]] },
    { filter: { fingerprint: 'fp-2' }, want: [['24T23:30', { unknown: 1 }]] },
    { filter: { app: '/other' }, want: [] },
    { filter: { app: 'other' }, want: [] },
  ])('narrows to $filter', async ({ filter, want }) => {
    expect(noted(await timeline(db.pool, { ...window('24T22:00', '25T00:30'), ...filter }, now))).toEqual(
      want,
    );
  });

  it('narrows over whole hours too, where the rollup cannot help', async () => {
    for (const app of ['/other', 'other']) {
      const body = await timeline(db.pool, { ...window('18T00:00', '25T11:30'), app }, now);
      expect(noted(body)).toEqual([['25T10:00', { failure: 1 }]]);
    }
  });

  it('names nothing that no longer counts: an hour whose ends were all taken back is a plain zero', async () => {
    await db.pool.query(
      `INSERT INTO rollup_hour VALUES (1, '2026-11-21T05:00:00Z', 'TASK_LOST', 'unknown', 'failure', 0)`,
    );
    const { buckets } = await timeline(db.pool, window('18T00:00', '25T11:30'), now);
    expect(buckets.find(({ start }) => start === '2026-11-21T04:00:00.000Z')?.counts).toEqual({});
  });

  it('says so where the collector died inside a bucket', async () => {
    const query = window('25T00:00', '27T00:00');
    const { buckets } = await timeline(db.pool, query, new Date('2026-11-25T20:00:00Z'));
    expect(buckets.slice(22, 26).map(({ start, coverage }) => [start.slice(11, 16), coverage])).toEqual([
      ['11:00', 'observed'],
      ['11:30', 'gap'],
      ['12:00', 'none'],
      ['12:30', 'none'],
    ]);
  });

  it('shows an end that an agent with a fast clock dates after the last poll', async () => {
    await insertEnds(db.pool, [{ at: '2026-11-25T11:47:00Z', fingerprint: 'fast' }]);
    const { buckets } = await timeline(db.pool, window('25T00:00', '26T00:00'), now);
    await db.pool.query(`DELETE FROM task_end WHERE fingerprint = 'fast'`);
    expect(buckets.find(({ start }) => start === '2026-11-25T11:45:00.000Z')).toMatchObject({
      coverage: 'none',
      counts: { failure: 1 },
    });
  });

  it('marks the whole of a storm, however many gaps it was recorded as', async () => {
    await db.pool.query(
      `INSERT INTO gap (cluster_id, framework_id, kind, from_at, to_at, detail)
       SELECT 1, f, 'ring_overrun', at, at + interval '30 seconds', 'poll ' || to_char(at, 'HH24:MI:SS')
       FROM generate_series(timestamptz '2026-11-22T00:00:00Z', '2026-11-22T11:59:30Z', interval '30 seconds') at,
            unnest(ARRAY['F1', 'F2']) f`,
    );
    const { buckets, gaps } = await timeline(db.pool, window('22T00:00', '23T00:00'), now);
    await db.pool.query(`DELETE FROM gap WHERE detail LIKE 'poll %'`);
    expect(buckets.map(({ coverage }) => coverage)).toEqual([
      ...Array.from({ length: 48 }, () => 'gap'),
      ...Array.from({ length: 48 }, () => 'observed'),
    ]);
    expect(gaps).toEqual([
      {
        from: '2026-11-22T00:00:00.000Z',
        to: '2026-11-22T12:00:00.000Z',
        kind: 'ring_overrun',
        detail: '2,880 gaps in a row, the last of them: poll 11:59:30',
      },
    ]);
  });

  it('shows the newest 100 deployments, oldest first, and the gaps of the window', async () => {
    const body = await timeline(db.pool, window('25T00:00', '25T12:00'), now);
    expect(body.deployments).toHaveLength(100);
    expect(body.deployments[0]).toEqual({
      at: '2026-11-25T04:31:00.000Z',
      deploymentId: 'd31',
      apps: ['/shop/cart'],
    });
    expect(body.deployments.at(-1)?.deploymentId).toBe('d130');
    expect(body.gaps).toEqual([
      {
        from: '2026-11-25T02:50:00.000Z',
        to: '2026-11-25T03:10:00.000Z',
        kind: 'ring_overrun',
        detail: 'one',
      },
    ]);
  });

  it('shows only the deployments of the app', async () => {
    const body = await timeline(db.pool, { ...window('25T00:00', '25T12:00'), app: '/other' }, now);
    expect(body.deployments.map(({ deploymentId }) => deploymentId)).toEqual(['d7']);
  });

  it('knows nothing of an unknown cluster', async () => {
    const body = await timeline(db.pool, { ...window('25T00:00', '25T12:00'), cluster: 'nowhere' }, now);
    expect(body.buckets.every(({ coverage, counts }) => coverage === 'none' && counts === null)).toBe(true);
  });

  it('lets a cluster given up a week ago not hide the rest', async () => {
    await insertCluster(db.pool, {
      id: 2,
      name: 'old',
      firstPolledAt: '2026-10-01T00:00:00Z',
      lastPolledAt: '2026-11-18T11:39:00Z',
    });
    const body = await timeline(db.pool, window('25T00:00', '25T11:00'), now);
    expect(body.buckets.some(({ coverage }) => coverage === 'none')).toBe(false);
    await db.pool.query(`UPDATE cluster SET last_polled_at = '2026-11-18T11:41:00Z' WHERE id = 2`);
    const silent = await timeline(db.pool, window('25T00:00', '25T11:00'), now);
    expect(silent.buckets.every(({ coverage, counts }) => coverage === 'gap' && counts !== null)).toBe(true);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { insertCluster, insertEnds } from './ends-for-tests';
import { listTasks, type TasksInput } from './list-tasks';

const now = new Date('2026-11-25T12:00:00Z');
const all: TasksInput = { from: null, to: null, limit: 100 };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  const watched = { firstPolledAt: '2026-11-01T00:00:00Z', lastPolledAt: '2026-11-25T12:00:00Z' };
  await insertCluster(db.pool, { id: 1, name: 'east', ...watched });
  await insertCluster(db.pool, { id: 2, name: 'west', ...watched });
  await db.pool.query(
    `SELECT exit137_ensure_month('task_end', '2026-10-01'), exit137_ensure_month('task_end', '2026-11-01')`,
  );
  await db.pool.query(
    `INSERT INTO agent (cluster_id, agent_id, hostname, active, first_seen_at, last_seen_at)
     VALUES (1, 'S7', 'node-7', true, now(), now())`,
  );
  await db.pool.query(
    `INSERT INTO framework (cluster_id, framework_id, name, registered, first_seen_at, last_seen_at)
     VALUES (1, 'F2', 'batch', true, now(), now())`,
  );
  await insertEnds(db.pool, [
    { taskId: 'a', at: '2026-11-25T10:00:00Z', exitCode: 137, message: 'Container exited with status 137' },
    { taskId: 'b', at: '2026-11-25T09:00:00Z', host: 'node-7', agentId: 'S7', state: 'TASK_LOST' },
    {
      taskId: 'c',
      at: '2026-11-25T08:00:00Z',
      host: 'S9',
      hostname: null,
      agentId: 'S9',
      appId: '/shop/search',
    },
    { taskId: 'd', at: '2026-11-25T07:00:00Z', state: 'TASK_FINISHED', disposition: 'normal', exitCode: 0 },
    { taskId: 'e', at: '2026-11-25T06:00:00Z', message: '100% of /data used', cause: 'disk_limit' },
    { taskId: 'f_x', at: '2026-11-25T05:00:00Z', reopened: true, containerId: '812C82C5A7A5' },
    {
      taskId: 'fyx',
      at: '2026-11-25T04:00:00Z',
      fingerprint: 'fp-2',
      frameworkId: 'F2',
      frameworkName: 'batch',
    },
    { taskId: 'g', at: '2026-10-25T04:00:00Z', message: 'back\\slash' },
    { taskId: 'h', at: '2026-11-25T08:30:00Z', clusterId: 2 },
    { taskId: 'i', at: '1970-01-01T00:00:00Z', clusterId: 2, message: "it's <b>odd</b>" },
  ]);
});
afterAll(() => db.drop());

const idsOf = async (query: Partial<TasksInput>) =>
  (await listTasks(db.pool, { ...all, ...query }, now)).items.map(({ taskId }) => taskId).join(' ');

describe('listTasks', () => {
  it.each<{ query: Partial<TasksInput>; want: string }>([
    { query: {}, want: 'a b h c d e f_x fyx g i' },
    { query: { cluster: 'east' }, want: 'a b c d e f_x fyx g' },
    { query: { cluster: 'nowhere' }, want: '' },
    { query: { from: new Date('2026-11-25T08:00:00Z') }, want: 'a b h c' },
    { query: { to: new Date('2026-11-25T04:00:00Z') }, want: 'g i' },
    { query: { from: new Date('2026-11-25T08:00:00Z'), to: new Date('2026-11-25T09:00:00Z') }, want: 'h c' },
    { query: { state: ['TASK_LOST', 'TASK_FINISHED'] }, want: 'b d' },
    { query: { cause: ['disk_limit'] }, want: 'e' },
    { query: { disposition: ['normal'] }, want: 'd' },
    { query: { host: 'node-7' }, want: 'b' },
    { query: { host: 'S7' }, want: 'b' },
    { query: { host: 'S9' }, want: 'c' },
    { query: { app: '/shop/search' }, want: 'c' },
    { query: { app: 'shop/search' }, want: 'c' },
    { query: { app: '/shop' }, want: '' },
    { query: { framework: 'batch' }, want: 'fyx' },
    { query: { framework: 'F1', cluster: 'west' }, want: 'h i' },
    { query: { fingerprint: 'fp-2' }, want: 'fyx' },
    { query: { exitCode: 137 }, want: 'a' },
    { query: { exitCode: 0 }, want: 'd' },
    { query: { countedOnly: true, cluster: 'east' }, want: 'a b c d e fyx g' },
    { query: { q: 'STATUS 137' }, want: 'a' },
    { query: { q: 'node-7' }, want: 'b' },
    { query: { q: 'SEARCH' }, want: 'c' },
    { query: { q: '812c82' }, want: 'f_x' },
    { query: { q: 'f_x' }, want: 'f_x' },
    { query: { q: '100%' }, want: 'e' },
    { query: { q: '%' }, want: 'e' },
    { query: { q: '\\' }, want: 'g' },
    { query: { q: "it's <b>" }, want: 'i' },
    { query: { q: "'; DROP TABLE task_end; --" }, want: '' },
    { query: { q: 'shop', state: ['TASK_LOST'], host: 'node-7' }, want: 'b' },
  ])('$query: "$want"', async ({ query, want }) => {
    expect(await idsOf(query)).toBe(want);
  });

  it('marks reopened ends', async () => {
    const { items } = await listTasks(db.pool, { ...all, q: 'f_x' }, now);
    expect(items[0]?.reopenedAt).toBe('2026-11-25T05:00:00.000Z');
  });

  it('says BAD_REQUEST to a cursor it did not give', async () => {
    await expect(listTasks(db.pool, { ...all, cursor: 'x' }, now)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });
});

describe('paging', () => {
  async function pageThrough(query: Partial<TasksInput>): Promise<string[]> {
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listTasks(db.pool, { ...all, ...query, cursor }, now);
      pages.push(page.items.map(({ taskId }) => taskId).join(' '));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && pages.length < 50);
    return pages;
  }

  it.each([1, 2, 3, 9, 10, 11])('by %i: every end once, across clusters and months', async (limit) => {
    const pages = await pageThrough({ limit });
    expect(pages.join(' ')).toBe('a b h c d e f_x fyx g i');
    expect(pages).toHaveLength(Math.ceil(10 / limit));
  });

  it('goes on where the budget of a search ended, and says so by a cursor', async () => {
    // No word to ask the index for: the newest failures are looked through.
    expect(await pageThrough({ cluster: 'east', q: '\\', scanBudget: 3 })).toEqual(['', 'g', '']);
    const framework = { cluster: 'east', framework: 'F1', state: ['TASK_FAILED' as const] };
    expect(await pageThrough({ ...framework, scanBudget: 2 })).toEqual(['a', 'c', 'e f_x', 'g']);
  });

  it('finds the failures that count however rare they are: they have an index of their own', async () => {
    const failures = { disposition: ['failure' as const], countedOnly: true };
    expect(await pageThrough({ ...failures, scanBudget: 1 })).toEqual(['a b h c e fyx g i']);
  });

  it('keeps the order across clusters that run out of budget at different times', async () => {
    expect(
      (await pageThrough({ state: ['TASK_FAILED'], scanBudget: 1, limit: 2 })).filter(Boolean).join(' '),
    ).toBe('a h c e f_x fyx g i');
  });

  it('tells ends of the same instant apart', async () => {
    const at = '2026-11-24T00:00:00Z';
    const same = Array.from({ length: 7 }, (_, n) => ({
      at,
      taskId: `same-${n}`,
      clusterId: 1 + (n % 2),
      fingerprint: 'same',
    }));
    await insertEnds(db.pool, same);
    const pages = await pageThrough({ fingerprint: 'same', limit: 2 });
    expect(pages.join(' ').split(' ').sort()).toEqual(same.map(({ taskId }) => taskId));
  });
});

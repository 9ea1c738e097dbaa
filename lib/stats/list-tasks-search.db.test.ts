import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { TaskItem } from '@/lib/contracts/task';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { type EndForTest, insertCluster, insertEnds } from './ends-for-tests';
import { listTasks, type TasksInput } from './list-tasks';
import { insertSignals } from './signals-for-tests';

const now = new Date('2026-11-25T12:00:00Z');
const HOUR_MS = 3_600_000;
const CAUSES = [
  'oom_cgroup_limit',
  'app_exit_nonzero',
  'disk_limit',
  'finished',
  'killed_by_operator',
] as const;
const DOCKER_ID = `f00dfeed${'0'.repeat(56)}`;

let db: TestDatabase;
let ends: TaskItem[];
beforeAll(async () => {
  db = await createTestDatabase();
  const watched = { firstPolledAt: '2026-09-01T00:00:00Z', lastPolledAt: '2026-11-25T12:00:00Z' };
  await insertCluster(db.pool, { id: 1, name: 'east', ...watched });
  await insertCluster(db.pool, { id: 2, name: 'west', ...watched });
  for (const month of ['2026-09-01', '2026-10-01', '2026-11-01']) {
    await db.pool.query(`SELECT exit137_ensure_month('task_end', $1)`, [month]);
  }
  await db.pool.query(
    `INSERT INTO agent (cluster_id, agent_id, hostname, active, first_seen_at, last_seen_at)
     SELECT c, 'S' || n, 'node-' || n || '.example.net', true, now(), now() FROM generate_series(1, 2) c, generate_series(0, 59) n;
     INSERT INTO app (cluster_id, framework_id, app_id, kind, version, instances, has_health_checks, first_seen_at, last_seen_at)
     SELECT c, 'F1', '/shop/app' || n, 'app', 'v', 1, false, now(), now() FROM generate_series(1, 2) c, generate_series(0, 9) n;
     INSERT INTO framework (cluster_id, framework_id, name, registered, first_seen_at, last_seen_at)
     SELECT c, 'F' || n, CASE n WHEN 3 THEN 'batch' ELSE 'marathon' END, true, now(), now()
     FROM generate_series(1, 2) c, generate_series(1, 3) n`,
  );
  const inserted = Array.from({ length: 1_200 }, (_, n) => made(n));
  const ids = await insertEnds(db.pool, inserted);
  await db.pool.query(
    `INSERT INTO container (cluster_id, container_id, docker_id, told_by, first_seen_at, last_seen_at)
     VALUES (1, $1, $2, 'agent', now(), now())`,
    [inserted[40]?.containerId, DOCKER_ID],
  );
  const [signal] = await insertSignals(db.pool, [{ at: '2026-11-20T00:00:00Z', containerId: DOCKER_ID }]);
  await db.pool.query(
    `INSERT INTO evidence (cluster_id, end_id, signal_id, signal_at, tie, proof, reason, candidates, tied_at)
     VALUES (1, $1, $2, '2026-11-20T00:00:00Z', 'container', 'proven', '', 1, now())`,
    [ids[90], signal],
  );
  await db.pool.query('ANALYZE');
  ends = (await listTasks(db.pool, { from: null, to: null, limit: 5_000 }, now)).items;
});
afterAll(() => db.drop());

/** Deterministic, uneven: some hosts, causes and words are common, some rare; many ends share their instant. */
function made(n: number): EndForTest {
  const mixed = (n * 7919) % 1_009;
  const cause = mixed % 97 === 0 ? 'disk_limit' : (CAUSES[mixed % 5] ?? 'finished');
  const isFailure = cause !== 'finished' && cause !== 'killed_by_operator';
  const message =
    mixed % 41 === 5 ? 'zebra crossing: /var/lib/mesos is full' : `Container exited with status ${mixed % 4}`;
  return {
    at: new Date(now.getTime() - Math.floor(n / 3) * 4 * HOUR_MS - (n % 2)).toISOString(),
    clusterId: 1 + (mixed % 2),
    taskId: `shop_app${mixed % 10}.instance-${String(mixed).padStart(4, '0')}-${n}`,
    agentId: `S${mixed % 60}`,
    host: `node-${mixed % 60}.example.net`,
    appId: mixed % 13 === 0 ? null : `/shop/app${mixed % 10}`,
    frameworkId: `F${1 + (mixed % 3)}`,
    frameworkName: mixed % 3 === 2 ? 'batch' : 'marathon',
    state: isFailure ? (mixed % 17 === 0 ? 'TASK_LOST' : 'TASK_FAILED') : 'TASK_FINISHED',
    cause,
    disposition: isFailure ? 'failure' : 'normal',
    exitCode: isFailure ? (mixed % 4) + 134 : 0,
    message: isFailure ? message : null,
    containerId: `${String(mixed).padStart(4, '0')}beef-${n}`,
    fingerprint: `fp-${mixed % 31}`,
    reopened: mixed % 53 === 0,
  };
}

async function pageThrough(query: Partial<TasksInput>, limit: number): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 2_000; pages += 1) {
    const page = await listTasks(db.pool, { from: null, to: null, ...query, limit, cursor }, now);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items.map(({ id }) => id));
    if (page.nextCursor === null) return found;
    cursor = page.nextCursor;
  }
  throw new Error('the pages never end');
}

const idsWhere = (keep: (end: TaskItem) => boolean) => ends.filter(keep).map(({ id }) => id);
const words = (end: TaskItem) => (end.message ?? '').toLowerCase().split(/[^a-z0-9]+/);
const isCounted = (end: TaskItem) => end.disposition === 'failure' && end.reopenedAt === null;
const hasWord = (end: TaskItem, word: string) =>
  isCounted(end) && words(end).some((one) => one.startsWith(word));

describe('every page of every filter is what reading all ends would give', () => {
  const from = new Date('2026-10-20T00:00:00Z');
  const to = new Date('2026-11-10T06:30:00Z');
  const isInWindow = (end: TaskItem) => new Date(end.finishedAt) >= from && new Date(end.finishedAt) < to;

  it.each<[string, Partial<TasksInput>, (end: TaskItem) => boolean]>([
    ['nothing', {}, () => true],
    ['a window', { from, to }, isInWindow],
    ['a rare cause', { cause: ['disk_limit'] }, (end) => end.cause === 'disk_limit'],
    [
      'a rare cause, counted',
      { cause: ['disk_limit'], countedOnly: true },
      (end) => end.cause === 'disk_limit' && !end.reopenedAt,
    ],
    [
      'two causes',
      { cause: ['disk_limit', 'finished'] },
      ({ cause }) => cause === 'disk_limit' || cause === 'finished',
    ],
    [
      'a cause in a window',
      { cause: ['oom_cgroup_limit'], from, to },
      (end) => end.cause === 'oom_cgroup_limit' && isInWindow(end),
    ],
    ['a cause that never was', { cause: ['max_completion_time'] }, () => false],
    ['a rare state', { state: ['TASK_LOST'] }, (end) => end.state === 'TASK_LOST'],
    [
      'a state and a cause',
      { state: ['TASK_LOST'], cause: ['oom_cgroup_limit'] },
      (end) => end.state === 'TASK_LOST' && end.cause === 'oom_cgroup_limit',
    ],
    ['normal ends', { disposition: ['normal'] }, (end) => end.disposition === 'normal'],
    ['failures, reopened ones too', { disposition: ['failure'] }, (end) => end.disposition === 'failure'],
    ['failures that count', { disposition: ['failure'], countedOnly: true }, isCounted],
    ['a host', { host: 'node-7.example.net' }, (end) => end.host === 'node-7.example.net'],
    ['an agent id', { host: 'S7' }, (end) => end.agentId === 'S7'],
    [
      'a host and a cause',
      { host: 'node-7.example.net', cause: ['disk_limit'] },
      (end) => end.host === 'node-7.example.net' && end.cause === 'disk_limit',
    ],
    [
      'an app and failures',
      { app: '/shop/app3', disposition: ['failure'], countedOnly: true },
      (end) => end.appId === '/shop/app3' && isCounted(end),
    ],
    [
      'an app and a host',
      { app: 'shop/app3', host: 'node-3.example.net' },
      (end) => end.appId === '/shop/app3' && end.host === 'node-3.example.net',
    ],
    ['a framework by name', { framework: 'batch' }, (end) => end.frameworkId === 'F3'],
    ['two frameworks of one name', { framework: 'marathon' }, (end) => end.frameworkName === 'marathon'],
    [
      'a framework by id and a cause',
      { framework: 'F2', cause: ['disk_limit'] },
      (end) => end.frameworkId === 'F2' && end.cause === 'disk_limit',
    ],
    ['an exit code', { exitCode: 137 }, (end) => end.exitCode === 137],
    [
      'exit code 0 of a host',
      { exitCode: 0, host: 'node-8.example.net' },
      (end) => end.exitCode === 0 && end.host === 'node-8.example.net',
    ],
    [
      'exit code 0 and a cause',
      { exitCode: 0, cause: ['finished'] },
      (end) => end.exitCode === 0 && end.cause === 'finished',
    ],
    [
      'a fingerprint and an app',
      { fingerprint: 'fp-5', app: '/shop/app5' },
      (end) => end.fingerprint === 'fp-5' && end.appId === '/shop/app5',
    ],
    [
      'q: the beginning of task ids',
      { q: 'shop_app3.inst' },
      (end) => end.taskId.startsWith('shop_app3.inst'),
    ],
    ['q: an app', { q: 'APP7' }, (end) => end.appId === '/shop/app7'],
    ['q: all hosts', { q: 'example.NET' }, () => true],
    ['q: one host', { q: 'node-41.' }, (end) => end.host === 'node-41.example.net'],
    ['q: a rare word', { q: 'zebra' }, (end) => hasWord(end, 'zebra')],
    ['q: a common word', { q: 'Exit' }, (end) => hasWord(end, 'exit')],
    ['q: a part of a path', { q: 'lib' }, (end) => hasWord(end, 'lib')],
    ['q: words in another order', { q: 'mesos zebr' }, (end) => hasWord(end, 'zebra')],
    [
      'q: a word and a cause',
      { q: 'exited', cause: ['disk_limit'] },
      (end) => hasWord(end, 'exited') && end.cause === 'disk_limit',
    ],
    [
      'q: a word and a host',
      { q: 'exited', host: 'node-7.example.net' },
      (end) => hasWord(end, 'exited') && end.host === 'node-7.example.net',
    ],
    ['q: a word in a window', { q: 'zebra', from, to }, (end) => hasWord(end, 'zebra') && isInWindow(end)],
    ['q: no such word', { q: 'nosuchword' }, () => false],
  ])(
    '%s',
    async (name, query, keep) => {
      const want = idsWhere(keep);
      expect(want.length > 0).toBe(!/never was|no such/.test(name));
      expect(await pageThrough(query, 40)).toEqual(want);
      // Whatever the budget, nothing is passed over and nothing comes twice.
      expect(await pageThrough({ ...query, scanBudget: 150 }, 250)).toEqual(want);
    },
    60_000,
  );
});

describe('what a search finds by a container', () => {
  it('by the beginning of its Mesos id, four characters at least', async () => {
    const [end] = ends.filter(({ id }) => id).slice(3);
    const { rows } = await db.pool.query<{ container_id: string }>(
      'SELECT container_id FROM task_end WHERE id = $1',
      [end?.id],
    );
    const id = rows[0]?.container_id ?? '';
    expect(await pageThrough({ q: id.slice(0, -1) }, 50)).toContain(end?.id);
    expect(await pageThrough({ q: id.toUpperCase() }, 50)).toEqual([end?.id]);
    expect(await pageThrough({ q: id.slice(0, 3) }, 50)).not.toContain(end?.id);
  });

  it("by the beginning of its Docker id, from the agents' lists and from what a host's log told", async () => {
    const { rows } = await db.pool.query<{ id: string }>(
      `SELECT id FROM task_end WHERE cluster_id = 1 AND (container_id = $1 OR id IN (SELECT end_id FROM evidence)) ORDER BY finished_at DESC`,
      [made(40).containerId],
    );
    // One of the two may be of the other cluster; both ways were made to give one each.
    expect(rows.length).toBeGreaterThan(0);
    expect(await pageThrough({ q: 'F00DFEED', cluster: 'east' }, 50)).toEqual(rows.map(({ id }) => id));
  });
});

describe('hostile searches find nothing and break nothing', () => {
  it.each([
    ['operators', `' | !a & (b:* <-> c) \\`],
    ['a half of a surrogate and NUL', '\ud800\0'],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['a megabyte of words', 'zebra q'.repeat(150_000)],
    ['SQL', `'; DROP TABLE task_end; --`],
    ['nothing but blanks', '   '],
  ])('%s', async (_, q) => {
    const started = performance.now();
    expect(await pageThrough({ q }, 50)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it.each(['host', 'app', 'framework', 'fingerprint'])('NUL as %s', async (name) => {
    expect(await pageThrough({ [name]: 'a\0b\ud800' }, 50)).toEqual([]);
  });

  it('wildcards stand for themselves', async () => {
    expect(await pageThrough({ q: '%' }, 50)).toEqual([]);
    expect(await pageThrough({ q: 'shop_app3_' }, 50)).toEqual([]);
  });
});

it('a message of any size can be stored, and found by its first words', async () => {
  const long = Array.from({ length: 60_000 }, (_, n) => `w${n}`).join(' ');
  const [id] = await insertEnds(db.pool, [
    { at: '2026-11-25T11:00:00Z', message: `giraffe ${long}`, taskId: 'long' },
    { at: '2026-11-25T11:00:01Z', message: 'y'.repeat(100_000), taskId: 'one-word' },
  ]);
  expect(await pageThrough({ q: 'giraffe w12' }, 50)).toEqual([id]);
  expect(await pageThrough({ q: 'w59999' }, 50)).toEqual([]);
});

it('rollups outlive their ends: years of empty hours are passed over, and ends that were kept are found', async () => {
  await db.pool.query(
    `DELETE FROM task_end WHERE finished_at < '2026-10-01Z' AND task_id NOT LIKE '%0';
     UPDATE cluster SET ends_from = '2026-10-01Z';
     INSERT INTO rollup_hour (cluster_id, hour, state, cause, disposition, ends)
     SELECT 1, '2020-01-01Z'::timestamptz + make_interval(hours => n), 'TASK_FAILED', 'disk_limit', 'failure', 900
     FROM generate_series(1, 20000) n`,
  );
  const cause = ['disk_limit' as const];
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT id FROM task_end WHERE cause = 'disk_limit' ORDER BY finished_at DESC, id DESC`,
  );
  const want = rows.map(({ id }) => id);
  const { items, nextCursor } = await listTasks(db.pool, { from: null, to: null, cause, limit: 500 }, now);
  expect(items.map(({ id }) => id)).toEqual(want);
  expect(nextCursor).toBeNull();
  expect(items.some(({ finishedAt }) => finishedAt < '2026-10-01')).toBe(true);
});

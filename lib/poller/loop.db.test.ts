import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { inTransaction } from '@/lib/db/in-transaction';
import { createPool } from '@/lib/db/pool';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask, TaskState } from '@/lib/domain/task';
import { AppError } from '@/lib/errors';
import { assertLease, type Lease, takeLease } from '@/lib/ingest/lease';
import type { EventHandlers } from '@/lib/mesos/subscribe';

import { newHolder } from './holder';
import { type LoopOptions, runLoop } from './loop';
import { createStreams } from './streams';

const ENDS = 3_000;
const ENDS_A_READ = 300;
const CUTS = 16;

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const bornAt = new Date(Date.now() - 3_600_000);
const bare = { message: null, reason: null, source: null, healthy: null, containerId: null };

/** Every fifth is told as lost at first, and to have finished after all by the next reads. */
function endOf(index: number, isSettled: boolean): MesosTask {
  const state: TaskState =
    index % 5 === 0 && !isSettled ? 'TASK_LOST' : index % 5 === 0 ? 'TASK_FINISHED' : 'TASK_FAILED';
  const began = bornAt.getTime() + index * 500;
  return {
    frameworkId: 'f1',
    taskId: `job-${index}`,
    agentId: 'a1',
    executorId: '',
    name: `job-${index}`,
    state,
    statuses: [
      { ...bare, state: 'TASK_RUNNING', at: new Date(began) },
      { ...bare, state, at: new Date(began + (state === 'TASK_FINISHED' ? 200 : 100)) },
    ],
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'completed_tasks',
  };
}

function snapshotOf(ended: MesosTask[]): MasterSnapshot {
  return {
    url: 'http://master.example.test:5050',
    epoch: {
      masterId: 'm-1',
      electedAt: bornAt,
      startedAt: null,
      version: '1.11.0',
      hostname: null,
      clusterName: null,
      ringSize: ENDS,
    },
    agents: [],
    frameworks: [{ frameworkId: 'f1', name: 'batch', webuiUrl: null, hostname: null, registered: true }],
    ended,
    live: [
      {
        frameworkId: 'f1',
        taskId: 'service',
        agentId: 'a2',
        state: 'TASK_RUNNING',
        firstStatusAt: bornAt,
        killingSince: null,
      },
    ],
    ringCounts: new Map([['f1', ended.length]]),
    unchanged: [],
    wordsOf: new Map(),
    counters: null,
    rejects: { count: 0, samples: [] },
    warnings: [],
    bytes: 1,
    tasksRead: ended.length,
    complete: true,
  };
}

function optionsOf(
  pool: Pool,
  holder: string,
  read: () => MasterSnapshot | Promise<MasterSnapshot>,
): LoopOptions {
  return {
    pool,
    clusterName: 'default',
    simulated: false,
    holder,
    intervalMs: 1,
    timeoutMs: 1_000,
    sources: {
      master: { read: async () => read() },
      masterUrl: 'http://master.example.test:5050',
      marathons: [],
    },
  };
}

async function scalar<T>(sql: string): Promise<T | undefined> {
  return (await db.pool.query<{ n: T }>(sql)).rows[0]?.n;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await pause(3);
}

/** A process of this machine that lives until it is killed, and the name it would have as a holder. */
function startProcess() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
  const [host, , random, machine] = newHolder().split('|');
  return {
    holder: [host, child.pid, random, machine].join('|'),
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

it('stores every end once though connections are cut in mid-poll and the collector dies and is replaced', async () => {
  let read = 0;
  const readNext = () => {
    read = Math.min(read + ENDS_A_READ, ENDS);
    return snapshotOf(
      Array.from({ length: read }, (_, index) => endOf(index, index < read - ENDS_A_READ || read === ENDS)),
    );
  };
  const first = { pool: createPool(db.url, { applicationName: 'cut' }), stop: new AbortController() };
  const second = { pool: createPool(db.url, { applicationName: 'cut' }), stop: new AbortController() };
  const firstProcess = startProcess();
  const holder = () => scalar<string>('SELECT holder AS n FROM lease');
  const firstLoop = runLoop(optionsOf(first.pool, firstProcess.holder, readNext), first.stop.signal);
  await until(async () => (await holder()) === firstProcess.holder);
  const secondLoop = runLoop(optionsOf(second.pool, newHolder(), readNext), second.stop.signal);

  let cuts = 0;
  const cutUntil = async (wanted: number) => {
    while (cuts < wanted) {
      await pause((cuts * 7) % 40);
      const { rowCount } = await db.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'cut' AND xact_start IS NOT NULL LIMIT 1`,
      );
      cuts += rowCount ?? 0;
    }
  };
  await cutUntil(CUTS / 2);
  expect(await holder()).toBe(firstProcess.holder);
  // The first ends without giving the lease back, as one that is killed.
  vi.spyOn(first.pool, 'query').mockRejectedValue(new Error('gone'));
  first.stop.abort();
  await Promise.all([firstLoop, firstProcess.kill()]);
  await until(async () => (await holder()) !== firstProcess.holder);
  await cutUntil(CUTS);

  await until(async () => {
    const settled = await scalar<string>(
      `SELECT count(*) AS n FROM task_end WHERE state IN ('TASK_FINISHED', 'TASK_FAILED')`,
    );
    return Number(settled) === ENDS;
  });
  second.stop.abort();
  await secondLoop;
  await Promise.all([first.pool.end(), second.pool.end()]);

  expect(await scalar('SELECT count(*)::int AS n FROM task_end')).toBe(ENDS);
  expect(await scalar('SELECT count(DISTINCT task_id)::int AS n FROM task_end')).toBe(ENDS);
  expect(await scalar(`SELECT count(*)::int AS n FROM task_end WHERE state = 'TASK_FINISHED'`)).toBe(
    ENDS / 5,
  );
  const { rows: drift } = await db.pool.query(
    `SELECT * FROM (
       SELECT hour, state, cause, disposition, ends FROM rollup_hour WHERE ends <> 0
     ) AS kept FULL JOIN (
       SELECT date_trunc('hour', finished_at, 'UTC') AS hour, state, cause, disposition, count(*)::int AS ends
       FROM task_end WHERE reopened_at IS NULL GROUP BY 1, 2, 3, 4
     ) AS counted USING (hour, state, cause, disposition, ends)
     WHERE kept.ends IS NULL OR counted.ends IS NULL`,
  );
  expect(drift).toEqual([]);
  // The living task was credited from its start to the last whole poll, once.
  const missing = await scalar<number>(
    `SELECT (SELECT sum(task_seconds) FROM exposure_hour WHERE kind = 'host' AND subject = 'a2')
            - extract(epoch FROM last_polled_at - '${bornAt.toISOString()}')::float8 AS n FROM cluster`,
  );
  expect(missing).toBeCloseTo(0, 2);
  expect(await scalar('SELECT count(*)::int AS n FROM gap')).toBe(0);
}, 20_000);

it('may stand by for ever: no look for the lease uses up a cluster id', async () => {
  const known = await db.pool.query<{ id: number }>(
    `INSERT INTO cluster (name) VALUES ('default') ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id`,
  );
  const clusterId = known.rows[0]?.id ?? 0;
  await db.pool.query(`UPDATE lease SET expires_at = now() - interval '1 s'`);
  await takeLease(db.pool, { clusterId, holder: 'elsewhere|1|aa|bb', ttlMs: 60_000 });
  const before = await scalar<string>('SELECT last_value AS n FROM cluster_id_seq');
  const stop = new AbortController();
  const query = vi.spyOn(db.pool, 'query');
  const looks = () => query.mock.calls.filter(([text]) => String(text).includes('holder FROM lease')).length;
  const loop = runLoop(
    optionsOf(db.pool, newHolder(), () => snapshotOf([])),
    stop.signal,
  );
  await until(() => looks() >= 3);
  stop.abort();
  await loop;
  query.mockRestore();
  expect(await scalar('SELECT last_value AS n FROM cluster_id_seq')).toBe(before);
});

it('keeps its lease while a master takes longer to read than the lease runs', async () => {
  await db.pool.query(`UPDATE lease SET expires_at = now() - interval '1 s'`);
  const stop = new AbortController();
  const expiry = () => scalar<Date>('SELECT expires_at AS n FROM lease');
  let isProlonged = false;
  const loop = runLoop(
    optionsOf(db.pool, newHolder(), async () => {
      const before = Number(await expiry());
      await until(async () => Number(await expiry()) > before);
      isProlonged = true;
      stop.abort();
      return snapshotOf([]);
    }),
    stop.signal,
  );
  await loop;
  expect(isProlonged).toBe(true);
});

it('reads everything again where the database lost what it had stored, as a failover to a late standby may', async () => {
  await db.pool.query(`UPDATE lease SET expires_at = now() - interval '1 s'`);
  await db.pool.query('TRUNCATE task_end, rollup_hour, rollup_day');
  const stop = new AbortController();
  const known: number[] = [];
  // As the reader does: what is known already it does not tell again.
  const snapshot = () => snapshotOf(Array.from({ length: ENDS_A_READ }, (_, index) => endOf(index, true)));
  const options = optionsOf(db.pool, newHolder(), snapshot);
  const loop = runLoop(
    {
      ...options,
      sources: {
        ...options.sources,
        master: {
          async read(_signal, seen) {
            known.push(seen.size);
            const { ended, ...rest } = snapshot();
            const wordsOf = new Map(ended.map((task) => [task, [task.taskId]]));
            const unchanged = ended.flatMap((task) => seen.get(task.taskId) ?? []);
            return { ...rest, wordsOf, unchanged, ended: ended.filter((task) => !seen.has(task.taskId)) };
          },
        },
      },
    },
    stop.signal,
  );
  const stored = () => scalar<number>('SELECT count(*)::int AS n FROM task_end');
  await until(() => known.at(-1) === ENDS_A_READ);
  expect(await stored()).toBe(ENDS_A_READ);

  // What a standby looks like that had not got the last commits: they are missing together. No poll writes meanwhile.
  await inTransaction(db.pool, async (client) => {
    await client.query('SELECT 1 FROM lease FOR UPDATE');
    for (const table of ['task_end', 'rollup_hour', 'poll_run']) await client.query(`DELETE FROM ${table}`);
  });
  await until(async () => (await stored()) === ENDS_A_READ);
  stop.abort();
  await loop;
  expect(await scalar('SELECT sum(ends)::int AS n FROM rollup_hour')).toBe(ENDS_A_READ);
});

it('does not take a long write of its own, which keeps the lease locked, for another instance', async () => {
  await db.pool.query(`UPDATE lease SET expires_at = now() - interval '1 s'`);
  const stop = new AbortController();
  const query = vi.spyOn(db.pool, 'query');
  const wasLookedAt = () => query.mock.calls.some(([text]) => String(text).includes('SELECT 1 FROM lease'));
  let rests = 0;
  const leases: Lease[] = [];
  let writing: Promise<void> | null = null;
  const follower = {
    lead(lease: Lease) {
      leases.push(lease);
      // Until the loop has given up waiting for the lock and looked whose the lease is.
      writing ??= inTransaction(db.pool, async (client) => {
        await assertLease(client, lease);
        await until(() => wasLookedAt() || rests > 0);
      });
    },
    async rest() {
      rests += 1;
    },
  };
  const options = optionsOf(db.pool, newHolder(), () => snapshotOf([]));
  const loop = runLoop({ ...options, intervalMs: 300, followers: [follower] }, stop.signal);
  await until(() => rests > 0 || leases.length >= 2);
  expect(rests).toBe(0);
  expect(leases[1]?.token).toBe(leases[0]?.token);
  stop.abort();
  await Promise.all([loop, writing]);
  query.mockRestore();
});

it('notices what a failover lost though a cycle failed meanwhile: what the streams told proves nothing then', async () => {
  let isAway = false;
  let refused = 0;
  const pool = new Proxy(db.pool, {
    get(target, name) {
      const member = Reflect.get(target, name, target);
      if (name !== 'query' && name !== 'connect') return member;
      return (...args: unknown[]) => {
        if (!isAway) return Reflect.apply(member, target, args);
        refused += 1;
        return Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'away'));
      };
    },
  });
  const stream: { handlers: EventHandlers | null } = { handlers: null };
  const streams = createStreams({
    pool,
    marathons: [],
    kick: () => {},
    master: {
      leaderUrl: () => 'http://master.example.test:5050',
      version: () => '1.11.0',
      findEnded: async () => null,
      follow(handlers, signal) {
        handlers.onOpen();
        stream.handlers = handlers;
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ refused: null })));
      },
    },
  });
  let ring: MesosTask[] = [];
  let reads = 0;
  const options = optionsOf(pool, newHolder(), () => {
    reads += 1;
    const snapshot = snapshotOf(ring);
    return { ...snapshot, epoch: { ...snapshot.epoch, ringSize: 2 } };
  });
  const sources = { ...options.sources, streams };
  const stop = new AbortController();
  const loop = runLoop(
    { ...options, clusterName: 'promoted', intervalMs: 20, sources, followers: [streams] },
    stop.signal,
  );
  await until(() => stream.handlers !== null);
  const openedAfter = reads;
  await until(() => reads >= openedAfter + 3);
  stream.handlers?.onEvent?.();
  isAway = true;
  const refusedBefore = refused;
  await until(() => refused > refusedBefore + 3);

  // The standby lacks what was committed in the last hour. The ring turned over, and the stream tells the newest.
  const { rows } = await db.pool.query<{ id: number; last_polled_at: Date }>(
    `UPDATE cluster SET last_polled_at = last_polled_at - interval '1 hour' WHERE name = 'promoted' RETURNING *`,
  );
  const [{ id: clusterId, last_polled_at: lastPolledAt } = { id: 0, last_polled_at: new Date() }] = rows;
  await db.pool.query('DELETE FROM poll_run WHERE cluster_id = $1', [clusterId]);
  const newest = [0, 1].map((index): MesosTask => {
    const task = endOf(index, false);
    return { ...task, state: 'TASK_FAILED', statuses: [{ ...bare, state: 'TASK_FAILED', at: new Date() }] };
  });
  for (const task of newest) {
    const { frameworkId, taskId, agentId, state, statuses } = task;
    const of = { frameworkId, taskId, agentId, state, containerId: null, docker: null };
    stream.handlers?.onAdded?.({ ...task, state: 'TASK_STAGING', statuses: [], list: 'tasks' });
    stream.handlers?.onUpdate({ ...of, hasEnded: true, status: statuses[0] ?? null });
  }
  ring = newest;
  isAway = false;
  const gaps = async () =>
    (await db.pool.query('SELECT kind, from_at FROM gap WHERE cluster_id = $1', [clusterId])).rows;
  await until(async () => (await gaps()).length > 0);
  stop.abort();
  await loop;
  expect(await gaps()).toEqual([{ kind: 'ring_overrun', from_at: lastPolledAt }]);
});

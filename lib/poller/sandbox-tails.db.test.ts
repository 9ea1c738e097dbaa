import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask } from '@/lib/domain/task';
import { applyMasterSnapshot } from '@/lib/ingest/apply-master-snapshot';
import { type Lease, takeLease } from '@/lib/ingest/lease';
import { loadMemory } from '@/lib/ingest/memory';
import type { AgentReader, FileTail, SandboxTails } from '@/lib/mesos/read-agent';

import { fetchSandboxTails, noTailsUnderWay, type TailsUnderWay } from './sandbox-tails';

let db: TestDatabase;
let lease: Lease;
let clusters = 0;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  clusters += 1;
  await db.pool.query('INSERT INTO cluster (id, name) VALUES ($1, $2)', [clusters, `c${clusters}`]);
  const taken = await takeLease(db.pool, { clusterId: clusters, holder: 'me', ttlMs: 60_000 });
  if (!taken) throw new Error('no lease');
  lease = taken;
});

const bare = { message: null, reason: null, source: null, healthy: null, containerId: null };

function ended(
  taskId: string,
  more: { agentId?: string; minutesAgo?: number; state?: MesosTask['state'] } = {},
): MesosTask {
  const at = Date.now() - (more.minutesAgo ?? 1) * 60_000;
  const state = more.state ?? 'TASK_FAILED';
  return {
    frameworkId: 'f1',
    taskId,
    agentId: more.agentId ?? 'a1',
    executorId: '',
    name: 'job',
    state,
    statuses: [
      { ...bare, state: 'TASK_RUNNING', at: new Date(at - 60_000) },
      { ...bare, state, at: new Date(at), message: 'Container exited with status 1' },
    ],
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'completed_tasks',
  };
}

async function store(tasks: MesosTask[]): Promise<void> {
  const snapshot: MasterSnapshot = {
    url: 'http://master.example.test:5050',
    epoch: {
      masterId: 'm-1',
      electedAt: new Date(0),
      startedAt: null,
      version: '1.11.0',
      hostname: null,
      clusterName: null,
      ringSize: 100_000,
    },
    agents: [],
    frameworks: [{ frameworkId: 'f1', name: 'jobs', webuiUrl: null, hostname: null, registered: true }],
    ended: tasks,
    live: [],
    ringCounts: new Map(),
    unchanged: [],
    wordsOf: new Map(),
    counters: null,
    rejects: { count: 0, samples: [] },
    warnings: [],
    bytes: 1,
    tasksRead: tasks.length,
    complete: true,
  };
  const now = new Date();
  const memory = await loadMemory(db.pool, lease.clusterId);
  await applyMasterSnapshot(db.pool, lease, memory, { snapshot, marathons: new Map(), startedAt: now, now });
}

const text = (content: string): FileTail => ({
  content: Buffer.from(content),
  sizeBytes: content.length,
  fromByte: 0,
});
const both = (tail: FileTail): SandboxTails => ({ stdout: tail, stderr: tail });

/** A reader whose agents answer each task with what `answer` says; what it was asked for, in order. */
function readerOf(answer: (taskId: string, agentId: string) => SandboxTails | Promise<SandboxTails>) {
  const asked: string[] = [];
  const reader: Pick<AgentReader, 'readSandboxes'> = {
    async readSandboxes(agent, tasks, onTails) {
      for (const task of tasks) {
        asked.push(task.taskId);
        if (!onTails(task, await answer(task.taskId, agent.agentId))) return;
      }
    },
  };
  return { reader, asked };
}

function fetchTails(
  reader: Pick<AgentReader, 'readSandboxes'>,
  more: { budgetMs?: number; underWay?: TailsUnderWay; isKnown?: boolean } = {},
) {
  const addressOf = (agentId: string) =>
    more.isKnown === false ? null : { agentId, hostPort: 'x:1', process: 'slave(1)', version: null };
  const { budgetMs = 10_000, underWay = noTailsUnderWay(db.pool, lease) } = more;
  return fetchSandboxTails(
    db.pool,
    lease,
    { reader, addressOf, underWay, budgetMs },
    new AbortController().signal,
  );
}

async function tails() {
  const { rows } = await db.pool.query(
    `SELECT e.task_id, t.file, t.content, t.error_code FROM sandbox_tail t
     JOIN task_end e ON e.cluster_id = t.cluster_id AND e.id = t.end_id WHERE t.cluster_id = $1 AND t.file = 'stdout'
     ORDER BY e.task_id`,
    [lease.clusterId],
  );
  return rows.map((row) => [row.task_id, row.error_code ?? gunzipSync(row.content).toString()]);
}

it('reads the sandboxes of fresh failures, newest first, and each once', async () => {
  await store([
    ended('older', { minutesAgo: 50 }),
    ended('newest'),
    ended('finished', { state: 'TASK_FINISHED' }),
    ended('refused', { state: 'TASK_ERROR' }),
    ended('too-old', { minutesAgo: 61 }),
  ]);
  const { reader, asked } = readerOf((taskId) => both(text(`words of ${taskId}`)));
  expect(await fetchTails(reader)).toEqual({ fetched: 2, failed: 0, skipped: 0 });
  expect(await fetchTails(reader)).toEqual({ fetched: 0, failed: 0, skipped: 0 });
  expect(asked).toEqual(['newest', 'older']);
  expect(await tails()).toEqual([
    ['newest', 'words of newest'],
    ['older', 'words of older'],
  ]);
});

it('stores why there is none, asks again where that may pass, and keeps what it once had', async () => {
  await store([ended('gone'), ended('slow'), ended('half')]);
  const first = readerOf((taskId) =>
    taskId === 'half'
      ? { stdout: text('kept'), stderr: { errorCode: 'AGENT_TIMEOUT' } }
      : both({ errorCode: taskId === 'gone' ? 'SANDBOX_GONE' : 'AGENT_TIMEOUT' }),
  );
  expect(await fetchTails(first.reader)).toEqual({ fetched: 1, failed: 2, skipped: 0 });
  await db.pool.query(
    `UPDATE sandbox_tail SET fetched_at = fetched_at - interval '2 minutes' WHERE cluster_id = $1`,
    [lease.clusterId],
  );
  const second = readerOf((taskId) =>
    both(taskId === 'half' ? { errorCode: 'SANDBOX_GONE' } : text('later')),
  );
  await fetchTails(second.reader);
  expect(second.asked.sort()).toEqual(['half', 'slow']);
  expect(await tails()).toEqual([
    ['gone', 'SANDBOX_GONE'],
    ['half', 'kept'],
    ['slow', 'later'],
  ]);
});

it('an agent that the master no longer lists is not asked', async () => {
  await store([ended('t')]);
  const { reader, asked } = readerOf(() => both(text('')));
  expect(await fetchTails(reader, { isKnown: false })).toEqual({ fetched: 0, failed: 1, skipped: 0 });
  expect(asked).toEqual([]);
  expect(await tails()).toEqual([['t', 'AGENT_UNREACHABLE']]);
});

it('a crash loop is read 50 times and then said to be alike', async () => {
  await store(Array.from({ length: 80 }, (_, index) => ended(`job-${index}`)));
  const { reader, asked } = readerOf(() => both(text('same')));
  expect(await fetchTails(reader)).toEqual({ fetched: 50, failed: 0, skipped: 30 });
  expect(asked).toHaveLength(50);
  expect((await tails()).filter(([, said]) => said === 'SKIPPED_SIMILAR')).toHaveLength(30);
});

it('agents that hang do not keep the others waiting, and are not asked twice', async () => {
  const hung = Array.from({ length: 30 }, (_, index) => ended(`hung-${index}`, { agentId: `h${index}` }));
  await store([...hung, ended('good', { minutesAgo: 2 })]);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { reader, asked } = readerOf(async (_taskId, agentId) => {
    if (agentId === 'a1') return both(text('said'));
    await released;
    return both({ errorCode: 'AGENT_TIMEOUT' });
  });
  const underWay = noTailsUnderWay(db.pool, lease);
  const startedAt = performance.now();
  await fetchTails(reader, { underWay });
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  expect(await tails()).toEqual([['good', 'said']]);
  await fetchTails(reader, { underWay });
  expect(asked).toHaveLength(31);
  release();
  await Promise.all(underWay.agents.values());
  expect(await tails()).toHaveLength(31);
});

it('what the budget leaves is taken up the next time', async () => {
  await store(Array.from({ length: 10 }, (_, index) => ended(`t${index}`)));
  const { reader } = readerOf(async () => {
    await pause(60);
    return both(text('x'));
  });
  const { fetched } = await fetchTails(reader, { budgetMs: 150 });
  expect(fetched).toBeGreaterThan(0);
  expect(fetched).toBeLessThan(10);
  await fetchTails(reader);
  expect(await tails()).toHaveLength(10);
});

it('stores nothing once the lease is another’s', async () => {
  await store([ended('t')]);
  lease = { ...lease, token: '0' };
  const { reader } = readerOf(() => both(text('x')));
  await expect(fetchTails(reader)).rejects.toMatchObject({ code: 'LEASE_LOST' });
});

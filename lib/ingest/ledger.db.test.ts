import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask, TaskState } from '@/lib/domain/task';

import { applyMasterSnapshot } from './apply-master-snapshot';
import { applyStreamEnds } from './apply-stream-ends';
import { type Lease, takeLease } from './lease';
import { loadMemory, type Memory } from './memory';
import { notePollStored } from './stream-memory';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const START = Date.parse('2026-03-01T12:00:00Z');
const at = (seconds: number): Date => new Date(START + seconds * 1000);
let clusters = 0;

async function newWatch(): Promise<{ lease: Lease; memory: Memory }> {
  clusters += 1;
  const { rows } = await db.pool.query<{ id: number }>(
    'INSERT INTO cluster (name) VALUES ($1) RETURNING id',
    [`ledger-${clusters}`],
  );
  const clusterId = rows[0]?.id ?? 0;
  const lease = await takeLease(db.pool, { clusterId, holder: 'me', ttlMs: 60_000 });
  if (!lease) throw new Error('no lease');
  return { lease, memory: await loadMemory(db.pool, clusterId) };
}

function end(name: string, seconds: number, state: TaskState = 'TASK_FAILED'): MesosTask {
  const one = (of: TaskState, when: Date) => ({
    state: of,
    at: when,
    message: null,
    reason: null,
    source: null,
    healthy: null,
    containerId: null,
  });
  return {
    frameworkId: 'f1',
    taskId: name,
    agentId: 'a1',
    executorId: '',
    name,
    state,
    statuses: [one('TASK_RUNNING', at(-3600)), one(state, at(seconds))],
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'completed_tasks',
  };
}

const RING = 5;

/** A master with a ring of five, that counts what it sees. */
function newMaster(masterId = 'm-1', electedAt = at(-7200)) {
  const ring: MesosTask[] = [];
  const counters: Record<string, number> = {
    'master/tasks_failed': 0,
    'master/tasks_finished': 0,
    'master/tasks_lost': 0,
  };
  const count = (state: string) => {
    const name = `master/tasks_${state.slice(5).toLowerCase()}`;
    counters[name] = (counters[name] ?? 0) + 1;
  };
  return {
    counters,
    end(task: MesosTask) {
      ring.push(task);
      if (ring.length > RING) ring.shift();
      count(task.state);
      return task;
    },
    snapshot(more: Partial<MasterSnapshot> = {}): MasterSnapshot {
      return {
        url: 'http://master.example.test:5050',
        epoch: {
          masterId,
          electedAt,
          startedAt: electedAt,
          version: '1.11.0',
          hostname: null,
          clusterName: null,
          ringSize: RING,
        },
        agents: [],
        frameworks: [],
        ended: [...ring],
        unchanged: [],
        wordsOf: new Map(),
        live: [],
        ringCounts: new Map([['f1', ring.length]]),
        counters: { ...counters },
        countersBefore: { ...counters },
        rejects: { count: 0, samples: [] },
        warnings: [],
        bytes: 1,
        tasksRead: ring.length,
        complete: true,
        ...more,
      };
    },
  };
}

type Watch = Awaited<ReturnType<typeof newWatch>>;

async function poll({ lease, memory }: Watch, snapshot: MasterSnapshot, seconds: number) {
  const startedAt = at(seconds - 1);
  const applied = await applyMasterSnapshot(db.pool, lease, memory, {
    snapshot,
    marathons: new Map(),
    startedAt,
    now: at(seconds),
  });
  notePollStored(memory, { startedAt, complete: snapshot.complete });
  return applied;
}

async function stream({ lease, memory }: Watch, tasks: MesosTask[], seconds: number) {
  const ends = tasks.map((task) => ({ task, toldAt: at(seconds), isSinceOpened: false }));
  await applyStreamEnds(db.pool, lease, memory, {
    ends,
    marathons: new Map(),
    hostnames: new Map(),
    frameworkNames: new Map(),
    now: at(seconds),
  });
}

async function ledger({ lease }: Watch, masterId = 'm-1') {
  const { rows } = await db.pool.query(
    `SELECT state, base::int, counted::int, stored::int, refused::int, escaped::int, uncounted::int, last_read_at
     FROM ledger WHERE cluster_id = $1 AND master_id = $2 AND (counted > 0 OR stored > 0) ORDER BY state`,
    [lease.clusterId, masterId],
  );
  return rows;
}

const failed = async (watch: Watch, masterId?: string) =>
  (await ledger(watch, masterId)).find(({ state }) => state === 'TASK_FAILED');

describe('the ledger', () => {
  it('begins at the first whole poll: its backlog is in the base', async () => {
    const watch = await newWatch();
    const master = newMaster();
    master.end(end('old', -600));
    await poll(watch, master.snapshot({ complete: false }), 0);
    expect(await ledger(watch)).toEqual([]);
    await poll(watch, master.snapshot(), 30);
    expect(await failed(watch)).toMatchObject({ base: 1, counted: 1, stored: 0, escaped: 0 });
    master.end(end('new', 40));
    await poll(watch, master.snapshot(), 60);
    await poll(watch, master.snapshot(), 90);
    expect(await failed(watch)).toMatchObject({ base: 1, counted: 2, stored: 1, escaped: 0 });
  });

  it('does not take for a loss what ended while the first state was read', async () => {
    const watch = await newWatch();
    const master = newMaster();
    const lists = master.snapshot();
    const meanwhile = master.end(end('meanwhile', -1));
    await stream(watch, [meanwhile], 0);
    await poll(watch, { ...lists, counters: { ...master.counters } }, 0);
    await poll(watch, master.snapshot(), 30);
    expect(await failed(watch)).toMatchObject({ base: 1, escaped: 0, uncounted: 1 });
    master.end(end('next', 40));
    await poll(watch, master.snapshot({ ended: [] }), 60);
    expect(await failed(watch)).toMatchObject({ escaped: 0 });
    await poll(watch, master.snapshot({ ended: [] }), 90);
    expect(await failed(watch)).toMatchObject({ escaped: 1 });
  });

  it('tells what the ring lost in a storm, to the end, beside its gap', async () => {
    const watch = await newWatch();
    const master = newMaster();
    await poll(watch, master.snapshot(), 0);
    for (let number = 1; number <= 3 * RING + 2; number += 1) master.end(end(`t${number}`, number));
    expect(await poll(watch, master.snapshot(), 30)).toMatchObject({ inserted: RING, gaps: 1 });
    expect(await failed(watch)).toMatchObject({ counted: 17, stored: 5, escaped: 0 });
    master.end(end('after', 40));
    await poll(watch, master.snapshot(), 60);
    expect(await failed(watch)).toMatchObject({ counted: 18, stored: 6, escaped: 12 });
  });

  it('reads 0 where the stream told what the ring lost', async () => {
    const watch = await newWatch();
    const master = newMaster();
    await poll(watch, master.snapshot(), 0);
    const all = Array.from({ length: 17 }, (_, number) => master.end(end(`t${number}`, 5 + number)));
    await stream(watch, all, 22);
    expect(await poll(watch, master.snapshot(), 30)).toMatchObject({ inserted: 0, gaps: 0 });
    expect(await failed(watch)).toMatchObject({ counted: 17, stored: 17, escaped: 0 });
  });

  it('does not let what the stream stores during a poll hide a loss, nor look like one', async () => {
    const watch = await newWatch();
    const master = newMaster();
    await poll(watch, master.snapshot(), 0);
    master.end(end('lost', 10));
    const lists = master.snapshot({ ended: [] });
    const during = ['s1', 's2'].map((name) => master.end(end(name, 30)));
    await stream(watch, during, 30);
    await poll(watch, { ...lists, counters: { ...master.counters } }, 30.5);
    expect(await failed(watch)).toMatchObject({ counted: 3, stored: 2, escaped: 0 });
    await poll(watch, master.snapshot({ ended: during }), 60);
    expect(await failed(watch)).toMatchObject({ escaped: 1, uncounted: 0 });
  });

  it('nor what only GET_TASKS told', async () => {
    const watch = await newWatch();
    const master = newMaster();
    await poll(watch, master.snapshot(), 0);
    const before = { ...master.counters };
    const late = master.end(end('late', 29));
    await poll(watch, master.snapshot({ countersBefore: before, endedLate: [late] }), 30);
    expect(await failed(watch)).toMatchObject({ counted: 1, stored: 1, escaped: 0 });
    await poll(watch, master.snapshot(), 60);
    expect(await failed(watch)).toMatchObject({ escaped: 0, uncounted: 0 });
  });

  it('begins a later life at 0, and counts its ends from its election on', async () => {
    const watch = await newWatch();
    await poll(watch, newMaster().snapshot(), 0);
    const second = newMaster('m-2', at(10));
    // Told by the second master's stream before any poll of it was stored.
    await stream(watch, [second.end(end('first', 15))], 16);
    second.end(end('second', 17));
    second.end(end('escaped', 18));
    const lists = second.snapshot();
    const seen = lists.ended.slice(0, 2);
    // Not of its counting: from before it was elected, told by an agent that came back.
    await poll(watch, { ...lists, ended: [...seen, end('older', 5)] }, 30);
    await poll(watch, { ...lists, ended: seen }, 60);
    expect(await failed(watch, 'm-2')).toMatchObject({ base: 0, counted: 3, stored: 2, escaped: 1 });
  });

  it('counts what a cut state told of a new life', async () => {
    const watch = await newWatch();
    await poll(watch, newMaster().snapshot(), 0);
    const second = newMaster('m-2', at(10));
    second.end(end('first', 15));
    await poll(watch, second.snapshot({ complete: false }), 30);
    await poll(watch, second.snapshot(), 60);
    expect(await failed(watch, 'm-2')).toMatchObject({ counted: 1, stored: 1, escaped: 0 });
  });

  it('stands still while the counters are missing, and catches up', async () => {
    const watch = await newWatch();
    const master = newMaster();
    await poll(watch, master.snapshot(), 0);
    master.end(end('one', 10));
    await poll(watch, master.snapshot({ counters: null, countersBefore: null }), 30);
    expect(await failed(watch)).toMatchObject({ counted: 0, stored: 1, last_read_at: at(0) });
    const { 'master/tasks_failed': _, ...without } = master.counters;
    await poll(watch, master.snapshot({ counters: without, countersBefore: without }), 60);
    expect(await failed(watch)).toMatchObject({ counted: 0, last_read_at: at(0) });
    await poll(watch, master.snapshot(), 90);
    expect(await failed(watch)).toMatchObject({ counted: 1, stored: 1, escaped: 0, last_read_at: at(90) });
  });

  it('knows of a life whose counters were never read that they were not', async () => {
    const watch = await newWatch();
    await poll(watch, newMaster().snapshot(), 0);
    const second = newMaster('m-2', at(10));
    second.end(end('first', 15));
    await poll(watch, second.snapshot({ counters: null, countersBefore: null }), 30);
    expect(await failed(watch, 'm-2')).toMatchObject({
      counted: 0,
      stored: 1,
      escaped: 0,
      last_read_at: null,
    });
  });

  it('follows a task that was lost, came back and failed', async () => {
    const watch = await newWatch();
    const master = newMaster();
    await poll(watch, master.snapshot(), 0);
    master.end(end('t', 10, 'TASK_LOST'));
    await poll(watch, master.snapshot(), 30);
    const live = [
      {
        frameworkId: 'f1',
        taskId: 't',
        agentId: 'a1',
        state: 'TASK_RUNNING',
        firstStatusAt: at(-3600),
        killingSince: null,
      },
    ];
    await poll(watch, master.snapshot({ live, ended: [] }), 60);
    master.end(end('t', 70));
    await poll(watch, master.snapshot(), 90);
    expect((await ledger(watch)).map(({ state, stored, escaped }) => [state, stored, escaped])).toEqual([
      ['TASK_FAILED', 1, 0],
      ['TASK_LOST', 1, 0],
    ]);
  });

  it('is the same for a collector that was killed and begins anew', async () => {
    const watch = await newWatch();
    const master = newMaster();
    await poll(watch, master.snapshot(), 0);
    master.end(end('one', 10));
    await poll(watch, master.snapshot(), 30);
    const next = { ...watch, memory: await loadMemory(db.pool, watch.lease.clusterId) };
    await poll(next, master.snapshot(), 60);
    expect(await failed(next)).toMatchObject({ counted: 1, stored: 1, escaped: 0, uncounted: 0 });
  });

  it('records agents that never came back to a new master, with the tasks they ran', async () => {
    const watch = await newWatch();
    const agent = (more: object) => ({
      agentId: 'a1',
      hostname: 'node-1.example.test',
      pid: 'slave(1)@10.0.0.1:5051',
      port: 5051,
      version: '1.11.0',
      active: true,
      registeredAt: at(-7200),
      reregisteredAt: null,
      cpus: 8,
      memMb: 1024,
      diskMb: 1024,
      attributes: {},
      ...more,
    });
    const live = ['t1', 't2'].map((taskId) => ({
      frameworkId: 'f1',
      taskId,
      agentId: 'a1',
      state: 'TASK_RUNNING',
      firstStatusAt: at(-3600),
      killingSince: null,
    }));
    await poll(watch, newMaster().snapshot({ agents: [agent({})], live }), 0);
    const second = newMaster('m-2', at(10));
    const recovered = agent({ active: false, pid: null, version: null, registeredAt: null });
    await poll(watch, second.snapshot({ agents: [recovered] }), 30);
    const { rows } = await db.pool.query('SELECT pid, tasks_running FROM agent WHERE cluster_id = $1', [
      watch.lease.clusterId,
    ]);
    expect(rows).toEqual([{ pid: 'slave(1)@10.0.0.1:5051', tasks_running: 2 }]);
    expect(await poll(watch, second.snapshot(), 660)).toMatchObject({ gaps: 1 });
    const gaps = await db.pool.query(
      `SELECT from_at, to_at, detail FROM gap WHERE cluster_id = $1 AND kind = 'agents_not_back'`,
      [watch.lease.clusterId],
    );
    expect(gaps.rows).toEqual([
      {
        from_at: at(10),
        to_at: at(660),
        detail:
          "An agent with 2 running tasks never came back after the master's failover, and Mesos tells no end of them: node-1.example.test (2).",
      },
    ]);
  });
});

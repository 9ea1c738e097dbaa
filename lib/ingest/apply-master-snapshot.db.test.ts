import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask, TaskState, TaskStatus } from '@/lib/domain/task';

import { applyMasterSnapshot } from './apply-master-snapshot';
import { type Lease, releaseLease, takeLease } from './lease';
import { loadMemory } from './memory';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const at = (clock: string): Date => new Date(`2026-03-01T${clock}Z`);
let clusters = 0;

async function newCluster(): Promise<Lease> {
  clusters += 1;
  const { rows } = await db.pool.query<{ id: number }>(
    'INSERT INTO cluster (name) VALUES ($1) RETURNING id',
    [`c${clusters}`],
  );
  const lease = await takeLease(db.pool, { clusterId: rows[0]?.id ?? 0, holder: 'me', ttlMs: 60_000 });
  if (!lease) throw new Error('no lease');
  return lease;
}

function status(state: TaskState, clock: string, message: string | null = null): TaskStatus {
  return { state, at: at(clock), message, reason: null, source: null, healthy: null, containerId: null };
}

function task(taskId: string, more: Partial<MesosTask> = {}): MesosTask {
  return {
    frameworkId: 'f1',
    taskId,
    agentId: 'a1',
    executorId: '',
    name: taskId,
    state: 'TASK_FAILED',
    statuses: [
      status('TASK_RUNNING', '11:00:00'),
      status('TASK_FAILED', '11:30:00', 'Container exited with status 1'),
    ],
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'completed_tasks',
    ...more,
  };
}

function snapshot(ended: MesosTask[], more: Partial<MasterSnapshot> = {}): MasterSnapshot {
  return {
    url: 'http://master.example.test:5050',
    epoch: {
      masterId: 'm-1',
      electedAt: at('01:00:00'),
      startedAt: at('01:00:00'),
      version: '1.11.0',
      hostname: 'master.example.test',
      clusterName: null,
      ringSize: 1000,
    },
    agents: [
      {
        agentId: 'a1',
        hostname: 'node-1.example.test',
        pid: 'slave(1)@10.0.0.1:5051',
        port: 5051,
        version: '1.11.0',
        active: true,
        registeredAt: at('01:00:00'),
        reregisteredAt: null,
        cpus: 8,
        memMb: 16_384,
        diskMb: 1_000,
        attributes: { rack: 'r1' },
      },
    ],
    frameworks: [{ frameworkId: 'f1', name: 'marathon', webuiUrl: null, hostname: null, registered: true }],
    ended,
    live: [],
    ringCounts: new Map([['f1', ended.length]]),
    unchanged: [],
    wordsOf: new Map(),
    counters: { 'master/tasks_failed': ended.length },
    rejects: { count: 0, samples: [] },
    warnings: [],
    bytes: 1,
    tasksRead: ended.length,
    complete: true,
    ...more,
  };
}

async function poll(
  lease: Lease,
  given: MasterSnapshot,
  clock: string,
  memory = loadMemory(db.pool, lease.clusterId),
  began = clock,
) {
  return applyMasterSnapshot(db.pool, lease, await memory, {
    snapshot: given,
    marathons: new Map(),
    startedAt: at(began),
    now: at(clock),
  });
}

async function stored(lease: Lease) {
  const { rows } = await db.pool.query(
    'SELECT task_id, state, finished_at, revision, reopened_at FROM task_end WHERE cluster_id = $1 ORDER BY task_id',
    [lease.clusterId],
  );
  return rows;
}

/** What rollup_hour says and what a count over the rows says, as text to compare. */
async function rollups(lease: Lease) {
  const kept = await db.pool.query(
    `SELECT hour, state, cause, disposition, ends FROM rollup_hour WHERE cluster_id = $1 AND ends <> 0 ORDER BY 1, 2, 3, 4`,
    [lease.clusterId],
  );
  const counted = await db.pool.query(
    `SELECT date_trunc('hour', finished_at, 'UTC') AS hour, state, cause, disposition, count(*)::int AS ends
     FROM task_end WHERE cluster_id = $1 AND reopened_at IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
    [lease.clusterId],
  );
  return { kept: kept.rows, counted: counted.rows };
}

async function sameRollups(lease: Lease): Promise<void> {
  const { kept, counted } = await rollups(lease);
  expect(kept).toEqual(counted);
}

describe('applyMasterSnapshot', () => {
  it('stores each end once, however often it is offered and with whatever memory', async () => {
    const lease = await newCluster();
    const offered = snapshot([task('t1'), task('t2')]);
    const memory = loadMemory(db.pool, lease.clusterId);
    expect(await poll(lease, offered, '12:00:00', memory)).toMatchObject({ inserted: 2, revised: 0 });
    expect(await poll(lease, offered, '12:00:30', memory)).toMatchObject({ inserted: 0, revised: 0 });
    expect(await poll(lease, offered, '12:01:00')).toMatchObject({ inserted: 0, revised: 0 });
    expect(await stored(lease)).toHaveLength(2);
    await sameRollups(lease);
  });

  it('moves an end to another month when its time is corrected, and keeps it once', async () => {
    const lease = await newCluster();
    const lost = task('t1', {
      state: 'TASK_LOST',
      statuses: [
        status('TASK_RUNNING', '11:00:00'),
        { ...status('TASK_LOST', '11:10:00'), at: new Date('2026-02-28T23:59:00Z') },
      ],
    });
    await poll(lease, snapshot([lost]), '12:00:00');
    await poll(lease, snapshot([task('t1')]), '12:00:30');
    expect(await stored(lease)).toMatchObject([
      { state: 'TASK_FAILED', finished_at: at('11:30:00'), revision: 1 },
    ]);
    await sameRollups(lease);
  });

  it('reopens an end whose task lives again though its entry is gone, and does not count it', async () => {
    const lease = await newCluster();
    const unreachable = task('t1', {
      state: 'TASK_UNREACHABLE',
      list: 'unreachable_tasks',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_UNREACHABLE', '11:10:00')],
    });
    const recent = new Date();
    const early = new Date(recent.getTime() - 60_000);
    unreachable.statuses = [
      { ...status('TASK_RUNNING', '11:00:00'), at: early },
      { ...status('TASK_UNREACHABLE', '11:10:00'), at: early },
    ];
    const run = (given: MasterSnapshot) =>
      loadMemory(db.pool, lease.clusterId).then((memory) =>
        applyMasterSnapshot(db.pool, lease, memory, {
          snapshot: given,
          marathons: new Map(),
          startedAt: recent,
          now: recent,
        }),
      );
    await run(snapshot([unreachable]));
    const live = [
      {
        frameworkId: 'f1',
        taskId: 't1',
        agentId: 'a1',
        state: 'TASK_RUNNING',
        firstStatusAt: early,
        killingSince: null,
      },
    ];
    expect(await run(snapshot([], { live }))).toMatchObject({ inserted: 0, revised: 1 });
    expect(await run(snapshot([], { live }))).toMatchObject({ inserted: 0, revised: 0 });
    expect(await stored(lease)).toMatchObject([{ state: 'TASK_UNREACHABLE', revision: 1 }]);
    expect((await rollups(lease)).kept).toEqual([]);
    await sameRollups(lease);
  });

  it('stores hostile text as text', async () => {
    const lease = await newCluster();
    const name = `'; DROP TABLE task_end; -- \0 \ud800 <script>`;
    const hostile = task(name, {
      name,
      labels: { [name]: name },
      statuses: [status('TASK_FAILED', '11:30:00', name)],
    });
    expect(await poll(lease, snapshot([hostile]), '12:00:00')).toMatchObject({ inserted: 1 });
    expect(await poll(lease, snapshot([hostile]), '12:00:30')).toMatchObject({ inserted: 0 });
    expect(await stored(lease)).toMatchObject([
      { task_id: `'; DROP TABLE task_end; -- \u2400 \ufffd <script>` },
    ]);
  });

  it('keeps an end of a wild clock, and of 2015', async () => {
    const lease = await newCluster();
    const old = task('old', {
      statuses: [{ ...status('TASK_FAILED', '11:30:00'), at: new Date('2015-04-10T00:00:00Z') }],
    });
    const wild = task('wild', {
      statuses: [{ ...status('TASK_FAILED', '11:30:00'), at: new Date('9999-01-01T00:00:00Z') }],
    });
    expect(await poll(lease, snapshot([old, wild]), '12:00:00')).toMatchObject({ inserted: 2 });
    expect(await poll(lease, snapshot([old, wild]), '12:00:30')).toMatchObject({ inserted: 0, revised: 0 });
    expect(await stored(lease)).toMatchObject([
      { finished_at: new Date('2015-04-10T00:00:00Z') },
      { finished_at: at('12:00:00') },
    ]);
  });

  it('credits task-hours since the last whole poll, and none from a cut one', async () => {
    const lease = await newCluster();
    const live = [
      {
        frameworkId: 'f1',
        taskId: 't9',
        agentId: 'a1',
        state: 'TASK_RUNNING',
        firstStatusAt: at('11:59:00'),
        killingSince: null,
      },
    ];
    await poll(lease, snapshot([], { live }), '12:00:00');
    await poll(lease, snapshot([], { live, complete: false }), '12:00:30');
    await poll(lease, snapshot([], { live }), '12:01:00');
    const { rows } = await db.pool.query(
      `SELECT kind, subject, sum(task_seconds) AS seconds FROM exposure_hour WHERE cluster_id = $1 GROUP BY 1, 2`,
      [lease.clusterId],
    );
    expect(rows).toEqual([{ kind: 'host', subject: 'node-1.example.test', seconds: 120 }]);
  });

  it('does not call agents gone because a state was cut, and does when a whole one lists them no more', async () => {
    const lease = await newCluster();
    const gone = async () =>
      (await db.pool.query('SELECT gone_at FROM agent WHERE cluster_id = $1', [lease.clusterId])).rows[0]
        ?.gone_at;
    await poll(lease, snapshot([]), '12:00:00');
    await poll(lease, snapshot([], { agents: [], complete: false }), '12:00:30');
    expect(await gone()).toBeNull();
    await poll(lease, snapshot([], { agents: [] }), '12:01:00');
    expect(await gone()).toEqual(at('12:01:00'));
  });

  it('records a master failover as a gap, once', async () => {
    const lease = await newCluster();
    const second = snapshot([]);
    second.epoch = { ...second.epoch, masterId: 'm-2', electedAt: at('12:00:10') };
    await poll(lease, snapshot([]), '12:00:00');
    expect(await poll(lease, second, '12:00:30')).toMatchObject({ gaps: 1 });
    expect(await poll(lease, second, '12:01:00')).toMatchObject({ gaps: 0 });
  });

  it('begins a gap where the reading of the last state began: what ended meanwhile may not be in it', async () => {
    const lease = await newCluster();
    const second = snapshot([]);
    second.epoch = { ...second.epoch, masterId: 'm-2', electedAt: at('12:00:40') };
    await poll(lease, snapshot([]), '12:00:20', undefined, '12:00:05');
    await poll(lease, second, '12:00:50', undefined, '12:00:45');
    const { rows } = await db.pool.query('SELECT * FROM gap WHERE cluster_id = $1', [lease.clusterId]);
    expect(rows).toMatchObject([{ from_at: at('12:00:05'), to_at: at('12:00:40') }]);
  });

  it('does not take the stand-in epoch of a cut state for a failover', async () => {
    const lease = await newCluster();
    const cut = snapshot([], { complete: false });
    cut.epoch = { ...cut.epoch, masterId: '', electedAt: new Date(0) };
    await poll(lease, snapshot([]), '12:00:00');
    expect(await poll(lease, cut, '12:00:30')).toMatchObject({ gaps: 0 });
    expect(await poll(lease, snapshot([]), '12:01:00')).toMatchObject({ gaps: 0 });
  });

  it('sees a ring turn over though the first state after it was cut', async () => {
    const lease = await newCluster();
    const memory = loadMemory(db.pool, lease.clusterId);
    const ring = (name: string, more: Partial<MasterSnapshot> = {}) => {
      const full = snapshot([task(`${name}1`), task(`${name}2`)], more);
      full.epoch = { ...full.epoch, ringSize: 2 };
      return full;
    };
    await poll(lease, ring('a'), '12:00:00', memory);
    const cut = ring('b', { complete: false });
    cut.epoch = { ...cut.epoch, masterId: '', electedAt: new Date(0), ringSize: 1000 };
    expect(await poll(lease, cut, '12:00:30', memory)).toMatchObject({ inserted: 2, gaps: 1 });
    expect(await poll(lease, ring('b'), '12:01:00', memory)).toMatchObject({ gaps: 0 });
  });

  it('learns the host of an end that a cut state told before its agent', async () => {
    const lease = await newCluster();
    const memory = loadMemory(db.pool, lease.clusterId);
    const hosts = async () =>
      (await db.pool.query('SELECT host FROM task_end WHERE cluster_id = $1', [lease.clusterId])).rows;
    await poll(lease, snapshot([task('t1')], { agents: [], complete: false }), '12:00:00', memory);
    expect(await hosts()).toEqual([{ host: 'a1' }]);
    await poll(lease, snapshot([task('t1')]), '12:00:30', memory);
    expect(await hosts()).toEqual([{ host: 'node-1.example.test' }]);
    await sameRollups(lease);
  });

  it('counts a lost task once more known to have failed, though its id lives again', async () => {
    const lease = await newCluster();
    const lost = task('t1', {
      state: 'TASK_LOST',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_LOST', '11:30:00')],
    });
    const recent = (given: MesosTask): MesosTask => ({
      ...given,
      statuses: given.statuses.map((one) => ({
        ...one,
        at: new Date((one.at?.getTime() ?? 0) - at('12:00:00').getTime() + started),
      })),
    });
    const started = Date.now();
    const run = async (given: MasterSnapshot) =>
      applyMasterSnapshot(db.pool, lease, await loadMemory(db.pool, lease.clusterId), {
        snapshot: given,
        marathons: new Map(),
        startedAt: new Date(started),
        now: new Date(started),
      });
    const live = [
      {
        frameworkId: 'f1',
        taskId: 't1',
        agentId: 'a1',
        state: 'TASK_RUNNING',
        firstStatusAt: new Date(started),
        killingSince: null,
      },
    ];
    await run(snapshot([recent(lost)]));
    await run(snapshot([recent(task('t1'))], { live }));
    expect(await stored(lease)).toMatchObject([{ state: 'TASK_FAILED', reopened_at: null }]);
    await sameRollups(lease);
  });

  it('stores one end of a task whose first status moved while the end waited to be acknowledged', async () => {
    const lease = await newCluster();
    const waiting = task('t1', { list: 'tasks', statuses: [status('TASK_RUNNING', '11:00:00')] });
    const told = task('t1', {
      statuses: [status('TASK_RUNNING', '11:58:00'), status('TASK_FAILED', '11:59:00')],
    });
    await poll(lease, snapshot([waiting]), '12:00:00');
    expect(await poll(lease, snapshot([told]), '12:00:30')).toMatchObject({ inserted: 0, revised: 1 });
    expect(await stored(lease)).toMatchObject([{ finished_at: at('11:59:00'), revision: 1 }]);
    await sameRollups(lease);
  });

  it('stores ends with the longest ids and texts that the door lets in', async () => {
    const lease = await newCluster();
    const noise = (length: number) =>
      Array.from({ length }, () => String.fromCharCode(0x4e00 + Math.random() * 20_000)).join('');
    const long = task(noise(341), {
      frameworkId: noise(341),
      agentId: noise(341),
      statuses: Array.from({ length: 100 }, () => status('TASK_FAILED', '11:30:00', noise(16_384))),
    });
    const many = Array.from({ length: 6 }, (_, index) => ({ ...long, taskId: `${index}${noise(330)}` }));
    expect(await poll(lease, snapshot(many), '12:00:00')).toMatchObject({ inserted: 6 });
    await sameRollups(lease);
  });

  it('rewrites an agent only when it changed or was written long ago', async () => {
    const lease = await newCluster();
    const memory = loadMemory(db.pool, lease.clusterId);
    const row = async () =>
      (
        await db.pool.query('SELECT xmin::text, xmax::text, last_seen_at FROM agent WHERE cluster_id = $1', [
          lease.clusterId,
        ])
      ).rows[0];
    await poll(lease, snapshot([]), '12:00:00', memory);
    const written = await row();
    await poll(lease, snapshot([]), '12:00:30', memory);
    expect(await row()).toEqual(written);
    await poll(lease, snapshot([]), '12:10:30', memory);
    expect(await row()).toMatchObject({ last_seen_at: at('12:10:30') });
    await poll(lease, snapshot([], { agents: [] }), '12:11:00', memory);
    await poll(lease, snapshot([]), '12:11:30', memory);
    expect(
      (await db.pool.query('SELECT gone_at FROM agent WHERE cluster_id = $1', [lease.clusterId])).rows,
    ).toEqual([{ gone_at: null }]);
  });

  it('writes nothing at all once the lease has moved', async () => {
    const lease = await newCluster();
    await releaseLease(db.pool, lease);
    const next = await takeLease(db.pool, { clusterId: lease.clusterId, holder: 'other', ttlMs: 60_000 });
    expect(Number(next?.token)).toBe(Number(lease.token) + 1);
    await expect(poll(lease, snapshot([task('t1')]), '12:00:00')).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    expect(await stored(lease)).toEqual([]);
  });
});

describe('takeLease', () => {
  it('is held by one, prolonged under the same token, and passes on once it has run out', async () => {
    const first = await newCluster();
    const other = { clusterId: first.clusterId, holder: 'other', ttlMs: 60_000 };
    expect(await takeLease(db.pool, other)).toBeNull();
    expect(await takeLease(db.pool, { ...first, ttlMs: 60_000 })).toEqual(first);
    await releaseLease(db.pool, first);
    expect(await takeLease(db.pool, other)).toMatchObject({ token: String(Number(first.token) + 1) });
    expect(await takeLease(db.pool, { ...first, ttlMs: 60_000 })).toBeNull();
  });

  it('goes to exactly one of many who want it at once', async () => {
    const { clusterId, ...lease } = await newCluster();
    await releaseLease(db.pool, { clusterId, ...lease });
    const got = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        takeLease(db.pool, { clusterId, holder: `h${index}`, ttlMs: 60_000 }),
      ),
    );
    expect(got.filter(Boolean)).toHaveLength(1);
  });
});

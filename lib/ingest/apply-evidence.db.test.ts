import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { forgetOldSightings, unsettledSignals } from './apply-evidence';
import {
  at,
  dockerIdOf,
  killedTask,
  type LogCluster,
  newLogCluster,
  oomBlock,
  status,
  statusLine,
  taskIdOf,
  uuidOf,
} from './host-log-for-tests';
import { releaseLease, takeLease } from './lease';
import { loadMemory } from './memory';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

let clusters = 0;
async function newCluster(): Promise<LogCluster> {
  clusters += 1;
  return await newLogCluster(db.pool, `c${clusters}`);
}

const PROVEN = { cause: 'oom_cgroup_limit', disposition: 'failure', proof: 'proven', exit_code: 137 };

describe('whichever comes first', () => {
  it('log, then status: the verdict is right when the row first appears', async () => {
    const cluster = await newCluster();
    await cluster.addContainer(1);
    await cluster.store(oomBlock({ clock: '11:30:00' }), '11:30:01');
    await cluster.place('11:30:02');
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    expect(await cluster.ends()).toMatchObject([{ ...PROVEN, revision: 0 }]);
    expect(await cluster.evidence()).toEqual(['76513 01 container_id proven 1']);
    expect(await cluster.signals()).toMatchObject([
      { about: 'task_end', app_id: '/shop/cart', settled: true },
    ]);
    expect(await cluster.drift()).toEqual([]);
  });

  it('log before the collector ever looked, then status', async () => {
    const cluster = await newCluster();
    await cluster.addContainer(1);
    await cluster.store(oomBlock({ clock: '11:30:00' }), '11:30:01');
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    expect(await cluster.ends()).toMatchObject([PROVEN]);
  });

  it('status, then log hours later: the stored verdict is upgraded, once', async () => {
    const cluster = await newCluster();
    await cluster.addContainer(1);
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    expect(await cluster.ends()).toMatchObject([
      { cause: 'sigkill_137_unproven', proof: 'likely', revision: 0 },
    ]);
    await cluster.store(oomBlock({ clock: '11:30:00' }), '19:00:00');
    expect(await cluster.place('19:00:01')).toMatchObject({ ties: 1, revised: 1 });
    expect(await cluster.ends()).toMatchObject([{ ...PROVEN, revision: 1 }]);
    expect(await cluster.place('19:00:02')).toMatchObject({ ties: 0, revised: 0 });
    expect(await cluster.drift()).toEqual([]);
  });

  it('status, then log months later, in months of long ago', async () => {
    const cluster = await newCluster();
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    const { rows } = await db.pool.query<{ ok: boolean }>(
      `SELECT to_regclass('task_end_2026_03') IS NOT NULL AS ok`,
    );
    expect(rows).toEqual([{ ok: true }]);
    const late = new Date('2026-09-14T00:00:00Z');
    await db.pool.query(`UPDATE cluster SET last_polled_at = $2 WHERE id = $1`, [cluster.clusterId, late]);
    await cluster.store(oomBlock({ clock: '11:30:00' }), '', { receivedAt: late });
    expect(await cluster.place('', late)).toMatchObject({ ties: 1, revised: 1, settled: 1 });
    expect(await cluster.ends()).toMatchObject([{ cause: 'oom_cgroup_limit', proof: 'likely', revision: 1 }]);
    expect(await cluster.drift()).toEqual([]);
  });

  it('an upgraded verdict survives polls that offer the end again, and one that revises it', async () => {
    const cluster = await newCluster();
    await cluster.addContainer(1);
    const mute = killedTask(1, '11:30:01', {
      statuses: [
        status('TASK_RUNNING', '09:00:00', { containerId: uuidOf(1) }),
        status('TASK_FAILED', '11:30:01'),
      ],
    });
    await cluster.poll([mute], '11:30:05');
    await cluster.store(oomBlock({ clock: '11:30:00' }), '11:31:00');
    await cluster.place('11:31:01');
    const before = await cluster.ends();
    expect(before).toMatchObject([{ cause: 'oom_cgroup_limit' }]);
    await cluster.poll([mute], '11:31:05', await loadMemory(db.pool, cluster.clusterId));
    expect(await cluster.ends()).toEqual(before);
    await cluster.poll([killedTask(1, '11:30:01')], '11:31:35');
    expect(await cluster.ends()).toMatchObject([PROVEN]);
    const evidence = await cluster.evidence();
    expect(evidence).toEqual(['76513 01 container_id proven 1']);
    await cluster.poll([killedTask(1, '11:30:01')], '11:32:05', await loadMemory(db.pool, cluster.clusterId));
    expect(await cluster.evidence()).toEqual(evidence);
    expect(await cluster.drift()).toEqual([]);
  });

  it('the agent’s line of a container, hours after its kill and its end', async () => {
    const cluster = await newCluster();
    await cluster.poll(
      [killedTask(1, '11:30:01', { resources: { cpus: 1, memMb: null, diskMb: 0, gpus: 0 } })],
      '11:30:05',
    );
    await cluster.store(oomBlock({ clock: '11:30:00' }), '11:30:01');
    await cluster.place('11:45:00');
    expect(await cluster.evidence()).toEqual(['76513 01 time possible 1']);
    await db.pool.query(
      `INSERT INTO container (cluster_id, container_id, docker_id, told_by, first_seen_at, last_seen_at)
       VALUES ($1, $2, $3, 'log', $4, $4)`,
      [cluster.clusterId, uuidOf(1), dockerIdOf(1), at('15:00:00')],
    );
    await db.pool.query('UPDATE log_signal SET settled_at = NULL WHERE cluster_id = $1', [cluster.clusterId]);
    await cluster.place('15:00:01');
    expect(await cluster.evidence()).toEqual(['76513 01 container_id proven 1']);
    expect(await cluster.ends()).toMatchObject([PROVEN]);
  });
});

describe('hosts by other names', () => {
  it.each([
    { when: 'short', host: 'node-1' },
    { when: 'full, other letters, trailing dot', host: 'NODE-1.Example.TEST.' },
    { when: 'the address of the agent', host: '10.0.0.1' },
    { when: 'an alias, sent by the agent itself', host: 'worker-b7', peerAddress: '10.0.0.1' },
  ])('$when', async ({ host, peerAddress }) => {
    const cluster = await newCluster();
    await cluster.store(
      oomBlock({ host, clock: '11:30:00' }),
      '11:30:01',
      peerAddress ? { peerAddress } : {},
    );
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    expect(await cluster.ends()).toMatchObject([{ cause: 'oom_cgroup_limit', proof: 'likely' }]);
  });

  it('a name that a container proves is learnt, for what came before and what comes after', async () => {
    const cluster = await newCluster();
    await cluster.addContainer(1);
    await cluster.store(
      [
        'Mar  1 11:00:00 worker-b7 kernel: unregister_netdevice: waiting for veth54a2de6 to become free. Usage count = 1',
      ],
      '11:00:01',
    );
    await cluster.place('11:00:02');
    await cluster.store(oomBlock({ host: 'worker-b7', clock: '11:30:00' }), '11:30:01');
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    expect(await cluster.ends()).toMatchObject([PROVEN]);
    await cluster.store(
      oomBlock({ host: 'worker-b7', clock: '12:00:00', container: dockerIdOf(2) }),
      '12:00:01',
    );
    expect(await cluster.signals()).toMatchObject([
      { signature: 'unregister_netdevice', host: 'node-1.example.test' },
      { signature: 'memcg_oom', host: 'node-1.example.test' },
      { signature: 'memcg_oom', host: 'node-1.example.test' },
    ]);
  });

  it('a name under which containers of two hosts come is a relay’s: what was tied by it is tied no more', async () => {
    const cluster = await newCluster();
    const other = 'node-2.example.test';
    await cluster.addContainer(1);
    await cluster.addContainer(2, { host: other });
    await cluster.addContainer(3, { pid: 4_242 });
    await cluster.store(oomBlock({ host: 'loghost', clock: '11:20:00' }), '11:20:01');
    await cluster.poll([killedTask(1, '11:20:01')], '11:20:05');
    // The name is held to be that of node-1, on which task 3 has the pid of what another machine killed.
    await cluster.store(
      oomBlock({ host: 'loghost', clock: '11:30:00', pid: 4_242 }).filter(
        (line) => !line.includes('Task in'),
      ),
      '11:30:01',
    );
    await cluster.poll([killedTask(1, '11:20:01'), killedTask(3, '11:30:01')], '11:30:05');
    expect(await cluster.evidence()).toContain('4242 03 pid proven 1');
    await cluster.store(
      oomBlock({ host: 'loghost', clock: '11:40:00', pid: 9, container: dockerIdOf(2) }),
      '11:40:01',
    );
    const all = [
      killedTask(1, '11:20:01'),
      killedTask(3, '11:30:01'),
      killedTask(2, '11:40:01', { agentId: 'a2' }),
    ];
    await cluster.poll(all, '11:40:05');
    await cluster.place('11:40:06');
    expect(await cluster.evidence()).toEqual([
      '76513 01 container_id proven 1',
      '9 02 container_id proven 1',
    ]);
    expect(await cluster.signals()).toMatchObject([{ host: null }, { host: null }, { host: null }]);
    expect(await cluster.ends()).toMatchObject([PROVEN, PROVEN, { cause: 'sigkill_137_unproven' }]);
    expect(await cluster.drift()).toEqual([]);
  });

  it('the address of a relay is no host’s', async () => {
    const cluster = await newCluster();
    const lines = [
      ...oomBlock({ host: 'db-1', clock: '11:30:00' }),
      ...oomBlock({ host: 'db-2', clock: '11:30:00' }),
    ];
    await cluster.store(lines, '11:30:01', { peerAddress: '10.0.0.1' });
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    expect(await cluster.signals()).toMatchObject([{ host: null }, { host: null }]);
    expect(await cluster.evidence()).toEqual([]);
  });
});

describe('clocks, ids and numbers', () => {
  it.each([
    ['90 s ahead', '11:31:31'],
    ['90 s behind', '11:28:31'],
  ])('a clock of the host %s', async (_, clock) => {
    const cluster = await newCluster();
    await cluster.store(oomBlock({ clock }), '11:31:32');
    await cluster.poll([killedTask(1, '11:30:01')], '11:31:40');
    expect(await cluster.evidence()).toEqual(['76513 01 time_and_size likely 1']);
    expect(await cluster.ends()).toMatchObject([{ cause: 'oom_cgroup_limit', proof: 'likely' }]);
  });

  it('a clock an hour off, where the same log tells of the status', async () => {
    const cluster = await newCluster();
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    await cluster.store(
      [...oomBlock({ clock: '12:30:00' }), statusLine('node-1', '12:30:01', taskIdOf(1))],
      '13:00:00',
    );
    await cluster.place('13:00:01');
    expect(await cluster.evidence()).toEqual(['76513 01 time_and_size likely 1']);
  });

  it('two deaths of one app in one second, with ids: each with its own', async () => {
    const cluster = await newCluster();
    await cluster.addContainer(1);
    await cluster.addContainer(2);
    await cluster.store(
      [
        ...oomBlock({ clock: '11:30:00', pid: 202, container: dockerIdOf(2) }),
        ...oomBlock({ clock: '11:30:00', pid: 101, container: dockerIdOf(1) }),
      ],
      '11:30:01',
    );
    await cluster.poll([killedTask(1, '11:30:01'), killedTask(2, '11:30:01')], '11:30:05');
    expect(await cluster.evidence()).toEqual([
      '101 01 container_id proven 1',
      '202 02 container_id proven 1',
    ]);
    expect(await cluster.ends()).toMatchObject([PROVEN, PROVEN]);
  });

  it('the same without ids: both with both, none proven, in whichever order they come', async () => {
    const first = await newCluster();
    const second = await newCluster();
    const one = oomBlock({ clock: '11:30:00', pid: 101, container: dockerIdOf(1) });
    const two = oomBlock({ clock: '11:30:00', pid: 202, container: dockerIdOf(2) });
    await first.store([...one, ...two], '11:30:01');
    await first.poll([killedTask(1, '11:30:01'), killedTask(2, '11:30:01')], '11:30:05');
    // One by one: what was alone at first has a rival later.
    await second.poll([killedTask(2, '11:30:01')], '11:30:03');
    await second.store(two, '11:30:04');
    await second.place('11:30:04');
    expect(await second.evidence()).toEqual(['202 02 time_and_size likely 1']);
    await second.store(one, '11:30:05');
    await second.place('11:30:06');
    await second.poll([killedTask(1, '11:30:01'), killedTask(2, '11:30:01')], '11:30:07');
    const want = [
      '101 01 time_and_size possible 2',
      '101 02 time_and_size possible 2',
      '202 01 time_and_size possible 2',
      '202 02 time_and_size possible 2',
    ];
    expect(await first.evidence()).toEqual(want);
    expect(await second.evidence()).toEqual(want);
    for (const cluster of [first, second]) {
      for (const end of await cluster.ends()) expect(end.proof).not.toBe('proven');
      expect(await cluster.drift()).toEqual([]);
    }
  });

  it('the pid of a child of the container’s main process', async () => {
    const cluster = await newCluster();
    await cluster.addContainer(1, { pid: 500 });
    await db.pool.query('UPDATE container SET docker_id = NULL WHERE cluster_id = $1', [cluster.clusterId]);
    await cluster.store(
      oomBlock({ clock: '11:30:00', pid: 777, table: [500, 777], container: dockerIdOf(9) }),
      '11:30:01',
    );
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    expect(await cluster.evidence()).toEqual(['777 01 pid proven 1']);
  });

  it('a container of the Mesos containerizer, by its cgroup', async () => {
    const cluster = await newCluster();
    await cluster.store(
      oomBlock({ clock: '11:30:00', container: uuidOf(1), limitKb: 96 * 1024 }),
      '11:30:01',
    );
    await cluster.poll([killedTask(1, '11:30:01', { containerizer: 'MESOS' })], '11:30:05');
    expect(await cluster.ends()).toMatchObject([PROVEN]);
  });
});

describe('what is about no end', () => {
  it('a kill inside a container that lives on is the app’s', async () => {
    const cluster = await newCluster();
    await cluster.addContainer(1, { lastSeen: '11:33:00' });
    await cluster.store(oomBlock({ clock: '11:30:00' }), '11:30:01');
    await cluster.place('11:30:02');
    expect(await cluster.signals()).toMatchObject([{ about: null, settled: false }]);
    await cluster.place('11:33:02');
    expect(await cluster.signals()).toMatchObject([
      { about: 'running', app_id: '/shop/cart', about_task_id: taskIdOf(1), about_proof: 'proven' },
    ]);
    // It ends an hour later by itself: the kill stays what it was, and is told of the end too.
    await cluster.poll(
      [
        killedTask(1, '12:30:00', {
          statuses: [
            status('TASK_RUNNING', '09:00:00', { containerId: uuidOf(1) }),
            status('TASK_FAILED', '12:30:00', { message: 'Container exited with status 1' }),
          ],
        }),
      ],
      '12:30:05',
    );
    expect(await cluster.signals()).toMatchObject([{ about: 'running' }]);
    expect(await cluster.evidence()).toEqual(['76513 01 container_id proven 1']);
    expect(await cluster.ends()).toMatchObject([{ cause: 'app_exit_nonzero' }]);
  });

  it('a kill of long ago waits for the agents’ first samples, though the master was polled since', async () => {
    const cluster = await newCluster();
    await cluster.store(oomBlock({ clock: '09:30:00' }), '11:30:00');
    await cluster.poll([], '11:30:02');
    await cluster.place('11:30:03');
    expect(await cluster.signals()).toMatchObject([{ about: 'unknown', settled: false }]);
    await cluster.addContainer(1, { lastSeen: '11:30:05' });
    await cluster.place('11:31:00');
    expect(await cluster.signals()).toMatchObject([{ about: 'running', about_task_id: taskIdOf(1) }]);
  });

  it('a kill that no sample ever explains is settled all the same', async () => {
    const cluster = await newCluster();
    await cluster.store(oomBlock({ clock: '09:30:00' }), '11:30:00');
    await cluster.place('11:40:01');
    expect(await cluster.signals()).toMatchObject([{ about: 'unknown', settled: true }]);
  });

  it('logs of other machines and of other orchestrators', async () => {
    const cluster = await newCluster();
    const pod = `/kubepods/burstable/pod0a1b2c3d-1111-2222-3333-444455556666/${dockerIdOf(7)}`;
    await cluster.store(
      [
        ...oomBlock({ host: 'db-1.other.test', clock: '11:30:00', pid: 1_001 }),
        ...oomBlock({ clock: '11:30:00', pid: 1_002, container: pod }),
        ...oomBlock({ clock: '11:30:00', pid: 1_003, container: '/system.slice/backup.service' }),
      ],
      '11:30:01',
    );
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    await cluster.place('11:45:00');
    expect(await cluster.evidence()).toEqual([]);
    expect(await cluster.ends()).toMatchObject([{ cause: 'sigkill_137_unproven' }]);
    expect(await cluster.signals()).toMatchObject([
      { killed_pid: 1_001, about: 'unknown', settled: true },
      { killed_pid: 1_002, about: 'foreign', settled: true },
      { killed_pid: 1_003, about: 'foreign', settled: true },
    ]);
  });
});

describe('safety', () => {
  it('writes nothing once the lease has moved', async () => {
    const cluster = await newCluster();
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    await cluster.store(oomBlock({ clock: '11:30:00' }), '11:30:06');
    await releaseLease(db.pool, cluster.lease);
    await takeLease(db.pool, { clusterId: cluster.clusterId, holder: 'other', ttlMs: 60_000 });
    await expect(cluster.place('11:30:07')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await cluster.evidence()).toEqual([]);
    expect(await cluster.signals()).toMatchObject([{ about: null, settled: false }]);
  });

  it('an end is stored though its evidence cannot be, and the poll says so', async () => {
    const cluster = await newCluster();
    await cluster.store(oomBlock({ clock: '11:30:00' }), '11:30:01');
    await db.pool.query('ALTER TABLE evidence RENAME TO broken');
    try {
      await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    } finally {
      await db.pool.query('ALTER TABLE broken RENAME TO evidence');
    }
    expect(await cluster.ends()).toMatchObject([{ cause: 'sigkill_137_unproven' }]);
    const { rows } = await db.pool.query(
      `SELECT warnings FROM poll_run WHERE cluster_id = $1 ORDER BY started_at DESC LIMIT 1`,
      [cluster.clusterId],
    );
    expect(rows).toMatchObject([{ warnings: [{ code: 'evidence_failed' }] }]);
    await cluster.place('11:30:06');
    expect(await cluster.ends()).toMatchObject([{ cause: 'oom_cgroup_limit' }]);
    expect(await cluster.drift()).toEqual([]);
  });

  it('lists the newest signals too, however many older ones wait', async () => {
    const cluster = await newCluster();
    for (const minute of ['01', '02', '03', '04', '05']) {
      await cluster.store(oomBlock({ clock: `11:${minute}:00` }), `11:${minute}:01`);
    }
    const listed = await unsettledSignals(db.pool, cluster.clusterId, 2);
    const received = ['11:01:01', '11:02:01', '11:05:01'].map(at);
    expect(listed.map(({ receivedAt }) => receivedAt)).toEqual(received);
    expect(await unsettledSignals(db.pool, cluster.clusterId, 10)).toHaveLength(5);
  });

  it('forgets old sightings and keeps what they proved', async () => {
    const cluster = await newCluster();
    await cluster.addContainer(1);
    await cluster.store(
      [...oomBlock({ clock: '11:30:00' }), statusLine('node-1', '11:30:01', taskIdOf(1))],
      '11:30:02',
    );
    await cluster.poll([killedTask(1, '11:30:01')], '11:30:05');
    const none = { removed: 0, isAll: true };
    expect(await forgetOldSightings(db.pool, cluster.lease, at('12:00:00'))).toEqual(none);
    const later = new Date('2026-03-10T00:00:00Z');
    const some = { removed: 2, isAll: false };
    expect(await forgetOldSightings(db.pool, cluster.lease, later, 1)).toEqual(some);
    expect(await forgetOldSightings(db.pool, cluster.lease, later, 1)).toEqual(none);
    await db.pool.query('UPDATE log_signal SET settled_at = NULL WHERE cluster_id = $1', [cluster.clusterId]);
    await cluster.place('12:00:00');
    expect(await cluster.evidence()).toEqual(['76513 01 container_id proven 1']);
    expect(await cluster.ends()).toMatchObject([PROVEN]);
  });
});

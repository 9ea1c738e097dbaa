import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPool } from '@/lib/db/pool';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { closeStaleBlocks, storeLogLines } from './apply-log-lines';
import {
  at,
  dockerIdOf,
  killedTask,
  type LogCluster,
  newLogCluster,
  oomBlock,
  statusLine,
  taskIdOf,
} from './host-log-for-tests';

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

async function rows(sql: string, clusterId: number) {
  return (await db.pool.query(sql, [clusterId])).rows;
}

const signalRows = (clusterId: number) =>
  rows(
    'SELECT signature, killed_pid, lines, at, at_known FROM log_signal WHERE cluster_id = $1 ORDER BY killed_pid',
    clusterId,
  );
const inputRow = async (clusterId: number) =>
  (
    await rows(
      'SELECT lines::int, rejected::int, signals::int, duplicates::int, position FROM log_input WHERE cluster_id = $1',
      clusterId,
    )
  )[0];
const openBlocks = (clusterId: number) =>
  rows('SELECT * FROM log_open_block WHERE cluster_id = $1', clusterId);

const NOISE = 'Mar  1 11:29:00 node-1 systemd[1]: Started Session 1 of user root.';
const NETDEVICE =
  'Mar  1 11:29:30 node-1 kernel: unregister_netdevice: waiting for veth54a2de6 to become free. Usage count = 1';

describe('storeLogLines', () => {
  it('counts lines, and the same lines sent again as duplicates that change nothing', async () => {
    const { store, clusterId } = await newCluster();
    const lines = [NOISE, NETDEVICE, ...oomBlock({ clock: '11:30:00' }), NOISE];
    expect(await store(lines, '11:30:01')).toEqual({
      accepted: 10,
      rejected: 0,
      duplicates: 0,
      signals: 2,
      rejects: [],
    });
    const stored = await signalRows(clusterId);
    expect(stored).toHaveLength(2);
    for (const clock of ['11:30:02', '19:00:00']) {
      expect(await store(lines, clock)).toMatchObject({ accepted: 2, duplicates: 8, signals: 0 });
    }
    expect(await signalRows(clusterId)).toEqual(stored);
    expect(await inputRow(clusterId)).toMatchObject({ lines: 30, signals: 2, duplicates: 16 });
  });

  it('knows the same signal under another form of its host’s name, and after the name was learnt', async () => {
    const { store, clusterId } = await newCluster();
    await store(oomBlock({ clock: '11:30:00', host: 'node-1' }), '11:30:01');
    expect(
      await store(oomBlock({ clock: '11:30:00', host: 'NODE-1.example.test' }), '11:30:02'),
    ).toMatchObject({
      signals: 0,
    });
    await store(oomBlock({ clock: '11:30:00', host: 'worker-b7' }), '11:30:03');
    await db.pool.query(
      `INSERT INTO host_alias VALUES ($1, 'worker-b7', 'node-1.example.test', 'a test', now())`,
      [clusterId],
    );
    expect(await store(oomBlock({ clock: '11:30:00', host: 'worker-b7' }), '11:30:04')).toMatchObject({
      signals: 0,
    });
    expect(await signalRows(clusterId)).toHaveLength(2);
  });

  it('a signal without any time is stored once, however often it is sent', async () => {
    const { store, clusterId } = await newCluster();
    const line =
      'Memory cgroup out of memory: Killed process 4242 (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB';
    await store([line, NOISE], '11:30:01');
    await closeStaleBlocks(db.pool, { clusterId, now: at('11:31:00'), timeZone: 'UTC' });
    await store([line, NOISE], '12:30:01');
    await closeStaleBlocks(db.pool, { clusterId, now: at('12:31:00'), timeZone: 'UTC' });
    expect(await signalRows(clusterId)).toMatchObject([{ killed_pid: 4242, at_known: false }]);
  });

  it('one block over many calls, by two processes, is one whole signal', async () => {
    const { clusterId, store } = await newCluster();
    const other = createPool(db.url, { max: 1 });
    const lines = oomBlock({ clock: '11:30:00' });
    for (const [index, line] of lines.entries()) {
      await storeLogLines(index % 2 === 0 ? db.pool : other, {
        clusterId,
        input: 'http',
        lines: [line],
        receivedAt: at('11:30:01'),
        timeZone: 'UTC',
        defaultHost: null,
      });
    }
    await other.end();
    const split = await signalRows(clusterId);
    expect(split).toMatchObject([{ killed_pid: 76_513, lines }]);
    expect(await openBlocks(clusterId)).toEqual([]);
    expect(await store(lines, '11:30:02')).toMatchObject({ signals: 0 });
    expect(await signalRows(clusterId)).toEqual(split);
  });

  it('blocks of two hosts at once, in pieces that are mixed, stay apart', async () => {
    const { store, clusterId } = await newCluster();
    const one = oomBlock({ clock: '11:30:00', host: 'node-1', pid: 1_001 });
    const two = oomBlock({ clock: '11:30:00', host: 'node-2', pid: 2_002 });
    await store([...one.slice(0, 3), ...two.slice(0, 5)], '11:30:01');
    expect(await openBlocks(clusterId)).toHaveLength(2);
    await store([...two.slice(5), ...one.slice(3)], '11:30:02');
    expect(await signalRows(clusterId)).toMatchObject([
      { killed_pid: 1_001, lines: one },
      { killed_pid: 2_002, lines: two },
    ]);
  });

  it('a block whose beginning is sent twice, since the answer was not heard', async () => {
    const { store, clusterId } = await newCluster();
    const lines = oomBlock({ clock: '11:30:00' });
    await store(lines.slice(0, 4), '11:30:01');
    expect(await store(lines.slice(0, 4), '11:30:02')).toMatchObject({ accepted: 0, duplicates: 4 });
    await store(lines.slice(4), '11:30:03');
    expect(await signalRows(clusterId)).toMatchObject([{ killed_pid: 76_513, lines }]);
  });

  it('a block that waits takes no line from another report of the same second', async () => {
    const cluster = await newCluster();
    const first = oomBlock({ clock: '11:30:00', pid: 11, container: dockerIdOf(1) });
    const second = oomBlock({ clock: '11:30:00', pid: 22, container: dockerIdOf(2) });
    await cluster.store(first.slice(0, 4), '11:30:01');
    await cluster.store([...first.slice(4), ...second], '11:30:02');
    const { rows } = await db.pool.query(
      `SELECT killed_pid, limit_kb, right(container_id, 60) AS container, jsonb_array_length(lines) AS lines
       FROM log_signal WHERE cluster_id = $1 ORDER BY killed_pid`,
      [cluster.clusterId],
    );
    const [one, two] = [first.length, second.length];
    expect(rows).toEqual([
      { killed_pid: 11, limit_kb: '65536', container: dockerIdOf(1).slice(-60), lines: one },
      { killed_pid: 22, limit_kb: '65536', container: dockerIdOf(2).slice(-60), lines: two },
    ]);
  });

  it.each([
    ['the beginning of what was sent', 0, 3],
    ['its end, after which more comes', 2, 5],
    ['all of it and more', 0, 7],
  ])('a block of which is sent again: %s', async (_, from, to) => {
    const cluster = await newCluster();
    const block = oomBlock({ clock: '11:30:00' });
    await cluster.store(block.slice(0, 4), '11:30:01');
    await cluster.store(block.slice(from, to), '11:30:02');
    await cluster.store(block.slice(Math.max(4, to)), '11:30:03');
    const { rows } = await db.pool.query(
      'SELECT jsonb_array_length(lines) AS lines FROM log_signal WHERE cluster_id = $1',
      [cluster.clusterId],
    );
    expect(rows).toEqual([{ lines: block.length }]);
  });

  it('blocks of many hosts that wait do not hold up the pages', async () => {
    const cluster = await newCluster();
    const table = Array.from({ length: 400 }, (_, index) => 1_000 + index);
    const lines = Array.from({ length: 120 }, (_, host) =>
      oomBlock({ host: `h${host}`, clock: '11:30:00', table }).slice(0, -2),
    ).flat();
    await cluster.store(lines, '11:30:01');
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await cluster.store(['Mar  1 11:30:02 h1 sshd[1]: hello'], '11:30:02');
    delay.disable();
    // Without a turn in between it is several hundred; the machine may be busy.
    expect(delay.max / 1e6).toBeLessThan(150);
  }, 30_000);

  it('a block that nothing more comes of is closed after ten seconds, though others of the input go on', async () => {
    const { store, clusterId } = await newCluster();
    const cut = oomBlock({ clock: '11:30:00' }).slice(0, -1);
    await store(cut, '11:30:01');
    await store([NOISE.replace('node-1', 'node-2')], '11:30:09');
    const close = (clock: string) =>
      closeStaleBlocks(db.pool, { clusterId, now: at(clock), timeZone: 'UTC' });
    expect(await close('11:30:10')).toBe(0);
    expect(await close('11:30:12')).toBe(1);
    expect(await close('11:30:13')).toBe(0);
    expect(await signalRows(clusterId)).toMatchObject([{ signature: 'memcg_oom', killed_pid: 76_513 }]);
    expect(await openBlocks(clusterId)).toEqual([]);
  });

  it('calls of one input at the same time wait for each other and lose nothing', async () => {
    const { store, clusterId } = await newCluster();
    const blocks = Array.from({ length: 12 }, (_, n) =>
      oomBlock({ clock: '11:30:00', pid: 1_000 + n, host: `node-${n}` }),
    );
    await Promise.all(blocks.map((lines) => store(lines, '11:30:01')));
    expect(await signalRows(clusterId)).toHaveLength(12);
    expect(await inputRow(clusterId)).toMatchObject({ lines: 84, signals: 12 });
  });

  it('what a killed process had not finished is not there, and is when it is sent again', async () => {
    const cluster = await newCluster();
    const doomed = createPool(db.url, { max: 1, applicationName: 'doomed' });
    doomed.on('error', () => {});
    const lines = [
      ...oomBlock({ clock: '11:30:00' }),
      ...oomBlock({ clock: '11:31:00', pid: 2 }).slice(0, 3),
    ];
    const given = {
      clusterId: cluster.clusterId,
      input: 'http',
      lines,
      receivedAt: at('11:31:01'),
      timeZone: 'UTC',
      defaultHost: null,
      position: { inode: 1, offset: 10 },
    };
    // Its transaction waits for this one, and is cut off there.
    const holder = await db.pool.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE log_signal IN SHARE MODE');
    const attempt = storeLogLines(doomed, given).then(
      () => 'stored',
      () => 'failed',
    );
    for (let cut = 0; cut === 0; ) {
      const { rowCount } = await db.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'doomed' AND wait_event_type = 'Lock'`,
      );
      cut = rowCount ?? 0;
    }
    expect(await attempt).toBe('failed');
    await holder.query('ROLLBACK');
    holder.release();
    await doomed.end();
    expect(await signalRows(cluster.clusterId)).toEqual([]);
    expect(await inputRow(cluster.clusterId)).toBeUndefined();
    expect(await openBlocks(cluster.clusterId)).toEqual([]);
    await storeLogLines(db.pool, given);
    expect(await signalRows(cluster.clusterId)).toHaveLength(1);
    expect(await openBlocks(cluster.clusterId)).toHaveLength(1);
    expect(await inputRow(cluster.clusterId)).toMatchObject({ position: { inode: 1, offset: 10 } });
  });

  it('hostile lines: a megabyte, NULs, half characters, escapes, numbers beyond all columns, wild clocks', async () => {
    const { store, clusterId } = await newCluster();
    const nul = oomBlock({ clock: '11:30:00', pid: 7 }).map(
      (line) => `${line}\0\ud800<script>'; DROP TABLE x; --`,
    );
    const huge = oomBlock({ clock: '11:31:00', pid: 8 }).map((line) =>
      line
        .replace(/65536kB/g, '99999999999999999999kB')
        .replace('Killed process 8 ', 'Killed process 99999999999 '),
    );
    const wild = oomBlock({ clock: '11:32:00', pid: 9 }).map((line) =>
      line.replace('Mar  1 11:32:00', '9999-12-31T23:59:59Z'),
    );
    const lines = [
      `${NETDEVICE}${'x'.repeat(1_000_000)}`,
      '\0'.repeat(100),
      ...nul,
      ...huge,
      ...wild,
      '',
      '\u001b[31m',
    ];
    const stored = await store(lines, '11:40:00');
    expect(stored).toMatchObject({ rejected: 1, rejects: [{ line: 1 }] });
    expect(stored.accepted + stored.rejected + stored.duplicates).toBe(lines.length);
    await closeStaleBlocks(db.pool, { clusterId, now: at('12:00:00'), timeZone: 'UTC' });
    const found = await signalRows(clusterId);
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const { at: when } of found) expect(when.getUTCFullYear()).toBe(2026);
    expect(await store(lines, '11:41:00')).toMatchObject({ signals: 0 });
  });

  it('a host without a name is the one that the way in knows', async () => {
    const { store, clusterId } = await newCluster();
    const line =
      '2026-03-01T11:29:30Z kernel: unregister_netdevice: waiting for lo to become free. Usage count = 1';
    await store([line], '11:30:00', { defaultHost: 'node-2' });
    expect(await rows('SELECT host FROM log_signal WHERE cluster_id = $1', clusterId)).toEqual([
      { host: 'node-2.example.test' },
    ]);
  });

  it('keeps containers and status updates that ties need, and wakes signals that they may explain', async () => {
    const cluster = await newCluster();
    await cluster.store(oomBlock({ clock: '11:30:00', limitKb: 70_000 }), '11:30:01');
    await cluster.place('11:45:00');
    expect(await cluster.signals()).toMatchObject([{ about: 'unknown', settled: true }]);
    await cluster.store([statusLine('node-1', '11:30:01', taskIdOf(1))], '15:00:00');
    expect(await cluster.signals()).toMatchObject([{ settled: false }]);
    expect(
      await rows(
        'SELECT host, task_id, state FROM log_status_update WHERE cluster_id = $1',
        cluster.clusterId,
      ),
    ).toEqual([{ host: 'node-1.example.test', task_id: taskIdOf(1), state: 'TASK_FAILED' }]);
  });

  it('takes 10,000 lines with a hundred kills in well under two seconds', async () => {
    const cluster = await newCluster();
    const lines: string[] = [];
    for (let n = 0; lines.length < 10_000; n += 1) {
      lines.push(...Array.from({ length: 93 }, () => NOISE));
      lines.push(...oomBlock({ clock: '11:30:00', pid: 10_000 + n, container: dockerIdOf(n) }));
    }
    const startedAt = performance.now();
    expect(await cluster.store(lines, '11:31:00')).toMatchObject({ signals: 100 });
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeLessThan(2_000);
  });

  it('ties 500 ends to 500 kills in well under ten seconds', async () => {
    const cluster = await newCluster();
    const clockOf = (n: number) =>
      new Date(at('10:00:00').getTime() + n * 10_000).toISOString().slice(11, 19);
    const lines = Array.from({ length: 500 }, (_, n) =>
      oomBlock({ clock: clockOf(n), pid: 10_000 + n, container: dockerIdOf(n) }),
    ).flat();
    await cluster.store(lines, '11:31:00');
    const startedAt = performance.now();
    await cluster.poll(
      Array.from({ length: 500 }, (_, n) => killedTask(n, `${clockOf(n)}.9`)),
      '11:31:00',
    );
    const polledMs = performance.now() - startedAt;
    const ends = await cluster.ends();
    expect(ends.filter(({ cause }) => cause === 'oom_cgroup_limit')).toHaveLength(500);
    const placedAt = performance.now();
    await cluster.place('11:45:00');
    const placedMs = performance.now() - placedAt;
    expect(polledMs + placedMs).toBeLessThan(10_000);
    expect(await cluster.drift()).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runtimeOf } from '../hosts/processes';
import { MESOS_VERSIONS, since } from '../model/mesos-version';
import type { Task } from '../model/task';
import { KEPT_SECONDS, sandboxFiles, sandboxOf } from '../sandbox/sandbox-files';
import type { Cluster } from '../start-cluster';
import { startTestCluster } from '../test-cluster';

type Json = Record<string, unknown>;

let cluster: Cluster;
let base = '';

beforeAll(async () => {
  cluster = await startTestCluster({ welcomes: false });
  base = await agentsAddress(cluster);
});
afterAll(() => cluster.stop());

async function agentsAddress({ masters }: Cluster, path = 'state'): Promise<string> {
  const state = (await (await fetch(`${masters[0]}/${path}`)).json()) as { slaves: { pid: string }[] };
  return `http://${state.slaves[0]?.pid.split('@')[1]}`;
}

function tasks(): Task[] {
  const { frameworks } = cluster.simulation.world.master;
  return [...frameworks.values()].flatMap((one) => [...one.tasks.values(), ...one.completed]);
}

function taskWhere(fits: (task: Task) => boolean): Task {
  const found = tasks().findLast((task) => task.agent.presence === 'registered' && fits(task));
  if (found === undefined) throw new Error('no such task');
  return found;
}

const url = (call: string, query: Record<string, string>) =>
  `${base}/files/${call}?${new URLSearchParams(query)}`;

async function read(query: Record<string, string>): Promise<{ data: string; offset: number }> {
  const response = await fetch(url('read', query));
  expect(response.status).toBe(200);
  return (await response.json()) as { data: string; offset: number };
}

describe('/files/read', () => {
  const long = () =>
    taskWhere(
      (task) =>
        task.endedAt === null && (sandboxFiles(cluster.simulation.world, task)[1]?.size ?? 0) > 70_000,
    );

  it('without an offset, or with -1, gives the size and no data', async () => {
    const path = `${sandboxOf(long())}/stdout`;
    const size = (await (await fetch(url('download', { path }))).arrayBuffer()).byteLength;
    expect(await read({ path })).toEqual({ data: '', offset: size });
    expect(await read({ path, offset: '-1' })).toEqual({ data: '', offset: size });
    expect(await read({ path, offset: '-1', length: '10' })).toEqual({ data: '', offset: size });
  });

  it('is capped at 65,536 bytes, and pieces make the whole, counted in bytes', async () => {
    const path = `${sandboxOf(long())}/stdout`;
    const whole = Buffer.from(await (await fetch(url('download', { path }))).arrayBuffer());
    expect(Buffer.from((await read({ path, offset: '0' })).data).length).toBe(65_536);
    expect(Buffer.from((await read({ path, offset: '0', length: '9999999' })).data).length).toBe(65_536);
    let joined = '';
    for (let offset = 0; offset < whole.length; offset += 65_536) {
      const piece = await read({ path, offset: String(offset), length: '65536' });
      expect(piece.offset).toBe(offset);
      joined += piece.data;
    }
    expect(joined).toBe(whole.toString());
  });

  it('beyond the end, and with length 0, gives no data and the offset asked for', async () => {
    const path = `${sandboxOf(long())}/stdout`;
    expect(await read({ path, offset: '999999999' })).toEqual({ data: '', offset: 999_999_999 });
    expect(await read({ path, offset: '7', length: '0' })).toEqual({ data: '', offset: 7 });
  });

  it('refuses other negative numbers, what is no number, and no path', async () => {
    const path = `${sandboxOf(long())}/stdout`;
    for (const query of [
      { path, offset: '-2' },
      { path, offset: '0', length: '-2' },
      { path, offset: 'x' },
      {},
    ]) {
      expect((await fetch(url('read', query as Record<string, string>))).status).toBe(400);
    }
    expect((await fetch(url('read', { path: `${path}.9` }))).status).toBe(404);
  });

  it('a task’s text is the same at each reading and only grows', () => {
    const { world } = cluster.simulation;
    const task = taskWhere(({ endedAt, appId }) => endedAt === null && appId === '/shop/web');
    const [, before] = sandboxFiles(world, task);
    cluster.simulation.skip(600);
    const [, after] = sandboxFiles(world, task);
    expect(after?.size).toBeGreaterThan(before?.size ?? 0);
    expect(
      after
        ?.read()
        .toString()
        .startsWith(before?.read().toString() ?? '-'),
    ).toBe(true);
  });

  it('no file is much larger than 200 KB, for logs are rotated', () => {
    const { world } = cluster.simulation;
    const sizes = tasks()
      .slice(0, 200)
      .flatMap((task) => sandboxFiles(world, task).map(({ size }) => size));
    expect(Math.max(...sizes)).toBeGreaterThan(100_000);
    expect(Math.max(...sizes)).toBeLessThan(300_000);
    const [, , older] = sandboxFiles(
      world,
      taskWhere((task) => sandboxFiles(world, task).length === 3),
    );
    expect(older?.name).toBe('stdout.1');
  });
});

describe('what the files say', () => {
  const textOf = (task: Task) =>
    sandboxFiles(cluster.simulation.world, task)
      .map((file) => file.read().toString())
      .join('');

  it('the real error before an exit of its own', () => {
    const failed = taskWhere((task) => task.end?.truth?.exitCode === 1 && runtimeOf(task) === 'python');
    expect(textOf(failed)).toMatch(/Traceback \(most recent call last\):[\s\S]*KeyError/);
  });

  it('nothing of a kernel kill: it came without a word', () => {
    const killed = taskWhere((task) => task.end?.truth?.oom === 'container');
    expect(textOf(killed)).not.toMatch(/OutOfMemory|Killed|Exception|ERROR/);
  });

  it('colours where somebody meant well, and characters of more than one byte', () => {
    expect(textOf(taskWhere(({ appId, endedAt }) => appId === '/shop/web' && endedAt === null))).toContain(
      '\u001b[32minfo\u001b[0m',
    );
    expect(
      textOf(taskWhere(({ appId, endedAt }) => appId === '/platform/log-router' && endedAt === null)),
    ).toContain('übertragen: 128 → Lager');
  });
});

describe('finding a sandbox', () => {
  it('by the directory in the agent’s state, for running and for ended tasks, and for a pod below its container', async () => {
    for (const task of [
      taskWhere(({ endedAt, kind }) => endedAt === null && kind === 'docker'),
      taskWhere(({ endedAt }) => endedAt !== null && cluster.simulation.world.now - endedAt < 3600),
      taskWhere(({ kind }) => kind === 'pod'),
    ]) {
      const state = (await (await fetch(`${base}/slave(${task.agent.process})/state`)).json()) as Json;
      const frameworks = [state.frameworks, state.completed_frameworks].flat() as Json[];
      const framework = frameworks.find(({ id }) => id === task.frameworkId);
      const executors = [framework?.executors, framework?.completed_executors].flat() as Json[];
      const container = task.parentContainerId ?? task.containerId;
      const mine = executors.filter((one) => one.container === container);
      expect(mine.length).toBe(1);
      expect(mine[0]?.id).toBe(task.executorId === '' ? task.id : task.executorId);
      const nested = task.parentContainerId === null ? '' : `/containers/${task.containerId}`;
      const listed = (await (
        await fetch(url('browse', { path: `${mine[0]?.directory}${nested}` }))
      ).json()) as Json[];
      expect(listed.map(({ path }) => String(path).split('/').at(-1))).toEqual(
        expect.arrayContaining(['stderr', 'stdout']),
      );
      expect(listed[0]).toEqual({
        path: expect.any(String),
        nlink: 1,
        size: expect.any(Number),
        mtime: expect.any(Number),
        mode: '-rw-r--r--',
        uid: 'root',
        gid: 'root',
      });
    }
  });

  it('by the newest run’s virtual path, and under the agent’s process too', async () => {
    const task = taskWhere(({ endedAt, executorId }) => endedAt === null && executorId === '');
    const path = `/frameworks/${task.frameworkId}/executors/${task.id}/runs/latest`;
    for (const prefix of ['', `/slave(${task.agent.process})`]) {
      const response = await fetch(`${base}${prefix}/files/browse?${new URLSearchParams({ path })}`);
      expect(response.status).toBe(200);
    }
  });

  it('is gone some hours after the end, though the executor is still listed', async () => {
    const { world } = cluster.simulation;
    const old = taskWhere(({ endedAt }) => endedAt !== null && world.now - endedAt > KEPT_SECONDS);
    const path = sandboxOf(old);
    expect((await fetch(url('browse', { path }))).status).toBe(404);
    expect((await fetch(url('read', { path: `${path}/stderr` }))).status).toBe(404);
  });
});

describe('statistics and containers', () => {
  it('give each running executor its memory against its limit; Docker’s has no process', async () => {
    const { agent } = taskWhere(({ appId, endedAt }) => appId === '/analytics/ingest' && endedAt === null);
    const list = (await (await fetch(`${base}/slave(${agent.process})/containers`)).json()) as Json[];
    const statistics = (await (
      await fetch(`${base}/slave(${agent.process})/monitor/statistics`)
    ).json()) as Json[];
    expect(list.length).toBe(statistics.length);
    expect(list.length).toBeGreaterThan(1);
    for (const one of list) {
      const task = tasks().find(({ containerId, parentContainerId }) =>
        [containerId, parentContainerId].includes(String(one.container_id)),
      );
      const numbers = one.statistics as Record<string, number>;
      expect(numbers.mem_rss_bytes).toBeLessThan(numbers.mem_limit_bytes ?? 0);
      expect('executor_pid' in (one.status as Json)).toBe(task?.kind !== 'docker');
      expect('mem_total_bytes' in numbers).toBe(task?.kind !== 'docker');
    }
    const mine = list.find(({ executor_id: id }) => String(id).startsWith('analytics_ingest'));
    expect(mine?.statistics).toMatchObject({ mem_limit_bytes: (1024 + 32) * 1024 * 1024 });
  });

  it('the app that dies of its limit climbs towards it, and falls when it is started anew', async () => {
    const shares: number[] = [];
    for (let step = 0; step < 24; step += 1) {
      cluster.simulation.skip(240);
      const task = taskWhere(({ appId, endedAt }) => appId === '/search/indexer' && endedAt === null);
      const statistics = (await (
        await fetch(`${base}/slave(${task.agent.process})/monitor/statistics`)
      ).json()) as { executor_id: string; statistics: { mem_rss_bytes: number; mem_limit_bytes: number } }[];
      const numbers = statistics.find(({ executor_id: id }) => id.startsWith('search_indexer'))?.statistics;
      if (numbers !== undefined) shares.push(numbers.mem_rss_bytes / numbers.mem_limit_bytes);
    }
    expect(Math.max(...shares)).toBeGreaterThan(0.85);
    expect(Math.min(...shares)).toBeLessThan(0.6);
    const falls = shares.filter((share, index) => index > 0 && share < (shares[index - 1] ?? 0) - 0.2);
    expect(falls.length).toBeGreaterThanOrEqual(1);
    expect(falls.length).toBeLessThanOrEqual(3);
  });
});

it.each(MESOS_VERSIONS)('%s: paths are those of its time', async (version) => {
  const old = await startTestCluster({ version, historySeconds: 3600, welcomes: false });
  try {
    const address = await agentsAddress(old, since(version, '0.25') ? 'state' : 'state.json');
    const status = async (path: string) => (await fetch(`${address}/slave(2)${path}`)).status;
    const bare = since(version, '0.25') ? 200 : 404;
    const dotted = since(version, '1.8') ? 404 : 200;
    expect([await status('/state'), await status('/state.json')]).toEqual([bare, dotted]);
    expect([await status('/monitor/statistics'), await status('/monitor/statistics.json')]).toEqual([
      bare,
      dotted,
    ]);
    expect(await status('/containers')).toBe(since(version, '1.0') ? 200 : 404);
  } finally {
    await old.stop();
  }
});

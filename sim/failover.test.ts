import { afterEach, describe, expect, it } from 'vitest';

import type { Cluster } from './start-cluster';
import { startTestCluster } from './test-cluster';

let cluster: Cluster;
afterEach(() => cluster.stop());

type Json = Record<string, unknown>;
type Entry = { id: string; slave_id: string; state: string };
type State = {
  id: string;
  elected_time?: number;
  slaves: Json[];
  frameworks: { id: string; tasks: Entry[]; completed_tasks: Entry[] }[];
};

async function stateOf(base = cluster.masters[cluster.simulation.world.master.seat]): Promise<State> {
  return (await (await fetch(`${base}/state`)).json()) as State;
}

async function metrics(): Promise<Record<string, number>> {
  const leader = cluster.masters[cluster.simulation.world.master.seat];
  return (await (await fetch(`${leader}/metrics/snapshot`)).json()) as Record<string, number>;
}

const control = (path: string) => fetch(`${cluster.control}/sim/${path}`, { method: 'POST' });

async function start(): Promise<void> {
  cluster = await startTestCluster({ historySeconds: 4 * 3600, welcomes: false });
}

describe('POST /sim/failover', () => {
  it('the other master leads with another id, empty memory and counters at zero; the old one refuses', async () => {
    await start();
    const [first, second] = cluster.masters;
    const before = await stateOf(first);
    await control('failover?seconds=60');
    await expect(fetch(`${first}/state`)).rejects.toThrow();
    const after = await stateOf(second);
    expect(after.id).not.toBe(before.id);
    expect(after.elected_time).toBeGreaterThan(before.elected_time ?? 0);
    expect(after.frameworks.map(({ id }) => id).sort()).toEqual(before.frameworks.map(({ id }) => id).sort());
    expect(after.frameworks.flatMap(({ tasks, completed_tasks: ended }) => [...tasks, ...ended])).toEqual([]);
    expect(after.slaves).toEqual([]);
    expect(await metrics()).toMatchObject({ 'master/tasks_failed': 0, 'master/tasks_finished': 0 });
  });

  it('agents come back with what runs on them, and what ended only of frameworks that run nothing there', async () => {
    await start();
    const living = (state: State) =>
      state.frameworks
        .flatMap(({ tasks }) => tasks)
        .filter(({ state: word }) => word === 'TASK_RUNNING')
        .map(({ id }) => id);
    const before = await stateOf();
    await control('failover');
    cluster.simulation.skip(5);
    const after = await stateOf();
    expect(after.slaves.length).toBe(before.slaves.length);
    // A few seconds have passed: some may have ended meanwhile.
    const now = new Set(living(after));
    expect(living(before).filter((id) => now.has(id)).length).toBeGreaterThan(living(before).length * 0.9);
    const known = new Set(
      before.frameworks.flatMap(({ completed_tasks: ended }) => ended.map(({ id }) => id)),
    );
    let cameBack = 0;
    for (const { tasks, completed_tasks: ended } of after.frameworks) {
      const busy = new Set(tasks.map(({ slave_id: agent }) => agent));
      const old = ended.filter(({ id }) => known.has(id));
      cameBack += old.length;
      // Since they came back something may have been launched there, but hardly everywhere.
      expect(old.filter(({ slave_id: agent }) => busy.has(agent)).length).toBeLessThanOrEqual(old.length / 2);
    }
    expect(cameBack).toBeGreaterThan(0);
    expect(cameBack).toBeLessThan(known.size / 2);
  });

  it('counts from then on what ends under the new master, each once', async () => {
    await start();
    await control('failover');
    const before = cluster.simulation.ends().length;
    cluster.simulation.skip(3600);
    const ends = cluster.simulation.ends().slice(before);
    const counted = await metrics();
    for (const word of ['finished', 'failed', 'killed']) {
      const happened = ends.filter(({ state }) => state === `TASK_${word.toUpperCase()}`).length;
      expect(counted[`master/tasks_${word}`]).toBe(happened);
    }
    expect(ends.length).toBeGreaterThan(10);
  });

  it('agents keep their own history, which the new master never gets', async () => {
    await start();
    const ended = cluster.simulation.ends().at(-1);
    const agent = cluster.simulation.world.master.agents.get(ended?.agentId ?? '');
    await control('failover');
    cluster.simulation.skip(5);
    const own = await fetch(`${await agentsBase()}/slave(${agent?.process})/state`);
    expect(JSON.stringify(await own.json())).toContain(`"${ended?.taskId}"`);
  });

  it('cuts the streams, and the old one comes back as one that redirects', async () => {
    await start();
    const [first, second] = cluster.masters;
    const stream = await fetch(`${first}/api/v1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"type":"SUBSCRIBE"}',
    });
    const cut = expect(stream.text()).rejects.toThrow();
    await control('failover?seconds=0.05');
    await cut;
    const answer = await eventually(() => fetch(`${first}/state`, { redirect: 'manual' }));
    expect(answer.status).toBe(307);
    expect(answer.headers.get('location')).toBe(`${second?.replace('http:', '')}/state`);
  });

  it('restart: the same port leads again, as another process', async () => {
    await start();
    const before = await stateOf();
    await control('restart?seconds=0.05');
    const after = await eventually(() => stateOf(cluster.masters[0]));
    expect(after.id).not.toBe(before.id);
    expect(after.elected_time).toBeDefined();
  });
});

it('launches that were refused are counted by reason and listed nowhere', async () => {
  await start();
  const before = await metrics();
  await control('refuse');
  const after = await metrics();
  const grown = (key: string) => (after[key] ?? 0) - (before[key] ?? 0);
  expect(grown('master/tasks_error')).toBe(2);
  expect(grown('master/task_error/source_master/reason_task_invalid')).toBe(2);
  expect(grown('master/tasks_dropped') + grown('master/tasks_lost')).toBe(1);
  const perFramework = Object.keys(after).filter((key) => key.endsWith('/tasks/terminal/task_error'));
  expect(perFramework.reduce((sum, key) => sum + grown(key), 0)).toBe(2);
});

describe('misbehaviour', () => {
  it.each([
    ['403', 403],
    ['redirect', 307],
  ])('%s', async (mode, status) => {
    await start();
    await control(`misbehave?mode=${mode}`);
    for (const base of cluster.masters) {
      expect((await fetch(`${base}/state`, { redirect: 'manual' })).status).toBe(
        mode === '403' ? 403 : status,
      );
    }
  });

  it('gzip is right though not asked for, gzip-broken is not', async () => {
    await start();
    const headers = { 'accept-encoding': 'identity' };
    await control('misbehave?mode=gzip');
    const answer = await fetch(`${cluster.masters[0]}/state`, { headers });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(await answer.json()).toMatchObject({ cluster: 'demo' });
    await control('misbehave?mode=gzip-broken');
    await expect(
      fetch(`${cluster.masters[0]}/state`, { headers }).then((one) => one.text()),
    ).rejects.toThrow();
  });
});

it('--state-mb: so many megabytes of running tasks, before what ended', async () => {
  cluster = await startTestCluster({ historySeconds: 600, stateMb: 3 });
  const text = await (await fetch(`${cluster.masters[0]}/state`)).text();
  expect(text.length).toBeGreaterThan(3 * 1024 * 1024);
  const { frameworks } = JSON.parse(text) as State;
  expect(frameworks[0]?.tasks.length).toBeGreaterThan(1_000);
  expect(new Set(frameworks[0]?.tasks.map(({ id }) => id)).size).toBe(frameworks[0]?.tasks.length);
});

async function agentsBase(): Promise<string> {
  const { slaves } = await stateOf();
  return `http://${String(slaves[0]?.pid).split('@')[1]}`;
}

async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

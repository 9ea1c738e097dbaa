import { afterEach, describe, expect, it } from 'vitest';

import type { Cluster } from '../start-cluster';
import { startTestCluster } from '../test-cluster';

type Json = Record<string, unknown>;

let cluster: Cluster | null = null;

async function start(options: Parameters<typeof startTestCluster>[0] = {}): Promise<Cluster> {
  cluster = await startTestCluster(options);
  return cluster;
}

afterEach(async () => {
  await cluster?.stop();
  cluster = null;
});

function post(url: string): Promise<Response> {
  return fetch(url, { method: 'POST' });
}

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  return (await fetch(url, { headers, redirect: 'manual' })).status;
}

describe('credentials', () => {
  const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  it('basic: reads want them; health, redirect and version do not', async () => {
    const { masters, marathons } = await start({
      masterAuth: { kind: 'basic', user: 'ops', password: 'right' },
      marathonAuth: { kind: 'token', token: 'abc' },
    });
    const [master = ''] = masters;
    const denied = await fetch(`${master}/state`);
    expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="mesos-master-readonly"',
    ]);
    expect(await statusOf(`${master}/state`, basic('ops:right'))).toBe(200);
    expect(await statusOf(`${master}/state`, basic('ops:wrong'))).toBe(401);
    for (const path of ['/health', '/redirect', '/version']) {
      expect(await statusOf(`${master}${path}`)).not.toBe(401);
    }
    expect(await statusOf(`${marathons[0]}/v2/info`)).toBe(401);
    expect(await statusOf(`${marathons[0]}/v2/info`, { Authorization: 'Bearer abc' })).toBe(200);
    expect(await statusOf(`${marathons[0]}/v2/info`, { Authorization: 'token=abc' })).toBe(200);
  });

  it('a password with a colon never succeeds, as in Mesos', async () => {
    const { masters } = await start({ masterAuth: { kind: 'basic', user: 'ops', password: 'a:b' } });
    expect(await statusOf(`${masters[0]}/state`, basic('ops:a:b'))).toBe(401);
  });
});

describe('the operator API', () => {
  const call = (url: string, init: RequestInit) => fetch(`${url}/api/v1`, { redirect: 'manual', ...init });
  const json = { 'Content-Type': 'application/json' };

  it('refuses what Mesos refuses', async () => {
    const { masters } = await start();
    const [leader = '', other = ''] = masters;
    const statuses = await Promise.all([
      call(leader, { method: 'GET' }),
      call(leader, { method: 'POST', body: 'type=x', headers: { 'Content-Type': 'text/plain' } }),
      call(leader, { method: 'POST', body: '{}', headers: { ...json, Accept: 'text/html' } }),
      call(leader, { method: 'POST', body: '{"ty', headers: json }),
      call(leader, { method: 'POST', body: '{"type":"GET_WEIGHTS"}', headers: json }),
      call(other, { method: 'POST', body: '{"type":"GET_TASKS"}', headers: json }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([405, 415, 406, 400, 501, 307]);
  });
});

describe('the control door', () => {
  it('lets time pass, makes trouble and tells the truth', async () => {
    const { control, masters } = await start();
    const truth = async () => ((await (await fetch(`${control}/sim/truth`)).json()) as { ends: Json[] }).ends;
    const before = await truth();
    await post(`${control}/sim/trigger?scenario=bad-host`);
    await post(`${control}/sim/advance?seconds=900`);
    const after = await truth();
    expect(after.length).toBeGreaterThan(before.length + 10);
    expect(after.at(-1)).toMatchObject({
      frameworkId: expect.any(String),
      taskId: expect.any(String),
      agentId: expect.any(String),
      hostname: expect.any(String),
      state: expect.stringMatching(/^TASK_/),
      finishedAt: expect.stringMatching(/^2026-06-10T14:00:00\.\d{3}Z$/),
    });
    const state = (await (await fetch(`${masters[0]}/state`)).json()) as {
      frameworks: { completed_tasks: Json[] }[];
    };
    expect(after.at(-1)).toMatchObject({
      cause: expect.any(String),
      proof: expect.any(String),
      pid: expect.any(Number),
    });
    const ids = new Set(state.frameworks.flatMap(({ completed_tasks: tasks }) => tasks.map(({ id }) => id)));
    expect(ids.has(before.find(({ state: word }) => word === 'TASK_FINISHED')?.taskId)).toBe(true);
  });

  it('shows the hosts’ logs, of one host and from a time on', async () => {
    const { control, simulation } = await start({ historySeconds: 7200 });
    const ask = async (query: string) =>
      ((await (await fetch(`${control}/sim/host-logs${query}`)).json()) as { lines: Json[] }).lines;
    const all = await ask('');
    expect(all.length).toBeGreaterThan(200);
    const host = 'node-05.fra1.example.test';
    const mine = await ask(`?host=${host}`);
    expect(mine.length).toBeGreaterThan(0);
    expect(mine.every(({ hostname, line }) => hostname === host && String(line).includes('node-05 '))).toBe(
      true,
    );
    const since = new Date((simulation.world.now - 600) * 1000).toISOString();
    expect((await ask(`?since=${since}`)).length).toBeLessThan(all.length / 3);
    expect((await fetch(`${control}/sim/host-logs?since=yesterday`)).status).toBe(400);
  });

  it.each([
    '/sim/advance?seconds=-1',
    '/sim/advance',
    '/sim/trigger?scenario=flood',
    '/sim/misbehave?mode=odd',
  ])('refuses %s', async (path) => {
    const { control } = await start({ historySeconds: 0 });
    expect((await post(`${control}${path}`)).status).toBe(400);
  });
});

describe('misbehaviour', () => {
  async function misbehaving(mode: string, target = 'masters') {
    const one = await start();
    await post(`${one.control}/sim/misbehave?mode=${mode}&target=${target}`);
    return { ...one, master: one.masters[0] ?? '', marathon: one.marathons[0] ?? '' };
  }

  it('500 and 401 answer so, on the side they are meant for, until told to stop', async () => {
    const { master, marathon, control } = await misbehaving('500');
    expect([await statusOf(`${master}/state`), await statusOf(`${marathon}/v2/info`)]).toEqual([500, 200]);
    await post(`${control}/sim/misbehave?mode=401&target=all`);
    expect([await statusOf(`${master}/state`), await statusOf(`${marathon}/v2/info`)]).toEqual([401, 401]);
    await post(`${control}/sim/misbehave?mode=none&target=all`);
    expect([await statusOf(`${master}/state`), await statusOf(`${marathon}/v2/info`)]).toEqual([200, 200]);
  });

  it('truncate breaks the connection in the middle of a body', async () => {
    const { master } = await misbehaving('truncate');
    const response = await fetch(`${master}/state`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('cut ends in order after half of it', async () => {
    const { master } = await misbehaving('cut');
    const text = await (await fetch(`${master}/state`)).text();
    expect(text.length).toBeGreaterThan(100_000);
    expect(() => JSON.parse(text)).toThrow();
  });

  it('hang gives no answer', async () => {
    const { master } = await misbehaving('hang');
    await expect(fetch(`${master}/state`, { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/i);
  });

  it('non-leader: nobody leads', async () => {
    const { masters } = await misbehaving('non-leader');
    for (const url of masters) expect(await statusOf(`${url}/state`)).toBe(503);
    const metrics = (await (await fetch(`${masters[0]}/metrics/snapshot`)).json()) as Json;
    expect(metrics['master/elected']).toBe(0);
  });
});

describe('agents', () => {
  it('answer at the address the master gives for them, with sandboxes of what they run', async () => {
    const { masters } = await start();
    const state = (await (await fetch(`${masters[0]}/state`)).json()) as {
      slaves: { id: string; pid: string }[];
    };
    const { id, pid } = state.slaves[3] ?? { id: '', pid: '' };
    const [process, address] = pid.split('@');
    const agent = (await (await fetch(`http://${address}/${process}/state`)).json()) as Json;
    expect(agent.id).toBe(id);
    const executors = (agent.frameworks as Json[]).flatMap(({ executors: some }) => some as Json[]);
    expect(executors[0]?.directory).toMatch(/^\/var\/lib\/mesos\/slaves\/.+\/runs\/[0-9a-f-]{36}$/);
  });
});

it('a body is compressed for those who take gzip', async () => {
  const { masters } = await start();
  const response = await fetch(`${masters[0]}/state`, { headers: { 'Accept-Encoding': 'gzip' } });
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(JSON.parse(await response.text())).toHaveProperty('frameworks');
});

it('a taken port rejects and leaves no listener behind', async () => {
  const { masters } = await start();
  const taken = Number(new URL(masters[0] ?? '').port);
  await expect(startTestCluster({ port: taken })).rejects.toThrow(/EADDRINUSE/);
});

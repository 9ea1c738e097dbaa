import { afterEach, describe, expect, it, vi } from 'vitest';

import { killUnhealthy } from '../model/marathon';
import type { Cluster } from '../start-cluster';
import { startTestCluster } from '../test-cluster';

type Json = Record<string, unknown>;

let cluster: Cluster | null = null;
let abort = new AbortController();
afterEach(async () => {
  abort.abort();
  abort = new AbortController();
  await cluster?.stop();
  cluster = null;
});

async function start(options: Parameters<typeof startTestCluster>[0] = {}): Promise<Cluster> {
  cluster = await startTestCluster({ welcomes: false, historySeconds: 3600, ...options });
  return cluster;
}

const ask = ({ marathons }: Cluster, query = '', accept = 'text/event-stream') =>
  fetch(`${marathons[0]}/v2/events${query}`, { headers: { accept }, signal: abort.signal });

/** Listens, and takes the events apart as they come. */
async function listen(one: Cluster, query = '') {
  const response = await ask(one, query);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const told = { events: [] as Json[], isOver: false, text: '' };
  void (async () => {
    try {
      for await (const chunk of response.body ?? []) {
        told.text += Buffer.from(chunk as Uint8Array).toString();
        const parts = told.text.split('\r\n\r\n');
        told.text = parts.pop() ?? '';
        for (const part of parts) {
          const [, type, data] = /^event: (\w+)\r\ndata: (.*)$/s.exec(part.trim()) ?? [];
          if (data === undefined) continue;
          const event = JSON.parse(data) as Json;
          expect(event.eventType).toBe(type);
          expect(Date.parse(String(event.timestamp))).not.toBeNaN();
          told.events.push(event);
        }
      }
    } catch {
      // Broken off, by us or by Marathon.
    }
    told.isOver = true;
  })();
  await vi.waitFor(() => expect(told.events.length + told.text.length).toBeGreaterThan(0));
  return told;
}

const ofType = ({ events }: { events: Json[] }, type: string) =>
  events.filter(({ eventType }) => eventType === type);

describe('/v2/events', () => {
  it('tells that one is attached, then deployments, updates of tasks and kills for failed checks', async () => {
    const one = await start();
    const told = await listen(one);
    expect(told.events[0]).toMatchObject({ eventType: 'event_stream_attached' });
    const { world } = one.simulation;
    const running = [...world.marathon.byTask.values()].find(
      ({ state, app }) => state === 'running' && app.shape.health !== 'mesos',
    );
    const [task] = running?.tasks ?? [];
    if (task === undefined) throw new Error('nothing runs');
    killUnhealthy(world, task, '503 Service Unavailable');
    one.simulation.trigger('calm');
    one.simulation.skip(3_600);
    await vi.waitFor(() => expect(ofType(told, 'status_update_event').length).toBeGreaterThan(0));
    expect(ofType(told, 'unhealthy_instance_kill_event')).toMatchObject([
      { taskId: task.id, instanceId: running?.id, reason: '503 Service Unavailable', slaveId: task.agent.id },
    ]);
    const types = told.events.map(({ eventType, taskId }) => `${eventType} ${taskId}`);
    // It is announced before the task ends.
    expect(types.indexOf(`unhealthy_instance_kill_event ${task.id}`)).toBeLessThan(
      types.indexOf(`status_update_event ${task.id}`),
    );
  });

  it('sends only the types that are asked for, where Marathon knows the filter', async () => {
    const one = await start();
    const told = await listen(one);
    const filtered = one.marathons[0];
    const response = await fetch(`${filtered}/v2/events?event_type=deployment_info`, {
      headers: { accept: 'text/event-stream' },
      signal: abort.signal,
    });
    one.simulation.skip(6 * 3_600);
    await vi.waitFor(() => expect(ofType(told, 'deployment_info').length).toBeGreaterThan(0));
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toMatch(/^event: deployment_info\r\n/);
    const [info] = ofType(told, 'deployment_info');
    expect(info).toMatchObject({ plan: { steps: [{ actions: [{}] }] }, currentStep: { actions: [{}] } });
    await vi.waitFor(() => expect(ofType(told, 'deployment_success').length).toBeGreaterThan(0));
  });

  it('405 for who wants something else, 404 before 0.9', async () => {
    expect((await ask(await start(), '', 'application/json')).status).toBe(405);
    await cluster?.stop();
    expect((await ask(await start({ version: '0.22' }))).status).toBe(404);
  });

  it('misbehaves as it is told', async () => {
    const one = await start();
    const misbehave = (mode: string) =>
      fetch(`${one.control}/sim/misbehave?mode=${mode}&target=marathon`, { method: 'POST' });
    await misbehave('cut');
    const cut = await listen(one);
    await vi.waitFor(() => expect(cut.isOver).toBe(true));
    expect(cut.text).toMatch(/^event: deployment_info\r\ndata: \{/);
    await misbehave('none');
    const open = await listen(one);
    await misbehave('non-leader');
    await vi.waitFor(() => expect(open.isOver).toBe(true));
  });
});

describe('/tasks', () => {
  const tasksOf = async ({ masters }: Cluster, query: string): Promise<Json[]> => {
    const response = await fetch(`${masters[0]}/tasks${query}`);
    expect(response.status).toBe(200);
    return ((await response.json()) as { tasks: Json[] }).tasks;
  };

  it('is one task as /state has it, 100 unless told otherwise, the newest first', async () => {
    const one = await start({ historySeconds: 86_400 });
    const [end] = one.simulation.ends().slice(-1);
    const query = new URLSearchParams({ task_id: end?.taskId ?? '', framework_id: end?.frameworkId ?? '' });
    const found = await tasksOf(one, `?${query}`);
    expect(found.map(({ id, slave_id }) => [id, slave_id])).toContainEqual([end?.taskId, end?.agentId]);
    const state = (await (await fetch(`${one.masters[0]}/state`)).json()) as { frameworks: Json[] };
    expect(JSON.stringify(state)).toContain(JSON.stringify(found[0]));
    expect(await tasksOf(one, '?task_id=nobody')).toEqual([]);
    expect(await tasksOf(one, '')).toHaveLength(100);
    const page = await tasksOf(one, '?limit=3&offset=2');
    expect(page.map(({ id }) => id)).toEqual((await tasksOf(one, '?limit=5')).slice(2).map(({ id }) => id));
  });

  it('before 1.4 what is asked for is not looked at', async () => {
    const one = await start({ version: '0.28' });
    expect((await tasksOf(one, '?task_id=nobody&limit=2')).length).toBe(2);
  });
});

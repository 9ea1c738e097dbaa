import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MESOS_VERSIONS, type MesosVersion, since } from '../model/mesos-version';
import type { Cluster } from '../start-cluster';
import { startTestCluster } from '../test-cluster';

type Json = Record<string, unknown>;

/** A field, its type, the first release that has it (null: all), and the first that no longer has it. */
type Field = readonly [name: string, type: string, from?: string | null, until?: string];

const STATE: readonly Field[] = [
  ['version', 'string'],
  ['build_date', 'string'],
  ['build_time', 'number'],
  ['build_user', 'string'],
  ['start_time', 'number'],
  ['elected_time', 'number'],
  ['id', 'string'],
  ['pid', 'string'],
  ['hostname', 'string'],
  ['capabilities', 'array', '1.5'],
  ['activated_slaves', 'number'],
  ['deactivated_slaves', 'number'],
  ['unreachable_slaves', 'number', '1.2'],
  ['leader', 'string'],
  ['leader_info', 'object', '1.0'],
  ['cluster', 'string'],
  ['log_dir', 'string'],
  ['flags', 'object'],
  ['slaves', 'array'],
  ['recovered_slaves', 'array', '1.2'],
  ['frameworks', 'array'],
  ['completed_frameworks', 'array'],
  ['orphan_tasks', 'array'],
  ['unregistered_frameworks', 'array'],
  ['staged_tasks', 'number', null, '0.23'],
  ['started_tasks', 'number', null, '0.23'],
  ['finished_tasks', 'number', null, '0.23'],
  ['killed_tasks', 'number', null, '0.23'],
  ['failed_tasks', 'number', null, '0.23'],
  ['lost_tasks', 'number', null, '0.23'],
];

const FRAMEWORK: readonly Field[] = [
  ['id', 'string'],
  ['name', 'string'],
  ['pid', 'string', '0.24'],
  ['used_resources', 'object'],
  ['offered_resources', 'object'],
  ['capabilities', 'array', '0.24'],
  ['hostname', 'string'],
  ['webui_url', 'string'],
  ['active', 'boolean'],
  ['connected', 'boolean', '1.2'],
  ['recovered', 'boolean', '1.2'],
  ['user', 'string'],
  ['failover_timeout', 'number'],
  ['checkpoint', 'boolean'],
  ['registered_time', 'number'],
  ['unregistered_time', 'number'],
  ['principal', 'string', '0.27'],
  ['resources', 'object'],
  ['tasks', 'array'],
  ['unreachable_tasks', 'array', '1.2'],
  ['completed_tasks', 'array'],
  ['offers', 'array'],
  ['executors', 'array', '0.23'],
  ['offer_constraints', 'object', '1.11'],
];

const AGENT: readonly Field[] = [
  ['id', 'string'],
  ['hostname', 'string'],
  ['pid', 'string'],
  ['registered_time', 'number'],
  ['resources', 'object'],
  ['attributes', 'object'],
  ['port', 'number', '1.2'],
  ['active', 'boolean'],
  ['used_resources', 'object', '0.23'],
  ['offered_resources', 'object', '0.23'],
  ['reserved_resources', 'object', '0.23'],
  ['unreserved_resources', 'object', '0.23'],
  ['version', 'string', '0.26'],
  ['capabilities', 'array', '1.3'],
  ['deactivated', 'boolean', '1.9'],
];

const EXECUTOR: readonly Field[] = [
  ['executor_id', 'string'],
  ['name', 'string'],
  ['framework_id', 'string'],
  ['command', 'object'],
  ['resources', 'object'],
  ['slave_id', 'string'],
  ['type', 'string', '1.1'],
  ['role', 'string', '1.3'],
];

const TASK: readonly Field[] = [
  ['id', 'string'],
  ['name', 'string'],
  ['framework_id', 'string'],
  ['executor_id', 'string'],
  ['slave_id', 'string'],
  ['state', 'string'],
  ['resources', 'object'],
  ['role', 'string', '1.3'],
  ['statuses', 'array'],
  ['user', 'string', '1.0'],
];
const TASK_OPTIONAL: readonly Field[] = [
  ['labels', 'array'],
  ['discovery', 'object'],
  ['container', 'object', '0.27'],
  ['health_check', 'object', '1.8'],
];

const STATUS: readonly Field[] = [
  ['state', 'string'],
  ['timestamp', 'number'],
];
const STATUS_OPTIONAL: readonly Field[] = [
  ['container_status', 'object', '0.25'],
  ['healthy', 'boolean', '0.26'],
];

const TASK_V1: readonly Field[] = [
  ['name', 'string'],
  ['task_id', 'object'],
  ['framework_id', 'object'],
  ['agent_id', 'object'],
  ['state', 'string'],
  ['resources', 'array'],
  ['user', 'string'],
];
const TASK_V1_OPTIONAL: readonly Field[] = [
  ['executor_id', 'object'],
  ['statuses', 'array'],
  ['status_update_state', 'string'],
  ['status_update_uuid', 'string'],
  ['labels', 'object'],
  ['discovery', 'object'],
  ['container', 'object'],
  ['health_check', 'object', '1.8'],
];

const STATUS_V1: readonly Field[] = [
  ['task_id', 'object'],
  ['state', 'string'],
  ['source', 'string'],
  ['agent_id', 'object'],
  ['timestamp', 'number'],
  ['uuid', 'string'],
];
const STATUS_V1_OPTIONAL: readonly Field[] = [
  ['message', 'string'],
  ['reason', 'string'],
  ['executor_id', 'object'],
  ['healthy', 'boolean'],
  ['container_status', 'object'],
  ['unreachable_time', 'object'],
  ['limitation', 'object'],
];

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}

function has([, , from = null, until]: Field, version: MesosVersion): boolean {
  return (from === null || since(version, from)) && (until === undefined || !since(version, until));
}

/** What an object has too much, too little, or of the wrong type. */
function faults(
  value: Json,
  version: MesosVersion,
  required: readonly Field[],
  optional: readonly Field[] = [],
): string[] {
  const wanted = required.filter((field) => has(field, version));
  const allowed = [...wanted, ...optional.filter((field) => has(field, version))];
  const missing = wanted.filter(([name]) => !(name in value)).map(([name]) => `lacks ${name}`);
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const field = allowed.find((one) => one[0] === name);
    if (field === undefined) return [`has ${name}`];
    return field[1] === typeOf(inner) ? [] : [`${name} is ${typeOf(inner)}`];
  });
  return [...missing, ...wrong];
}

function list(value: unknown): Json[] {
  return value as Json[];
}

async function getJson(url: string, init?: RequestInit): Promise<Json> {
  const response = await fetch(url, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Json;
}

const GET_TASKS = {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
  body: '{"type":"GET_TASKS"}',
};

describe.each(MESOS_VERSIONS)('Mesos %s', (version) => {
  let cluster: Cluster;
  let master: string;
  let state: Json;
  let tasks: Json[];

  beforeAll(async () => {
    cluster = await startTestCluster({ version });
    cluster.simulation.trigger('agent-lost');
    master = cluster.masters[0] ?? '';
    state = await getJson(`${master}/${since(version, '0.25') ? 'state' : 'state.json'}`);
    tasks = [...list(state.frameworks), ...list(state.completed_frameworks)].flatMap((framework) =>
      [framework.tasks, framework.completed_tasks, framework.unreachable_tasks ?? []].flatMap(list),
    );
  });
  afterAll(() => cluster.stop());

  it('/state has the fields of its version and no others', () => {
    expect(faults(state, version, STATE)).toEqual([]);
    for (const value of Object.values(state.flags as Json)) expect(typeof value).toBe('string');
  });

  it('frameworks, agents and executors too', () => {
    const frameworks = [...list(state.frameworks), ...list(state.completed_frameworks)];
    const roles: readonly Field[] = [
      ['role', 'string'],
      ['roles', 'array', '1.2'],
    ];
    for (const framework of frameworks) {
      expect(faults(framework, version, FRAMEWORK, roles)).toEqual([]);
      expect('role' in framework).not.toBe('roles' in framework);
    }
    for (const agent of list(state.slaves)) {
      expect(faults(agent, version, AGENT, [['reregistered_time', 'number']])).toEqual([]);
      expect(agent.pid).toMatch(/^slave\(\d+\)@127\.0\.0\.1:\d+$/);
    }
    const executors = frameworks.flatMap(({ executors: some }) => list(some ?? []));
    for (const executor of executors) expect(faults(executor, version, EXECUTOR)).toEqual([]);
    expect(executors.length).toBe(since(version, '1.4') ? 3 : 0);
  });

  it('no status of /state carries message, reason or source', () => {
    expect(tasks.length).toBeGreaterThan(800);
    for (const task of tasks) {
      expect(faults(task, version, TASK, TASK_OPTIONAL)).toEqual([]);
      for (const status of list(task.statuses))
        expect(faults(status, version, STATUS, STATUS_OPTIONAL)).toEqual([]);
    }
  });

  it('the tasks of an unreachable agent stand where this version puts them', () => {
    const unreachable = tasks.filter(({ state: word }) => word === 'TASK_UNREACHABLE');
    const lost = tasks.filter(({ state: word }) => word === 'TASK_LOST');
    if (since(version, '1.4')) expect(unreachable.length).toBeGreaterThan(0);
    else expect([unreachable.length, lost.length > 0]).toEqual([0, true]);
    expect(list(state.slaves).length).toBe(23);
  });

  it('GET_TASKS gives the same tasks with message, reason and source, in the words of v1', async () => {
    const response = await fetch(`${master}/api/v1`, GET_TASKS);
    if (!since(version, '1.0')) {
      expect(response.status).toBe(404);
      return;
    }
    const { type, get_tasks: lists } = (await response.json()) as { type: string; get_tasks: Json };
    expect(type).toBe('GET_TASKS');
    const v1 = Object.values(lists).flatMap(list);
    expect(v1.map((task) => (task.task_id as Json).value).sort()).toEqual(tasks.map(({ id }) => id).sort());
    const statuses = v1.flatMap((task) => list(task.statuses ?? []));
    for (const task of v1) expect(faults(task, version, TASK_V1, TASK_V1_OPTIONAL)).toEqual([]);
    for (const status of statuses) expect(faults(status, version, STATUS_V1, STATUS_V1_OPTIONAL)).toEqual([]);
    expect(statuses.some(({ message, reason }) => message !== undefined && reason !== undefined)).toBe(true);
    expect(JSON.stringify(statuses)).not.toMatch(/SLAVE/);
    expect(new Set(statuses.map(({ source }) => source))).toEqual(
      new Set(['SOURCE_EXECUTOR', 'SOURCE_AGENT', 'SOURCE_MASTER']),
    );
  });

  it('the paths with and without .json are those of its time', async () => {
    const status = async (path: string) => (await fetch(`${master}${path}`)).status;
    expect(await status('/state')).toBe(since(version, '0.25') ? 200 : 404);
    expect(await status('/master/state.json')).toBe(since(version, '1.8') ? 404 : 200);
    expect(await status('/nothing')).toBe(404);
  });

  it('a master that does not lead redirects since 1.0, and before shows an almost empty state', async () => {
    const other = cluster.masters[1] ?? '';
    const path = since(version, '1.8') ? '/state?x=1' : '/state.json?x=1';
    const response = await fetch(`${other}${path}`, { redirect: 'manual' });
    if (since(version, '1.0')) {
      expect(response.status).toBe(307);
      expect(response.headers.get('location')).toBe(`//${new URL(master).host}${path}`);
    } else {
      const empty = (await response.json()) as Json;
      expect(faults(empty, version, STATE)).toEqual(['lacks elected_time']);
      expect([empty.frameworks, empty.slaves]).toEqual([[], []]);
      expect(empty.leader).not.toBe(empty.pid);
    }
    const redirect = await fetch(`${other}/redirect`, { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([307, `//${new URL(master).host}`]);
    const metrics = await getJson(`${other}/metrics/snapshot`);
    expect(metrics['master/elected']).toBe(0);
  });

  it('metrics are numbers, with a counter per reason that occurred', async () => {
    const metrics = await getJson(`${master}/metrics/snapshot`);
    expect(Object.values(metrics).every((value) => typeof value === 'number')).toBe(true);
    expect(metrics['master/elected']).toBe(1);
    expect('master/tasks_gone' in metrics).toBe(since(version, '1.1'));
    const launches = Object.keys(metrics).filter((key) =>
      /^master\/task_failed\/source_slave\/reason_/.test(key),
    );
    expect(launches.length).toBeGreaterThan(0);
    expect(Object.keys(metrics).some((key) => key.startsWith('master/frameworks/marathon/'))).toBe(
      since(version, '1.7'),
    );
  });
});

describe('Marathon', () => {
  let cluster: Cluster;
  let marathon: string;

  beforeAll(async () => {
    cluster = await startTestCluster({ welcomes: false });
    marathon = cluster.marathons[0] ?? '';
    for (const name of ['crash-loop', 'health-check'] as const) cluster.simulation.trigger(name);
    cluster.simulation.skip(300);
  });
  afterAll(() => cluster.stop());

  it('the list embeds counts and deployments always, the rest when asked', async () => {
    const plain = list((await getJson(`${marathon}/v2/apps`)).apps);
    expect(plain.length).toBe(19);
    for (const app of plain) {
      expect(app).toMatchObject({ tasksRunning: expect.any(Number), deployments: expect.any(Array) });
      expect('lastTaskFailure' in app || 'tasks' in app || 'tasksStats' in app).toBe(false);
      expect(app).toMatchObject({
        id: expect.stringMatching(/^\//),
        cpus: expect.any(Number),
        mem: expect.any(Number),
        instances: expect.any(Number),
        version: expect.stringMatching(/Z$/),
        versionInfo: { lastScalingAt: expect.any(String), lastConfigChangeAt: expect.any(String) },
        container: { docker: { image: expect.stringContaining(':') } },
      });
    }
    const query = 'embed=apps.lastTaskFailure&embed=app.tasks&embed=apps.taskStats';
    const full = list((await getJson(`${marathon}/v2/apps?${query}`)).apps);
    expect(full.every((app) => 'tasks' in app && 'tasksStats' in app)).toBe(true);
    const failures = full.flatMap((app) => (app.lastTaskFailure ? [app.lastTaskFailure as Json] : []));
    for (const failure of failures) {
      expect(Object.keys(failure).sort()).toEqual(
        ['appId', 'host', 'message', 'slaveId', 'state', 'taskId', 'timestamp', 'version'].sort(),
      );
      expect(Object.values(failure).every((value) => typeof value === 'string')).toBe(true);
    }
    expect(
      failures.some(
        ({ state, message }) => state === 'TASK_KILLED' && /health check failed/.test(String(message)),
      ),
    ).toBe(true);
  });

  it('one app has everything embedded, and its versions can be read one by one', async () => {
    const { app } = (await getJson(`${marathon}/v2/apps/api/gateway.v2`)) as { app: Json };
    expect(app).toMatchObject({ id: '/api/gateway.v2', tasks: expect.any(Array), tasksRunning: 8 });
    expect(list(app.tasks)[0]?.id).toMatch(/^api_gateway\.v2\.instance-[0-9a-f-]{36}\._app\.\d+$/);
    const { versions } = (await getJson(`${marathon}/v2/apps/analytics/ingest/versions`)) as {
      versions: string[];
    };
    expect(versions).toEqual([...versions].sort().reverse());
    const old = await getJson(`${marathon}/v2/apps/analytics/ingest/versions/${versions.at(-1)}`);
    expect(old).toMatchObject({ id: '/analytics/ingest', version: versions.at(-1), mem: 1024 });
    expect((await fetch(`${marathon}/v2/apps/no/such`)).status).toBe(404);
  });

  it('a crash loop shows as a running deployment and a backed-off queue', async () => {
    const deployments = list(await getJson(`${marathon}/v2/deployments`));
    const mine = deployments.find(({ affectedApps }) =>
      (affectedApps as string[]).includes('/analytics/ingest'),
    );
    expect(mine).toMatchObject({
      id: expect.any(String),
      version: expect.any(String),
      affectedPods: [],
      steps: [{ actions: [{ action: 'RestartApplication', app: '/analytics/ingest' }] }],
      currentActions: [{ action: 'RestartApplication', app: '/analytics/ingest' }],
      currentStep: 1,
      totalSteps: 1,
    });
    const { queue } = (await getJson(`${marathon}/v2/queue`)) as { queue: Json[] };
    expect(queue.find(({ app }) => (app as Json).id === '/analytics/ingest')).toMatchObject({
      count: expect.any(Number),
      delay: { timeLeftSeconds: expect.any(Number), overdue: expect.any(Boolean) },
      since: expect.any(String),
    });
  });

  it('info joins Marathon to its Mesos framework; pods, tasks, ping and leader answer', async () => {
    const info = await getJson(`${marathon}/v2/info`);
    expect(info).toMatchObject({ name: 'marathon', version: '1.10.26', elected: true });
    expect(info.frameworkId).toBe(cluster.simulation.world.marathon.framework.id);
    const [pod] = list(await getJson(`${marathon}/v2/pods/::status`));
    expect(pod).toMatchObject({
      id: '/platform/metrics-relay',
      status: expect.any(String),
      spec: expect.any(Object),
    });
    const instance = list(pod?.instances)[0];
    expect(list(instance?.containers).map(({ name }) => name)).toEqual(['collector', 'shipper']);
    expect(list((await getJson(`${marathon}/v2/tasks`)).tasks).length).toBeGreaterThan(100);
    expect(await (await fetch(`${marathon}/ping`)).text()).toBe('pong');
    expect((await getJson(`${marathon}/v2/leader`)).leader).toBe(new URL(marathon).host);
  });
});

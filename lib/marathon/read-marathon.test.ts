import { afterEach, describe, expect, it } from 'vitest';

import type { MarathonSnapshot } from '@/lib/domain/snapshot';
import { AppError } from '@/lib/errors';
import type { Source } from '@/lib/upstream/source';
import { routes, startTestServer, status, type TestServer } from '@/lib/upstream/test-server';

import { createMarathonReader, type MarathonReader } from './read-marathon';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const INFO = {
  name: 'marathon',
  version: '1.10.26',
  frameworkId: 'F1',
  marathon_config: { framework_name: 'shop' },
};
const ROUTES: Record<string, unknown> = {
  '/v2/info': INFO,
  '/v2/apps': { apps: [] },
  '/v2/deployments': [],
  '/v2/queue': { queue: [] },
  '/v2/pods/::status': [],
};

async function server(extra: Record<string, unknown> = {}): Promise<TestServer> {
  const started = await startTestServer(routes({ ...ROUTES, ...extra }));
  closers.push(started.close);
  return started;
}

function readerOf(urls: string[], rest: Partial<Source> = {}): MarathonReader {
  const reader = createMarathonReader({ urls, credentials: null, timeoutMs: 5_000, ca: null, ...rest });
  closers.push(reader.close);
  return reader;
}

const signal = () => new AbortController().signal;

async function readWith(extra: Record<string, unknown>): Promise<MarathonSnapshot> {
  const one = await server(extra);
  return readerOf([one.url]).read(signal());
}

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof AppError) return thrown;
  throw new Error(`expected an AppError, got ${String(thrown)}`);
}

describe('apps', () => {
  it('of 1.10 are read whole', async () => {
    const snapshot = await readWith({
      '/v2/apps': {
        apps: [
          {
            id: '/shop/cart',
            cmd: './run.sh --db-password=hush',
            args: [],
            env: { MODE: 'prod', PASSWORD: { secret: 'pw' } },
            cpus: 0.5,
            mem: '512',
            disk: 0,
            instances: 2,
            container: {
              type: 'DOCKER',
              docker: {
                image: 'r.example.test/cart:1',
                parameters: [
                  { key: 'env', value: 'KEY=hush' },
                  { key: 'memory-swap', value: '512m' },
                ],
              },
            },
            healthChecks: [{ protocol: 'HTTP', path: '/health' }],
            taskKillGracePeriodSeconds: 10,
            labels: { team: 'shop', HAPROXY_0_AUTH: 'hush' },
            fetch: [{ uri: 'https://me:hush@files.example.test/a.tgz' }],
            secrets: { pw: { source: '/hush' } },
            version: '2023-11-14T20:00:00.000Z',
            versionInfo: {
              lastScalingAt: '2023-11-14T20:00:00.000Z',
              lastConfigChangeAt: '2023-11-14T19:00:00.000Z',
            },
            tasksStaged: 0,
            tasksRunning: 2,
            tasksHealthy: 1,
            tasksUnhealthy: 1,
            tasksStats: { withLatestConfig: {} },
            lastTaskFailure: {
              appId: '/shop/cart',
              host: 'a1',
              message: 'Container exited with status 137',
              state: 'TASK_FAILED',
              taskId: 'shop_cart.instance-1._app.1',
              timestamp: '2023-11-14T22:13:10.250Z',
              version: '2023-11-14T20:00:00.000Z',
              slaveId: 'S1',
            },
          },
        ],
      },
    });
    expect(snapshot).toMatchObject({
      frameworkId: 'F1',
      frameworkName: 'shop',
      version: '1.10.26',
      rejects: { count: 0 },
      warnings: [],
    });
    expect(snapshot.apps[0]).toMatchObject({
      appId: '/shop/cart',
      kind: 'app',
      version: '2023-11-14T20:00:00.000Z',
      instances: 2,
      cpus: 0.5,
      memMb: 512,
      diskMb: 0,
      image: 'r.example.test/cart:1',
      cmd: './run.sh --db-password=[redacted]',
      hasHealthChecks: true,
      labels: { team: 'shop', HAPROXY_0_AUTH: '[redacted]' },
      lastScalingAt: new Date('2023-11-14T20:00:00.000Z'),
      lastConfigChangeAt: new Date('2023-11-14T19:00:00.000Z'),
      tasksRunning: 2,
      tasksHealthy: 1,
      tasksUnhealthy: 1,
      tasksStaged: 0,
      killGraceSeconds: 10,
      lastTaskFailure: {
        taskId: 'shop_cart.instance-1._app.1',
        state: 'TASK_FAILED',
        message: 'Container exited with status 137',
        host: 'a1',
        agentId: 'S1',
        at: new Date('2023-11-14T22:13:10.250Z'),
        version: '2023-11-14T20:00:00.000Z',
      },
    });
    expect(snapshot.apps[0]?.definition).toMatchObject({
      env: { MODE: '[redacted]', PASSWORD: '[redacted]' },
      container: { docker: { parameters: [{ value: 'KEY=[redacted]' }, { value: '512m' }] } },
      secrets: { pw: '[redacted]' },
    });
    expect(Object.keys(snapshot.apps[0]?.definition ?? {})).not.toContain('lastTaskFailure');
    expect(JSON.stringify(snapshot)).not.toContain('hush');
  });

  it('of 0.8 have nulls everywhere', async () => {
    const { apps } = await readWith({
      '/v2/info': { name: 'marathon', version: '0.8.2', frameworkId: 'F1' },
      '/v2/apps': {
        apps: [
          {
            id: '/old',
            cmd: null,
            args: ['run', '--token', 'hush', '-v'],
            env: null,
            container: null,
            healthChecks: null,
            labels: null,
            instances: 1,
            version: '2015-09-25T15:13:48.343Z',
            lastTaskFailure: {
              taskId: 'old.1',
              timestamp: '2015-09-25T15:14:00.000Z',
              slaveId: null,
              message: '',
            },
          },
        ],
      },
    });
    expect(apps[0]).toMatchObject({
      image: null,
      cmd: 'run --token [redacted] -v',
      cpus: null,
      hasHealthChecks: false,
      labels: {},
      tasksRunning: null,
      lastScalingAt: null,
      killGraceSeconds: null,
      lastTaskFailure: { state: 'TASK_FAILED', message: null, agentId: null, version: null },
      definition: { args: ['run', '--token', '[redacted]', '-v'], container: null, env: null },
    });
  });

  it('without a usable version still exist; without an id are counted; nothing secret is in the sample', async () => {
    const { apps, rejects } = await readWith({
      '/v2/apps': { apps: [{ id: 'a' }, { env: { A: 'hush' } }, null, 7, { id: '/b', version: 'soon' }] },
    });
    expect(apps.map(({ appId, version }) => [appId, version])).toEqual([
      ['/a', '1970-01-01T00:00:00.000Z'],
      ['/b', '1970-01-01T00:00:00.000Z'],
    ]);
    expect(rejects.count).toBe(3);
    expect(JSON.stringify(rejects)).not.toContain('hush');
  });

  it('a definition above 64 KiB is left out, the app is not', async () => {
    const { apps } = await readWith({ '/v2/apps': { apps: [{ id: '/a', notes: 'x'.repeat(65 * 1024) }] } });
    expect(apps.map(({ appId, definition }) => [appId, definition])).toEqual([['/a', null]]);
  });

  it('asks for failures and counts', async () => {
    const one = await server();
    await readerOf([one.url]).read(signal());
    expect(one.seen.map(({ url }) => url)).toContain('/v2/apps?embed=apps.lastTaskFailure&embed=apps.counts');
  });
});

describe('pods', () => {
  it('are apps of the kind pod, their containers added up, environments gone', async () => {
    const { apps } = await readWith({
      '/v2/pods/::status': [
        {
          id: '/shop/pod',
          spec: {
            id: '/shop/pod',
            version: '2023-11-14T20:00:00.000Z',
            environment: { A: 'hush' },
            labels: { environment: 'prod' },
            scaling: { kind: 'fixed', instances: 3 },
            containers: [
              {
                name: 'a',
                resources: { cpus: 0.5, mem: 128 },
                image: { kind: 'DOCKER', id: 'r/a:1' },
                exec: { command: { shell: './a' } },
                environment: { B: 'hush' },
                healthCheck: { http: {} },
                lifecycle: { killGracePeriodSeconds: 20 },
              },
              { name: 'b', resources: { cpus: 0.25, mem: 64 } },
            ],
          },
          instances: [{ status: 'STABLE' }, { status: 'DEGRADED' }, { status: 'STAGING' }],
        },
      ],
    });
    expect(apps[0]).toMatchObject({
      appId: '/shop/pod',
      kind: 'pod',
      instances: 3,
      cpus: 0.75,
      memMb: 192,
      image: 'r/a:1',
      cmd: './a',
      hasHealthChecks: true,
      labels: { environment: 'prod' },
      tasksRunning: 2,
      tasksHealthy: 1,
      tasksUnhealthy: 1,
      tasksStaged: 1,
      killGraceSeconds: 20,
      definition: { labels: { environment: 'prod' } },
    });
    expect(JSON.stringify(apps)).not.toContain('hush');
  });

  it('a Marathon too old to know them is no reason to warn', async () => {
    const { warnings, apps } = await readWith({ '/v2/pods/::status': status(404) });
    expect([warnings, apps]).toEqual([[], []]);
  });
});

describe('deployments and queue', () => {
  it('actions come from steps of both shapes and from what runs now, each once', async () => {
    const { deployments } = await readWith({
      '/v2/deployments': [
        {
          id: 'd1',
          version: '2015-09-30T09:09:17.614Z',
          affectedApps: ['/foo'],
          affectedPods: ['/bla'],
          steps: [
            { actions: [{ action: 'ScaleApplication', app: '/foo' }] },
            [{ type: 'StopApplication', app: '/old' }],
            { action: 'StartApplication', app: '/bare' },
          ],
          currentActions: [
            { action: 'ScaleApplication', app: '/foo' },
            { action: 'ScalePod', pod: '/bla' },
          ],
          currentStep: 1,
          totalSteps: 2,
        },
        { id: 'd2' },
        { version: 'no id' },
      ],
    });
    expect(deployments).toEqual([
      {
        deploymentId: 'd1',
        version: '2015-09-30T09:09:17.614Z',
        affectedApps: ['/foo'],
        affectedPods: ['/bla'],
        actions: [
          { action: 'ScaleApplication', target: '/foo' },
          { action: 'StopApplication', target: '/old' },
          { action: 'StartApplication', target: '/bare' },
          { action: 'ScalePod', target: '/bla' },
        ],
        currentStep: 1,
        totalSteps: 2,
      },
      {
        deploymentId: 'd2',
        version: '',
        affectedApps: [],
        affectedPods: [],
        actions: [],
        currentStep: null,
        totalSteps: null,
      },
    ]);
  });

  it('queue items of apps and pods, with and without a delay', async () => {
    const { queue } = await readWith({
      '/v2/queue': {
        queue: [
          { app: { id: '/a' }, count: 2, delay: { timeLeftSeconds: 12.5, overdue: false } },
          { pod: { id: '/p' }, count: '1' },
          { count: 1 },
        ],
      },
    });
    expect(queue).toEqual([
      { appId: '/a', count: 2, delaySeconds: 12.5, overdue: false },
      { appId: '/p', count: 1, delaySeconds: null, overdue: null },
    ]);
  });

  it.each([
    ['/v2/deployments', 'deployments_unavailable'],
    ['/v2/queue', 'queue_unavailable'],
    ['/v2/pods/::status', 'pods_unavailable'],
  ])('%s failing is the warning %s, the rest stands', async (path, code) => {
    for (const answer of [status(500), 'no JSON', '{"a":1}']) {
      const snapshot = await readWith({ [path]: answer, '/v2/apps': { apps: [{ id: '/a' }] } });
      expect(snapshot.warnings.map((warning) => warning.code)).toEqual([code]);
      expect(snapshot.apps).toHaveLength(1);
    }
  });
});

describe('failures', () => {
  it.each([
    ['/v2/apps', status(500), 'MARATHON_UNREACHABLE'],
    ['/v2/apps', status(404), 'MARATHON_BAD_PAYLOAD'],
    ['/v2/apps', '{"apps":{}}', 'MARATHON_BAD_PAYLOAD'],
    ['/v2/apps', '{"apps":[', 'MARATHON_BAD_PAYLOAD'],
    ['/v2/info', status(401), 'MARATHON_AUTH_REFUSED'],
    ['/v2/info', status(502), 'MARATHON_UNREACHABLE'],
    ['/v2/info', '{"name":"marathon"}', 'MARATHON_BAD_PAYLOAD'],
    ['/v2/info', '<html>', 'MARATHON_BAD_PAYLOAD'],
  ])('%s answering badly throws', async (path, answer, code) => {
    const one = await server({ [path]: answer });
    expect((await failureOf(readerOf([one.url]).read(signal()))).code).toBe(code);
  });

  it('a hang is MARATHON_TIMEOUT', async () => {
    const one = await server({ '/v2/info': () => {} });
    expect((await failureOf(readerOf([one.url], { timeoutMs: 80 }).read(signal()))).code).toBe(
      'MARATHON_TIMEOUT',
    );
  });

  it.each([401, 403])(
    'of replicas that fail, the one that refuses us (%s) says what a person must mend',
    async (refusal) => {
      const refusing = await server({ '/v2/info': status(refusal) });
      const odd = await server({ '/v2/info': '<html>' });
      for (const urls of [
        [refusing.url, odd.url],
        [odd.url, refusing.url],
      ]) {
        expect((await failureOf(readerOf(urls).read(signal()))).code).toBe(
          refusal === 401 ? 'MARATHON_AUTH_REFUSED' : 'MARATHON_FORBIDDEN',
        );
      }
    },
  );

  it('the next replica is asked, and first the next time', async () => {
    const sick = await server({ '/v2/info': status(502) });
    const well = await server();
    const reader = readerOf([sick.url, well.url]);
    expect((await reader.read(signal())).url).toBe(well.url);
    await reader.read(signal());
    expect(sick.seen).toHaveLength(1);
  });

  it("the caller's abort passes with its own reason", async () => {
    const one = await server({ '/v2/apps': () => {} });
    const stop = new AbortController();
    const reading = readerOf([one.url]).read(stop.signal);
    await expect.poll(() => one.seen.some(({ url }) => url.startsWith('/v2/apps'))).toBe(true);
    stop.abort(new Error('shutting down'));
    await expect(reading).rejects.toThrow('shutting down');
  });
});

describe('redirects', () => {
  it('to a configured replica are followed', async () => {
    const leader = await server();
    const follower = await server({ '/v2/info': status(302, { location: `${leader.url}/v2/info` }) });
    const snapshot = await readerOf([follower.url, leader.url]).read(signal());
    expect(snapshot.frameworkId).toBe('F1');
    expect(leader.seen.map(({ url }) => url)).toContain('/v2/info');
  });

  it('to a foreign host are refused: no request, no login reaches it', async () => {
    const foreign = await server();
    const one = await server({ '/v2/info': status(302, { location: `${foreign.url}/v2/info` }) });
    const reader = readerOf([one.url], { credentials: { username: 'u', password: 'hush' } });
    const error = await failureOf(reader.read(signal()));
    expect(error.code).toBe('MARATHON_UNREACHABLE');
    expect(error.message).toContain('which is not configured');
    expect(foreign.seen).toEqual([]);
  });
});

describe('readVersions', () => {
  it('lists the versions of an app, each segment of its id escaped', async () => {
    const one = await server({
      '/v2/apps/shop/cart%3F/versions': { versions: ['2023-11-14T20:00:00.000Z', 5] },
    });
    const versions = await readerOf([one.url]).readVersions('/shop/cart?', signal());
    expect(versions).toEqual(['2023-11-14T20:00:00.000Z']);
  });

  it('is empty for an app that is gone, and asks nothing for an id that climbs', async () => {
    const one = await server();
    const reader = readerOf([one.url]);
    expect(await reader.readVersions('/gone', signal())).toEqual([]);
    expect(await reader.readVersions('/a/../../info', signal())).toEqual([]);
    expect(await reader.readVersions('/', signal())).toEqual([]);
    expect(one.seen).toHaveLength(1);
  });

  it('fails where Marathon fails', async () => {
    const one = await server({ '/v2/apps/a/versions': status(500) });
    expect((await failureOf(readerOf([one.url]).readVersions('/a', signal()))).code).toBe(
      'MARATHON_UNREACHABLE',
    );
  });
});

describe('hostile answers', () => {
  it('an app of megabytes of dashes is kept without its definition, in no noticeable time', async () => {
    const began = performance.now();
    const snapshot = await readWith({ '/v2/apps': { apps: [{ id: '/a', note: '-'.repeat(20_000_000) }] } });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(snapshot.apps).toMatchObject([{ appId: '/a', definition: null }]);
  });

  it('steps that no integer holds are not told', async () => {
    const deployments = [
      { id: 'd', currentStep: 1e12, totalSteps: -1 },
      { id: 'e', currentStep: 1.5 },
    ];
    const snapshot = await readWith({ '/v2/deployments': deployments });
    expect(snapshot.deployments).toMatchObject([
      { currentStep: null, totalSteps: null },
      { currentStep: 1, totalSteps: null },
    ]);
  });

  it('of an app with more versions than anyone keeps, the newest 1,000 are read', async () => {
    const versions = Array.from({ length: 5_000 }, () => '2023-11-14T20:00:00.000Z');
    const one = await server({ '/v2/apps/a/versions': { versions } });
    expect(await readerOf([one.url]).readVersions('/a', signal())).toHaveLength(1_000);
  });
});

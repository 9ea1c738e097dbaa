import {
  type App,
  type AppVersion,
  BACKOFF,
  currentVersion,
  type Deployment,
  type Instance,
  imageOf,
} from '../model/app';
import type { Task } from '../model/task';
import type { World } from '../model/world';
import { podJson } from './pod-json';

type Json = Record<string, unknown>;

export const EMBEDS = ['tasks', 'counts', 'deployments', 'lastTaskFailure', 'failures', 'taskStats'] as const;
export type Embed = (typeof EMBEDS)[number];

/** One version's definition of an app, as `/v2/apps/{id}/versions/{version}` gives it. */
export function definitionJson(app: App, version: AppVersion): Json {
  const { shape } = app;
  const { definition } = version;
  return {
    id: shape.id,
    ...(shape.cmd === null ? {} : { cmd: shape.cmd }),
    args: [],
    env: definition.env,
    cpus: definition.cpus,
    mem: definition.mem,
    disk: 0,
    gpus: 0,
    instances: definition.instances,
    executor: '',
    constraints: [],
    fetch: [],
    dependencies: [],
    container: containerJson(app, version),
    networks: [{ mode: shape.containerPort === null ? 'host' : 'container/bridge' }],
    healthChecks: healthChecksJson(app),
    readinessChecks: [],
    backoffSeconds: BACKOFF.seconds,
    backoffFactor: BACKOFF.factor,
    maxLaunchDelaySeconds: BACKOFF.maxSeconds,
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    killSelection: 'YOUNGEST_FIRST',
    ...(shape.graceSeconds === null ? {} : { taskKillGracePeriodSeconds: shape.graceSeconds }),
    unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    labels: shape.labels,
    requirePorts: false,
    role: '*',
    version: version.version,
    versionInfo: { lastScalingAt: app.lastScalingAt, lastConfigChangeAt: app.lastConfigChangeAt },
  };
}

function containerJson(app: App, version: AppVersion): Json {
  const { shape } = app;
  const image = imageOf(app, version);
  const portMappings = [
    { containerPort: shape.containerPort, hostPort: 0, labels: {}, protocol: 'tcp', servicePort: 10_000 },
  ];
  return {
    type: shape.kind === 'docker' ? 'DOCKER' : 'MESOS',
    docker: {
      image,
      forcePullImage: false,
      ...(shape.kind === 'docker'
        ? {
            privileged: false,
            parameters: shape.memorySwap ? [{ key: 'memory-swap', value: `${version.definition.mem}m` }] : [],
          }
        : {}),
    },
    volumes: [],
    portMappings: shape.containerPort === null ? [] : portMappings,
  };
}

function healthChecksJson(app: App): Json[] {
  if (app.shape.health === null) return [];
  return [
    {
      protocol: app.shape.health === 'mesos' ? 'MESOS_HTTP' : 'HTTP',
      path: '/health',
      portIndex: 0,
      gracePeriodSeconds: 300,
      intervalSeconds: 60,
      timeoutSeconds: 20,
      maxConsecutiveFailures: 3,
      delaySeconds: 15,
      ...(app.shape.health === 'mesos' ? { ipProtocol: 'IPv4' } : { ignoreHttp1xx: false }),
    },
  ];
}

/** An app in a list or alone, with what was asked to be embedded. Counts and deployments always are. */
export function appJson(world: World, app: App, embeds: ReadonlySet<Embed>): Json {
  const withTasks = embeds.has('tasks') || embeds.has('failures');
  const withFailure = embeds.has('lastTaskFailure') || embeds.has('failures');
  const { lastTaskFailure } = app;
  return {
    ...definitionJson(app, currentVersion(app)),
    ...countsJson(world, app),
    deployments: [...world.marathon.deployments.values()]
      .filter((deployment) => deployment.app === app)
      .map(({ id }) => ({ id })),
    ...(withTasks ? { tasks: tasksJson(app) } : {}),
    ...(withFailure && lastTaskFailure !== null ? { lastTaskFailure } : {}),
    ...(embeds.has('taskStats') ? { tasksStats: statsJson(world, app) } : {}),
  };
}

function countsJson(world: World, app: App) {
  const instances = [...app.instances];
  const staged = instances.filter(({ state }) => state === 'launching').length;
  const running = instances.filter(({ tasks, state }) => tasks.length > 0 && state !== 'launching');
  const isChecked = app.shape.health !== null;
  const healthy = isChecked ? running.filter((one) => isHealthy(world, one)).length : 0;
  return {
    tasksStaged: staged,
    tasksRunning: running.length,
    tasksHealthy: healthy,
    tasksUnhealthy: 0,
  };
}

function isHealthy(world: World, { readyAt }: Instance): boolean {
  return readyAt !== null && readyAt <= world.now;
}

function statsJson(world: World, app: App): Json {
  const { tasksStaged, tasksRunning, tasksHealthy, tasksUnhealthy } = countsJson(world, app);
  const lives = [...app.instances]
    .flatMap(({ tasks }) => tasks)
    .map(({ runningSince }) => (runningSince === null ? null : world.now - runningSince))
    .filter((life) => life !== null)
    .sort((a, b) => a - b);
  const counts = {
    staged: tasksStaged,
    running: tasksRunning,
    healthy: tasksHealthy,
    unhealthy: tasksUnhealthy,
  };
  const averageSeconds = lives.reduce((sum, life) => sum + life, 0) / lives.length;
  const medianSeconds = lives[Math.floor(lives.length / 2)];
  const lifeTime = lives.length === 0 ? {} : { lifeTime: { averageSeconds, medianSeconds } };
  return { totalSummary: { stats: { counts, ...lifeTime } } };
}

/** The tasks Marathon still tracks; an ended one is gone from here. */
export function tasksJson(app: App): Json[] {
  return [...app.instances].flatMap((instance) =>
    instance.tasks.map((task) => trackedTaskJson(instance, task)),
  );
}

function trackedTaskJson({ app, id, version, stagedAt, startedAt, readyAt }: Instance, task: Task): Json {
  const isChecked = app.shape.health !== null && readyAt !== null && startedAt !== null;
  return {
    appId: app.shape.id,
    id: task.id,
    host: task.agent.hostname,
    slaveId: task.agent.id,
    state: task.state,
    ...(stagedAt === null ? {} : { stagedAt }),
    ...(startedAt === null ? {} : { startedAt }),
    version: version.version,
    ports: task.hostPort === null ? [] : [task.hostPort],
    servicePorts: task.hostPort === null ? [] : [10_000],
    ipAddresses: task.state === 'TASK_RUNNING' ? [{ ipAddress: task.address, protocol: 'IPv4' }] : [],
    ...(isChecked
      ? {
          healthCheckResults: [
            { alive: true, consecutiveFailures: 0, firstSuccess: startedAt, instanceId: id },
          ],
        }
      : {}),
    localVolumes: [],
    role: '*',
  };
}

/** What waits to be launched. `timeLeftSeconds` above zero: backed off after failures. */
export function queueJson(world: World): Json {
  const waiting = [...world.marathon.apps.values()].filter(({ waitingSince }) => waitingSince !== null);
  return {
    queue: waiting.map((app) => {
      const left = Math.max(0, Math.ceil(app.backoffUntil - world.now));
      const version = currentVersion(app);
      const isPod = app.shape.kind === 'pod';
      return {
        ...(isPod ? { pod: podJson(app, version) } : { app: definitionJson(app, version) }),
        count: [...app.instances].filter(({ state }) => state === 'waiting').length,
        delay: { timeLeftSeconds: left, overdue: left === 0 },
        since: app.waitingSince,
        role: '*',
        processedOffersSummary: {
          processedOffersCount: 0,
          unusedOffersCount: 0,
          rejectSummaryLastOffers: [],
          rejectSummaryLaunchAttempt: [],
        },
      };
    }),
  };
}

/** Running deployments only: finished ones disappear. */
export function deploymentsJson(world: World): Json[] {
  return [...world.marathon.deployments.values()].map((deployment) => {
    const { app } = deployment;
    const isPod = app.shape.kind === 'pod';
    const { id, version, steps } = planJson(deployment);
    return {
      id,
      version,
      affectedApps: isPod ? [] : [app.shape.id],
      affectedPods: isPod ? [app.shape.id] : [],
      steps,
      currentActions: steps.flatMap(({ actions }) =>
        actions.map((action) => ({ ...action, readinessCheckResults: [] })),
      ),
      currentStep: 1,
      totalSteps: 1,
    };
  });
}

/** The plan of a deployment as its events tell it. */
export function planJson({ id, version, app, action }: Deployment) {
  const isPod = app.shape.kind === 'pod';
  const target = { [isPod ? 'pod' : 'app']: app.shape.id };
  const name = `${action}${isPod ? 'Pod' : 'Application'}`;
  return { id, version, steps: [{ actions: [{ action: name, ...target }] }] };
}

import { type App, type AppVersion, BACKOFF, currentVersion, type Instance, imageOf } from '../model/app';
import { isoOf, type World } from '../model/world';

type Json = Record<string, unknown>;

/** A pod's definition. */
export function podJson(app: App, version: AppVersion): Json {
  const { shape } = app;
  const { definition } = version;
  return {
    id: shape.id,
    labels: shape.labels,
    version: version.version,
    user: 'root',
    environment: definition.env,
    containers: shape.containers.map((name) => ({
      name,
      resources: { cpus: definition.cpus, mem: definition.mem, disk: 0, gpus: 0 },
      image: { kind: 'DOCKER', id: imageOf(app, version) },
    })),
    volumes: [],
    networks: [{ mode: 'host' }],
    scaling: { kind: 'fixed', instances: definition.instances },
    scheduling: {
      backoff: {
        backoff: BACKOFF.seconds,
        backoffFactor: BACKOFF.factor,
        maxLaunchDelay: BACKOFF.maxSeconds,
      },
    },
    executorResources: { cpus: 0.1, mem: 32, disk: 10 },
    role: '*',
  };
}

/** A pod as `/v2/pods/::status` lists it. */
export function podStatusJson(world: World, app: App): Json {
  const version = currentVersion(app);
  const instances = [...app.instances].filter(({ tasks }) => tasks.length > 0);
  const isStable =
    instances.filter(({ state }) => state === 'running').length === version.definition.instances;
  return {
    id: app.shape.id,
    spec: podJson(app, version),
    status: isStable ? 'STABLE' : 'DEGRADED',
    statusSince: app.lastConfigChangeAt,
    instances: instances.map((instance) => podInstanceJson(world, instance)),
    terminationHistory: [],
    lastUpdated: isoOf(world, world.now),
    lastChanged: app.lastConfigChangeAt,
  };
}

function podInstanceJson(world: World, instance: Instance): Json {
  const since = instance.startedAt ?? instance.stagedAt ?? isoOf(world, world.now);
  const agent = instance.tasks[0]?.agent;
  return {
    id: instance.id,
    status: instance.state === 'running' ? 'STABLE' : 'STAGING',
    statusSince: since,
    conditions: [],
    agentHostname: agent?.hostname,
    agentId: agent?.id,
    resources: { cpus: 0.5, mem: 288, disk: 10, gpus: 0 },
    networks: [],
    containers: instance.tasks.map((task) => ({
      name: task.name,
      status: task.state,
      statusSince: since,
      conditions: [],
      containerId: task.id,
      endpoints: [],
      resources: { cpus: task.cpus, mem: task.mem, disk: 0, gpus: 0 },
      lastUpdated: since,
      lastChanged: since,
    })),
    specReference: `/v2/pods${instance.app.shape.id}::versions/${instance.version.version}`,
    lastUpdated: since,
    lastChanged: since,
  };
}

import { type App, currentVersion, type Definition, type Deployment, type Instance } from './app';
import { addInstance, killInstance } from './marathon';
import { after, emitOfMarathon, stamp, type World } from './world';

const TICK_SECONDS = 3;

/** Releases a changed definition: old tasks are replaced by new ones, a few at a time. Takes over from a running deployment. */
export function deploy(world: World, app: App, change: Partial<Definition>): Deployment {
  const version = addVersion(world, app, change, 1);
  app.lastConfigChangeAt = version;
  // A change of configuration starts with a clean slate.
  app.backoffSeconds = 0;
  app.backoffUntil = world.now;
  return start(world, app, version, 'Restart');
}

/** Changes the number of instances; the configuration, and so the tasks that stay, are as they were. */
export function scale(world: World, app: App, instances: number): Deployment {
  const version = addVersion(world, app, { instances }, 0);
  app.lastScalingAt = version;
  return start(world, app, version, 'Scale');
}

function addVersion(world: World, app: App, change: Partial<Definition>, configStep: number): string {
  const before = currentVersion(app);
  // Version names are times and must grow, however close together the changes are.
  const at = Math.max(Math.round(stamp(world) * 1000), Date.parse(before.version) + 1);
  const version = new Date(at).toISOString();
  app.versions.push({
    version,
    config: before.config + configStep,
    definition: { ...before.definition, ...change },
  });
  return version;
}

function start(world: World, app: App, version: string, action: Deployment['action']): Deployment {
  for (const running of [...world.marathon.deployments.values()]) {
    if (running.app !== app) continue;
    world.marathon.deployments.delete(running.id);
    emitOfMarathon(world, { kind: 'deployment-failed', deployment: running });
  }
  const deployment: Deployment = { id: world.ids.uuid(), version, app, action };
  world.marathon.deployments.set(deployment.id, deployment);
  emitOfMarathon(world, { kind: 'api-post', app });
  emitOfMarathon(world, { kind: 'deployment-info', deployment });
  after(world, 1, () => tick(world, deployment));
  return deployment;
}

function tick(world: World, deployment: Deployment): void {
  if (!world.marathon.deployments.has(deployment.id)) return;
  if (step(world, deployment.app)) {
    world.marathon.deployments.delete(deployment.id);
    emitOfMarathon(world, { kind: 'deployment-step-success', deployment });
    emitOfMarathon(world, { kind: 'deployment-success', deployment });
  } else {
    after(world, TICK_SECONDS, () => tick(world, deployment));
  }
}

/** One look at a deployment: starts or kills what is due. True once the app is as wanted. */
function step(world: World, app: App): boolean {
  const { config, definition } = currentVersion(app);
  const wanted = definition.instances;
  const batch = Math.max(1, Math.ceil(wanted / 4));
  const all = [...app.instances];
  const living = all.filter(({ state }) => state !== 'killing');
  const fresh = living.filter(({ version }) => version.config === config);
  const old = living.filter(({ version }) => version.config !== config);
  const ready = fresh.filter(({ readyAt }) => readyAt !== null && readyAt <= world.now);

  const missing = Math.min(wanted - fresh.length, wanted + batch - living.length);
  for (let added = 0; added < missing; added += 1) addInstance(world, app);

  const surplusOld = old.slice(0, Math.max(0, ready.length + old.length - wanted));
  // Youngest first, as killSelection says.
  const surplusFresh = old.length === 0 ? youngest(fresh, fresh.length - wanted) : [];
  for (const instance of [...surplusOld, ...surplusFresh]) killInstance(world, instance);

  return (
    old.length === 0 && all.length === living.length && fresh.length === wanted && ready.length === wanted
  );
}

function youngest(instances: Instance[], count: number): Instance[] {
  return count > 0 ? instances.slice(-count) : [];
}

import { type Instance, imageOf } from './app';
import { since } from './mesos-version';
import type { TaskShape } from './task';
import type { World } from './world';

/** The tasks of one instance, ids and names as Marathon makes them: one for an app, one per container for a pod. */
export function taskShapes(world: World, instance: Instance): TaskShape[] {
  const { app, version } = instance;
  const { shape } = app;
  const common = {
    name: shape.id.slice(1).split('/').reverse().join('.'),
    frameworkId: world.marathon.framework.id,
    kind: shape.kind,
    image: imageOf(app, version),
    cpus: version.definition.cpus,
    mem: version.definition.mem,
    user: 'root',
    role: '*',
    labels: shape.labels,
    containerPort: shape.containerPort,
    mesosChecks: shape.health === 'mesos',
    memorySwap: shape.memorySwap,
    cmd: shape.cmd,
    env: version.definition.env,
    appId: shape.id,
  };
  if (shape.kind !== 'pod') return [{ ...common, id: appTaskId(world, instance), executorId: '' }];
  const executorId = `instance-${instance.id.replace('.instance-', '.')}`;
  return shape.containers.map((container) => ({
    ...common,
    id: `${instance.id}.${container}${since(world.version, '1.11') ? `.${instance.attempt}` : ''}`,
    name: container,
    executorId,
    containerPort: null,
  }));
}

/** `….instance-<uuid>._app.<attempt>` as Marathon writes since 1.8; before, each launch had a UUID of its own. */
function appTaskId(world: World, instance: Instance): string {
  if (since(world.version, '1.11')) return `${instance.id}._app.${instance.attempt}`;
  const [safe = ''] = instance.id.split('.instance-');
  return `${safe}.${world.ids.uuid(1)}`;
}

import { noteKill } from '../hosts/host-events';
import { type App, BACKOFF, currentVersion, type Instance } from './app';
import { killed } from './endings';
import { fateOf, killFateOf } from './fate';
import { launchTask, placeTask, report } from './launch';
import { taskShapes } from './marathon-tasks';
import { since } from './mesos-version';
import { isTerminal, type Task, type TaskStatus } from './task';
import type { TrueCause } from './truth';
import { after, at, emitOfMarathon, isoOf, stamp, type World } from './world';

// A task that ran this long was no crash loop: the delay starts anew.
const STABLE_SECONDS = 60;
const DEFAULT_GRACE_SECONDS = 5;

/** Adds an instance of the version in force and queues it. */
export function addInstance(world: World, app: App): void {
  const safe = app.shape.id.slice(1).replaceAll('/', '_');
  const instance: Instance = {
    id: `${safe}.instance-${world.ids.uuid(1)}`,
    attempt: 0,
    app,
    version: currentVersion(app),
    tasks: [],
    state: 'waiting',
    stagedAt: null,
    startedAt: null,
    readyAt: null,
  };
  app.instances.add(instance);
  queueLaunch(world, instance);
}

function queueLaunch(world: World, instance: Instance): void {
  const { app } = instance;
  instance.state = 'waiting';
  instance.readyAt = null;
  app.waitingSince ??= isoOf(world, world.now);
  const due = Math.max(world.now + world.random.between(0.3, 2), app.backoffUntil);
  at(world, due, () => tryLaunch(world, instance));
}

function tryLaunch(world: World, instance: Instance): void {
  const { app } = instance;
  if (!app.instances.has(instance) || instance.state !== 'waiting') return;
  if (world.now < app.backoffUntil) {
    at(world, app.backoffUntil, () => tryLaunch(world, instance));
    return;
  }
  const agent = placeTask(world, instance.version.definition, world.random);
  if (agent === null) {
    after(world, 5, () => tryLaunch(world, instance));
    return;
  }
  instance.state = 'launching';
  instance.attempt += 1;
  instance.stagedAt = isoOf(world, world.now);
  instance.startedAt = null;
  const startSeconds = world.random.between(2, 8);
  const parentContainerId = app.shape.kind === 'pod' ? world.ids.uuid() : null;
  for (const shape of taskShapes(world, instance)) {
    const task = launchTask(world, {
      shape,
      agent,
      parentContainerId,
      startSeconds,
      decide: (launched) => fateOf(world, launched),
    });
    instance.tasks.push(task);
    world.marathon.byTask.set(task.id, instance);
  }
  if (![...app.instances].some((one) => one.state === 'waiting')) app.waitingSince = null;
}

/** Marathon's ear: what it makes of a status of one of its tasks. */
export function onMarathonStatus(world: World, task: Task, status: TaskStatus): void {
  const instance = world.marathon.byTask.get(task.id);
  if (instance === undefined) return;
  emitOfMarathon(world, { kind: 'status-update', task, status, instance });
  if (status.state === 'TASK_RUNNING') {
    noteRunning(world, instance);
  } else if (status.reason === 'SLAVE_REMOVED') {
    rememberFailure(world, instance, task, status);
    expunge(world, instance);
  } else if (isTerminal(status.state)) {
    rememberFailure(world, instance, task, status);
    noteEnd(world, instance, task, status);
  }
}

function noteRunning(world: World, instance: Instance): void {
  if (instance.state !== 'launching' || instance.tasks.some(({ state }) => state !== 'TASK_RUNNING')) return;
  instance.state = 'running';
  instance.startedAt = isoOf(world, world.now);
  instance.readyAt = world.now + (instance.app.shape.health === null ? 2 : 12);
}

/** With Marathon's default strategy (0/0) an unreachable instance is replaced at once, and killed should it return. */
function expunge(world: World, instance: Instance): void {
  for (const task of instance.tasks) world.marathon.byTask.delete(task.id);
  instance.app.instances.delete(instance);
  if (instance.state !== 'killing') addInstance(world, instance.app);
}

/** A task came back that Marathon has given up: it kills it. */
export function killReturned(world: World, task: Task): void {
  if (world.marathon.byTask.has(task.id)) return;
  after(world, world.random.between(1, 4), () => report(world, task, killed(world.version, task, 143)));
}

function noteEnd(world: World, instance: Instance, task: Task, status: TaskStatus): void {
  world.marathon.byTask.delete(task.id);
  instance.tasks = instance.tasks.filter((one) => one !== task);
  const isFailure = status.state !== 'TASK_KILLED' && status.state !== 'TASK_FINISHED';
  if (instance.tasks.length > 0) {
    // The default executor stops the whole pod when one of its containers has failed.
    for (const sibling of instance.tasks) {
      after(world, world.random.between(0.5, 2), () =>
        report(world, sibling, killed(world.version, sibling, 143, 'unknown')),
      );
    }
    if (isFailure) raiseBackoff(world, instance.app, task);
    return;
  }
  if (isFailure) raiseBackoff(world, instance.app, task);
  const outdated = instance.version.config !== currentVersion(instance.app).config;
  if (instance.state === 'killing' || outdated) {
    instance.app.instances.delete(instance);
  } else {
    queueLaunch(world, instance);
  }
}

function raiseBackoff(world: World, app: App, task: Task): void {
  const ranFor = task.runningSince === null ? 0 : world.now - task.runningSince;
  if (ranFor >= STABLE_SECONDS) app.backoffSeconds = 0;
  const next = app.backoffSeconds === 0 ? BACKOFF.seconds : app.backoffSeconds * BACKOFF.factor;
  app.backoffSeconds = Math.min(BACKOFF.maxSeconds, next);
  app.backoffUntil = world.now + app.backoffSeconds;
}

const REMEMBERED = ['TASK_FAILED', 'TASK_ERROR', 'TASK_LOST'];
const REMEMBERED_SINCE_1_4 = ['TASK_DROPPED', 'TASK_GONE', 'TASK_GONE_BY_OPERATOR'];

/** Marathon keeps one failure per app: the newest. Kills, normal ends and unreachable tasks are none. */
function rememberFailure(world: World, instance: Instance, task: Task, status: TaskStatus): void {
  const states = since(world.version, '1.4') ? [...REMEMBERED, ...REMEMBERED_SINCE_1_4] : REMEMBERED;
  if (states.includes(status.state)) setFailure(world, instance, task, status.state, status.message ?? '');
}

function setFailure(world: World, instance: Instance, task: Task, state: string, message: string): void {
  instance.app.lastTaskFailure = {
    appId: instance.app.shape.id,
    host: task.agent.hostname,
    message,
    state,
    taskId: task.id,
    timestamp: new Date(Math.round(stamp(world) * 1000) + 20).toISOString(),
    version: instance.version.version,
    slaveId: task.agent.id,
  };
}

/** A health check has failed too often. Marathon's own checks leave their text as last failure when the kill is sent. */
export function killUnhealthy(world: World, task: Task, why: string): void {
  const instance = world.marathon.byTask.get(task.id);
  if (instance === undefined || instance.state !== 'running') return;
  if (instance.app.shape.health === 'mesos') {
    const checked = since(world.version, '1.4') ? 'TASK_HEALTH_CHECK_STATUS_UPDATED' : null;
    report(world, task, {
      state: 'TASK_RUNNING',
      message: null,
      reason: checked,
      source: 'EXECUTOR',
      healthy: false,
    });
    const end = killed(world.version, task, 143, 'killed_unhealthy');
    after(world, 3, () => report(world, task, { ...end, healthy: false }));
    return;
  }
  setFailure(
    world,
    instance,
    task,
    'TASK_KILLED',
    `Task was killed since health check failed. Reason: ${why}`,
  );
  emitOfMarathon(world, { kind: 'unhealthy-kill', task, instance, why });
  sendKill(world, instance, task, 'killed_unhealthy');
}

/** Takes an instance out of the app: its tasks are asked to end. */
export function killInstance(world: World, instance: Instance): void {
  if (instance.state === 'killing') return;
  const wasWaiting = instance.state === 'waiting';
  instance.state = 'killing';
  instance.readyAt = null;
  if (wasWaiting) instance.app.instances.delete(instance);
  for (const task of instance.tasks) sendKill(world, instance, task);
}

function sendKill(world: World, instance: Instance, task: Task, cause?: TrueCause): void {
  const { shape } = instance.app;
  const grace = shape.graceSeconds ?? DEFAULT_GRACE_SECONDS;
  const { random } = world;
  let seconds = random.between(0.4, 2.5);
  let code = 143;
  if (shape.onSigterm === 'ignores' || random.chance(0.06)) {
    seconds = grace + random.between(0.1, 0.6);
    code = 137;
  } else if (shape.onSigterm === 'ends-well' && random.chance(0.7)) {
    code = 0;
  }
  const fate = killFateOf(world, task) ?? {
    afterSeconds: seconds,
    ignoresKill: false,
    report: killed(world.version, task, code, cause),
  };
  noteKill(world, task, { grace, ...fate });
  if (task.state === 'TASK_RUNNING' && world.marathon.framework.capabilities.includes('TASK_KILLING_STATE')) {
    report(world, task, { state: 'TASK_KILLING', message: null, reason: null, source: 'EXECUTOR' });
  }
  after(world, fate.afterSeconds, () => report(world, task, fate.report));
}

import { identify, noteDeath, noteLaunch, noteRunning } from '../hosts/host-events';
import type { Agent } from './agent';
import { hasRoom, takePort } from './agent';
import type { Fate } from './fate';
import { addTask, updateTask } from './master';
import { since } from './mesos-version';
import type { Random } from './random';
import { isTerminal, type Report, type Task, type TaskShape } from './task';
import { after, type World } from './world';

const CANDIDATES = 3;

/** Where a task goes: the emptier of a few agents that have room, or null where none has. */
export function placeTask(world: World, need: { cpus: number; mem: number }, random: Random): Agent | null {
  const open = [...world.master.agents.values()].filter(
    (agent) => agent.presence === 'registered' && hasRoom(agent, need),
  );
  if (open.length === 0) return null;
  const tempting = open.filter((agent) => world.temptingAgents.has(agent.hostname));
  const temptation = Math.max(0, ...tempting.map(({ hostname }) => world.temptingAgents.get(hostname) ?? 0));
  if (tempting.length > 0 && random.chance(temptation)) return random.pick(tempting);
  let best = random.pick(open);
  for (let tries = 1; tries < CANDIDATES; tries += 1) {
    const other = random.pick(open);
    if (load(other) < load(best)) best = other;
  }
  return best;
}

function load(agent: Agent): number {
  let mem = 0;
  for (const task of agent.tasks) mem += task.mem;
  return mem / agent.mem;
}

/** What a scheduler hands over with a task. */
export type Launch = {
  shape: TaskShape;
  agent: Agent;
  /** Pods: the outer container. */
  parentContainerId: string | null;
  /** What becomes of the task, asked once it has an agent; null: it runs on. */
  decide: (task: Task) => Fate | null;
  /** Seconds from acceptance to running: image pull and start. */
  startSeconds: number;
};

/** Launches a task and sets its fate going. */
export function launchTask(world: World, launch: Launch): Task {
  const { shape, agent } = launch;
  const task: Task = {
    ...shape,
    agent,
    state: 'TASK_STAGING',
    statuses: [],
    hostPort: shape.containerPort === null ? null : takePort(agent),
    containerId: world.ids.uuid(),
    ...identify(world, agent, shape.kind),
    parentContainerId: launch.parentContainerId,
    address: `172.17.0.${world.random.int(2, 60)}`,
    list: 'tasks',
    runningSince: null,
    launchedAt: world.now,
    endedAt: null,
    fullAt: null,
    end: null,
    pending: null,
  };
  addTask(world, task);
  noteLaunch(world, task);
  const fate = launch.decide(task);
  if (fate?.kind === 'never-runs') {
    after(world, fate.afterSeconds, () => report(world, task, fate.report));
    return task;
  }
  after(world, launch.startSeconds * 0.7, () => {
    // The Docker executor says so before it runs anything; older ones went straight to running.
    if (since(world.version, '1.0') && isWaiting(task)) {
      report(world, task, { state: 'TASK_STARTING', message: null, reason: null, source: 'EXECUTOR' });
    }
  });
  after(world, launch.startSeconds, () => run(world, task, fate));
  return task;
}

function isWaiting(task: Task): boolean {
  return task.list === 'tasks' && task.state === 'TASK_STAGING';
}

function run(world: World, task: Task, fate: Fate | null): void {
  if ((task.list !== 'tasks' && task.list !== 'between') || isTerminal(task.state)) return;
  task.runningSince = world.now;
  noteRunning(world, task);
  const running = { state: 'TASK_RUNNING', message: null, reason: null, source: 'EXECUTOR' } as const;
  report(world, task, { ...running, withInspect: task.kind === 'docker' });
  if (fate?.kind !== 'ends') return;
  if (fate.report.truth?.oom === 'container') task.fullAt = world.now + fate.afterSeconds;
  after(world, fate.afterSeconds, () => report(world, task, fate.report));
}

/** An executor's or agent's word on a task. It waits while the agent cannot reach a master that knows it. */
export function report(world: World, task: Task, said: Report): void {
  if (task.endedAt === null && isTerminal(said.state)) {
    const mayEnd = task.list === 'tasks' || task.list === 'between';
    if (task.list === 'unreachable' || (mayEnd && !isTerminal(task.state))) noteDeath(world, task, said);
  }
  if (task.list === 'unreachable') {
    task.pending ??= said;
  } else if (task.list === 'between' && !isTerminal(task.state)) {
    // What it came to, not each step on the way.
    if (task.pending === null || !isTerminal(task.pending.state)) task.pending = said;
  } else if (task.list === 'tasks' && !isTerminal(task.state)) {
    updateTask(world, task, said);
  }
}

/** Sends what waited on an agent that is back. */
export function reportPending(world: World, task: Task): void {
  const said = task.pending;
  task.pending = null;
  if (said !== null) report(world, task, said);
}

import { noteStatus } from '../hosts/host-events';
import { victimOf } from '../hosts/processes';
import { type Agent, keepEnded } from './agent';
import type { Framework } from './framework';
import { since } from './mesos-version';
import { isTerminal, keepStatus, type Report, type Task, type TaskState, type TaskStatus } from './task';
import type { Truth } from './truth';
import { truthOf } from './truth';
import { after, emit, stamp, type World } from './world';

/** One task end, for tests that check from outside that nothing was lost or doubled. */
export type TaskEnd = {
  frameworkId: string;
  taskId: string;
  agentId: string;
  hostname: string;
  appId: string | null;
  state: TaskState;
  message: string | null;
  reason: string | null;
  containerId: string;
  dockerId: string | null;
  /** Of the container's main process. */
  pid: number;
  /** The process that the kernel killed; null: it killed none. */
  killedPid: number | null;
  truth: Truth;
  /** Seconds since the epoch with fraction. */
  timestamp: number;
  /** When its agent came back with it alive, which takes the end back; null: it stands. */
  revivedAt: number | null;
};

export type Master = {
  /** Changes with each process that leads. */
  id: string;
  /** Which of the two masters it is. */
  seat: 0 | 1;
  /** The other one. */
  standby: { id: string; startedAt: number };
  /** Model seconds. */
  startedAt: number;
  electedAt: number;
  /** `max_completed_tasks_per_framework`. */
  ringSize: number;
  agents: Map<string, Agent>;
  frameworks: Map<string, Framework>;
  completedFrameworks: Framework[];
  /** Those that only agents still know of. */
  forgottenFrameworks: Framework[];
  counters: Map<string, number>;
  ends: TaskEnd[];
  /** Agents that were registered once; numbers the ids of those that come later. */
  agentsSeen: number;
};

export function count(world: World, key: string, by = 1): void {
  const { counters } = world.master;
  counters.set(key, (counters.get(key) ?? 0) + by);
}

export function frameworkOf(world: World, task: Task): Framework | null {
  const { frameworks, completedFrameworks } = world.master;
  return (
    frameworks.get(task.frameworkId) ?? completedFrameworks.find((one) => one.id === task.frameworkId) ?? null
  );
}

/**
 * Takes a status update in as the master does: keeps it, counts it, and moves the task to the completed ones once its
 * scheduler has acknowledged the end, which is at once or, now and then, half a minute late.
 */
export function updateTask(world: World, task: Task, report: Report): void {
  const framework = frameworkOf(world, task);
  if (
    framework === null ||
    task.list === 'completed' ||
    task.list === 'forgotten' ||
    isTerminal(task.state)
  ) {
    count(world, 'master/invalid_status_updates');
    return;
  }
  const status = toStatus(world, task, report);
  keepStatus(task.statuses, status);
  task.state = report.state;
  count(world, 'master/valid_status_updates');
  countState(world, framework, report);
  if (report.state === 'TASK_UNREACHABLE' || isTerminal(report.state)) recordEnd(world, task, status);
  if (isTerminal(report.state)) {
    task.agent.tasks.delete(task);
    keepEnded(task.agent, task);
    task.endedAt ??= world.now;
    acknowledge(world, framework, task);
  }
  noteStatus(world, task, status);
  // Before the scheduler acts on it, which may bring further updates.
  emit(world, { kind: 'task-updated', task, status, isCheck: report.healthy !== undefined });
  framework.onStatus(task, status);
}

function toStatus(world: World, task: Task, report: Report): TaskStatus {
  return {
    ...report,
    timestamp: stamp(world),
    uuid: world.ids.uuidBytes(),
    withContainer: report.state === 'TASK_STARTING' || report.state === 'TASK_RUNNING',
    ...(task.mesosChecks && report.state === 'TASK_RUNNING' ? { healthy: report.healthy ?? true } : {}),
  };
}

function countState(world: World, framework: Framework, report: Report): void {
  const word = report.state.toLowerCase();
  if (isTerminal(report.state)) {
    count(world, `master/${word.replace('task_', 'tasks_')}`);
    framework.terminalCounts[word] = (framework.terminalCounts[word] ?? 0) + 1;
  }
  if (report.reason !== null) {
    const source = `source_${report.source.toLowerCase()}`;
    count(world, `master/${word}/${source}/reason_${report.reason.toLowerCase()}`);
  }
}

function recordEnd(world: World, task: Task, status: TaskStatus): void {
  const { state, message, reason, timestamp } = status;
  const truth = status.truth ?? truthOf('unknown', 'possible');
  world.master.ends.push({
    frameworkId: task.frameworkId,
    taskId: task.id,
    agentId: task.agent.id,
    hostname: task.agent.hostname,
    appId: task.appId,
    state,
    message,
    reason,
    containerId: task.containerId,
    dockerId: task.dockerId,
    pid: task.pid,
    killedPid: truth.oom === null ? null : victimOf(task).pid,
    truth,
    timestamp,
    revivedAt: null,
  });
}

function acknowledge(world: World, framework: Framework, task: Task): void {
  // A scheduler that is busy acknowledges late: meanwhile the ended task stands among the running ones.
  if (world.random.chance(0.02)) {
    after(world, world.random.between(15, 40), () => moveToCompleted(world, framework, task));
  } else {
    moveToCompleted(world, framework, task);
  }
}

export function moveToCompleted(world: World, framework: Framework, task: Task): void {
  if (task.list === 'completed' || task.list === 'forgotten') return;
  framework.tasks.delete(task.id);
  framework.unreachable.delete(task.id);
  task.list = 'completed';
  framework.completed.push(task);
  evict(framework, world.master.ringSize);
}

/** Oldest completion first, as the master's ring buffer. */
export function evict(framework: Framework, ringSize: number): void {
  while (framework.completed.length > ringSize) {
    const oldest = framework.completed.shift();
    if (oldest !== undefined) oldest.list = 'forgotten';
  }
}

/** The master gives an agent up: its tasks become unreachable (1.2 and later) or lost for good (before). */
export function markUnreachable(world: World, agent: Agent): void {
  agent.presence = 'unreachable';
  count(world, 'master/slave_removals');
  count(world, 'master/slave_removals/reason_unhealthy');
  if (since(world.version, '1.1')) {
    count(world, 'master/slave_unreachable_scheduled');
    count(world, 'master/slave_unreachable_completed');
  }
  for (const task of [...agent.tasks]) {
    const framework = frameworkOf(world, task);
    if (framework === null) continue;
    const report: Report = {
      state: framework.partitionAware && since(world.version, '1.2') ? 'TASK_UNREACHABLE' : 'TASK_LOST',
      message: unreachableMessage(world, agent),
      reason: 'SLAVE_REMOVED',
      source: 'MASTER',
      truth: truthOf(
        since(world.version, '1.2') ? 'agent_unreachable_or_partition' : 'agent_lost_or_removed',
      ),
    };
    if (!since(world.version, '1.2')) {
      updateTask(world, task, report);
      continue;
    }
    // Not terminal in the master's books even as TASK_LOST: the task waits in unreachable_tasks for its agent.
    framework.tasks.delete(task.id);
    framework.unreachable.set(task.id, task);
    task.list = 'unreachable';
    const status = toStatus(world, task, report);
    keepStatus(task.statuses, status);
    task.state = report.state;
    countState(world, framework, report);
    recordEnd(world, task, status);
    emit(world, { kind: 'task-updated', task, status, isCheck: false });
    framework.onStatus(task, status);
  }
}

function unreachableMessage(world: World, agent: Agent): string {
  if (!since(world.version, '0.23')) return `Slave ${agent.hostname} removed`;
  if (!since(world.version, '1.2')) return `Slave ${agent.hostname} removed: health check timed out`;
  if (!since(world.version, '1.5')) return `Agent ${agent.hostname} is unreachable: health check timed out`;
  return 'health check timed out';
}

/** The agent is back with what it ran: what was unreachable or lost is alive again. Only since 1.2. */
export function bringBack(world: World, agent: Agent): Task[] {
  agent.presence = 'registered';
  agent.reregisteredAt = world.now;
  emit(world, { kind: 'agent-added', agent });
  const revived: Task[] = [];
  for (const task of agent.tasks) {
    const framework = frameworkOf(world, task);
    if (framework === null || task.list !== 'unreachable') continue;
    framework.unreachable.delete(task.id);
    framework.tasks.set(task.id, task);
    task.list = 'tasks';
    task.state = 'TASK_RUNNING';
    // The task is what the agent reports, and the agent never heard of its own absence.
    task.statuses = task.statuses.filter(
      ({ state }) => state !== 'TASK_UNREACHABLE' && state !== 'TASK_LOST',
    );
    takeEndBack(world, task);
    // Added once more in the stream: no proof of a new task.
    emit(world, { kind: 'task-added', task });
    revived.push(task);
  }
  return revived;
}

function takeEndBack(world: World, task: Task): void {
  const { ends } = world.master;
  for (let index = ends.length - 1; index >= 0; index -= 1) {
    const end = ends[index];
    if (end !== undefined && end.taskId === task.id && end.agentId === task.agent.id) {
      end.revivedAt = stamp(world);
      return;
    }
  }
}

/** Tears a framework down: its tasks are TASK_KILLED and it stands among the completed ones from now on. */
export function removeFramework(world: World, framework: Framework): void {
  framework.onStatus = () => {};
  for (const task of [...framework.tasks.values()]) {
    updateTask(world, task, {
      state: 'TASK_KILLED',
      message: `Framework ${framework.id} removed`,
      reason: 'FRAMEWORK_REMOVED',
      source: 'MASTER',
      truth: truthOf('framework_removed'),
    });
    moveToCompleted(world, framework, task);
  }
  framework.unregisteredAt = world.now;
  world.master.frameworks.delete(framework.id);
  world.master.completedFrameworks.push(framework);
  emit(world, { kind: 'framework-removed', framework });
}

/** Puts a new task among the running ones, staging. */
export function addTask(world: World, task: Task): void {
  const framework = world.master.frameworks.get(task.frameworkId);
  if (framework === undefined) throw new Error(`no framework ${task.frameworkId}`);
  framework.tasks.set(task.id, task);
  task.agent.tasks.add(task);
  emit(world, { kind: 'task-added', task });
}

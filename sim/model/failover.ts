import type { Agent } from './agent';
import type { Framework } from './framework';
import { reportPending } from './launch';
import { count, evict } from './master';
import { since } from './mesos-version';
import { isTerminal, type Task } from './task';
import { after, emit, type World } from './world';

/** Model seconds until a process that ended is there again. */
const BACK_SECONDS = 4;
/** Agents find the new leader one by one. */
const REREGISTER_SECONDS = [0.5, 4] as const;

/**
 * The leading master ends, and with it all it knew: the other one leads (`failover`), or the same process started again
 * (`restart`), with empty memory and counters at zero. Frameworks come back at once under their ids. Each agent comes back
 * by itself and tells what runs on it, and what ended there only of frameworks of which nothing is left on it.
 */
export function failOver(world: World, kind: 'failover' | 'restart'): void {
  const { master } = world;
  if (kind === 'failover') {
    const { standby } = master;
    master.seat = master.seat === 0 ? 1 : 0;
    master.standby = { id: world.ids.uuid(), startedAt: world.now + BACK_SECONDS };
    master.id = standby.id;
    master.startedAt = standby.startedAt;
  } else {
    master.id = world.ids.uuid();
    master.startedAt = world.now;
  }
  master.electedAt = world.now;
  master.agentsSeen = 0;
  master.counters.clear();
  for (const framework of [...master.frameworks.values(), ...master.completedFrameworks]) forget(framework);
  master.forgottenFrameworks.push(...master.completedFrameworks.splice(0));
  for (const framework of master.frameworks.values()) framework.registeredAt = world.now;
  for (const agent of master.agents.values()) {
    if (agent.presence !== 'registered') continue;
    agent.presence = 'recovering';
    const [from, to] = REREGISTER_SECONDS;
    after(world, world.random.between(from, to), () => reregister(world, agent));
  }
}

function forget(framework: Framework): void {
  for (const task of framework.completed) task.list = 'forgotten';
  // An unreachable agent keeps its own: what it ran is told again when it comes back.
  for (const task of framework.tasks.values()) task.list = 'between';
  framework.tasks.clear();
  framework.unreachable.clear();
  framework.completed = [];
  framework.terminalCounts = {};
}

function reregister(world: World, agent: Agent): void {
  // A second failover may have come in between, or the agent went away meanwhile.
  if (agent.presence !== 'recovering') return;
  const { master } = world;
  agent.presence = 'registered';
  agent.reregisteredAt = world.now;
  emit(world, { kind: 'agent-added', agent });
  const kept = [...agent.ended.values()].flat();
  // What ended and was not acknowledged still has its executor, and is told among the tasks.
  const held = [...agent.tasks, ...kept].filter(({ list }) => list === 'between');
  for (const task of held) takeBack(world, task);
  for (const framework of master.frameworks.values()) {
    if (held.some(({ frameworkId }) => frameworkId === framework.id)) continue;
    for (const task of agent.ended.get(framework.id) ?? []) {
      if (task.list !== 'forgotten') continue;
      task.list = 'completed';
      framework.completed.push(task);
    }
    evict(framework, master.ringSize);
  }
  for (const task of held) reportPending(world, task);
}

function takeBack(world: World, task: Task): void {
  const framework = world.master.frameworks.get(task.frameworkId);
  if (framework === undefined) return;
  framework.tasks.set(task.id, task);
  task.list = 'tasks';
  // Added once more in the stream: no proof of a new task.
  if (!isTerminal(task.state)) emit(world, { kind: 'task-added', task });
}

/**
 * The master refuses three launches of the batch scheduler: two invalid tasks, one whose offer was gone. Such tasks are in
 * no list, no event tells of them: only the counters do.
 */
export function refuseLaunches(world: World): void {
  const framework = [...world.master.frameworks.values()].at(-1);
  if (framework === undefined) return;
  const refuse = (word: string, reason: string) => {
    count(world, `master/tasks_${word}`);
    count(world, `master/task_${word}/source_master/reason_${reason}`);
    const key = `task_${word}`;
    framework.terminalCounts[key] = (framework.terminalCounts[key] ?? 0) + 1;
  };
  refuse('error', 'task_invalid');
  refuse('error', 'task_invalid');
  // Only schedulers that know partitions are told TASK_DROPPED.
  refuse(framework.partitionAware && since(world.version, '1.1') ? 'dropped' : 'lost', 'invalid_offers');
}

import { type Agent, createAgents } from '../model/agent';
import { executorDidNotReturn, markedGone } from '../model/endings';
import { report, reportPending } from '../model/launch';
import { killReturned } from '../model/marathon';
import { bringBack, count, frameworkOf, markUnreachable, updateTask } from '../model/master';
import { since } from '../model/mesos-version';
import type { Task } from '../model/task';
import { after, emit, randomOf, type World } from '../model/world';
import type { Scenario } from './scenario';
import { atStoryTimes } from './story-times';

/**
 * An agent that the master loses: cut off and back with its tasks alive, restarted and back without them, or declared
 * gone by an operator. Before 1.2 a lost agent was removed for good and came back as a new one.
 */
export function prepareAgentLost(world: World): Scenario {
  const random = randomOf(world, 'agent-lost');
  let stories = 0;

  function isPartitionAware(task: Task): boolean {
    return frameworkOf(world, task)?.partitionAware ?? false;
  }

  function cutOff(agent: Agent, minutes: number, isRestarted: boolean): void {
    markUnreachable(world, agent);
    if (!since(world.version, '1.2')) {
      replace(agent, minutes);
      return;
    }
    after(world, minutes * 60, () => {
      const revived = bringBack(world, agent);
      for (const task of revived) {
        if (isRestarted) {
          report(world, task, executorDidNotReturn(world.version, isPartitionAware(task)));
        } else {
          reportPending(world, task);
          if (task.frameworkId === world.marathon.framework.id) killReturned(world, task);
        }
      }
    });
  }

  function declareGone(agent: Agent): void {
    count(world, 'master/slave_removals');
    agent.presence = 'removed';
    for (const task of [...agent.tasks]) updateTask(world, task, markedGone(isPartitionAware(task)));
    replace(agent, 20);
  }

  /** The machine comes back, or another takes its place: same name, new agent id. */
  function replace(lost: Agent, minutes: number): void {
    lost.presence = 'removed';
    world.master.agents.delete(lost.id);
    after(world, minutes * 60, () => {
      const [fresh] = createAgents(1, world.master.id, world.now, random);
      if (fresh === undefined) return;
      const id = `${world.master.id}-S${world.master.agentsSeen}`;
      world.master.agentsSeen += 1;
      const { hostname, ip, attributes, cpus, mem, disk, process } = lost;
      // A work directory of its own: it remembers nothing of the lost one.
      const agent = { ...fresh, id, hostname, ip, attributes, cpus, mem, disk, process };
      world.master.agents.set(id, agent);
      emit(world, { kind: 'agent-removed', agentId: lost.id });
      emit(world, { kind: 'agent-added', agent });
    });
  }

  function loseOne(): void {
    const candidates = [...world.master.agents.values()].filter(
      ({ presence, hostname, tasks }) =>
        presence === 'registered' && tasks.size > 1 && !world.temptingAgents.has(hostname),
    );
    if (candidates.length === 0) return;
    // One that runs a batch job shows both outcomes: unreachable and, for a scheduler that knows no partitions, lost.
    const mixed = candidates.filter(({ tasks }) => [...tasks].some((task) => !isPartitionAware(task)));
    const agent = random.pick(mixed.length > 0 ? mixed : candidates);
    const kind = stories % 4;
    stories += 1;
    if (kind === 3 && since(world.version, '1.5')) declareGone(agent);
    else cutOff(agent, random.between(6, 18), kind % 2 === 1);
  }

  return {
    tell() {
      atStoryTimes(
        world,
        { days: [-5.6, -4.1, -2.7, -1.6, -0.45], thenEveryDays: 1.3, soonMinutes: 14 },
        loseOne,
      );
    },
    trigger: loseOne,
  };
}

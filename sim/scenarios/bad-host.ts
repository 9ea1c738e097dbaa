import type { Agent } from '../model/agent';
import { exited } from '../model/endings';
import type { Fate } from '../model/fate';
import { report } from '../model/launch';
import type { Report, Task } from '../model/task';
import { after, randomOf, type World } from '../model/world';
import { complainOfFullDisk, noSpace } from './full-disk';
import type { Scenario } from './scenario';
import { atStoryTimes } from './story-times';

const HOUR_SECONDS = 3600;
/** Of all launches, the share that goes to it first. */
const TEMPTATION = 0.1;

/** A host whose disk is full: pulls fail, what starts dies soon, and being empty it keeps attracting new tasks. */
export function prepareBadHost(world: World): Scenario {
  const random = randomOf(world, 'bad-host');
  const complaints = randomOf(world, 'bad-host-logs');
  const bad = new Set<string>();

  world.fates.push((task) => (bad.has(task.agent.hostname) ? fateOnBadHost(task) : null));

  function fateOnBadHost(task: Task): Fate {
    const roll = random.next();
    if (roll < 0.35)
      return {
        kind: 'never-runs',
        afterSeconds: random.between(1, 25),
        report: noSpace(world, task, random),
      };
    if (roll < 0.43) return { kind: 'never-runs', afterSeconds: 2, report: exited(world.version, task, 125) };
    if (roll < 0.63) {
      return { kind: 'ends', afterSeconds: random.between(4, 120), report: exited(world.version, task, 1) };
    }
    if (roll < 0.75) {
      return {
        kind: 'ends',
        afterSeconds: random.between(60, 1500),
        report: exited(world.version, task, 137),
      };
    }
    return { kind: 'ends', afterSeconds: random.exponential(6 * HOUR_SECONDS), report: sickEnding(task) };
  }

  function sickEnding(task: Task): Report {
    return exited(world.version, task, random.pick([1, 1, 137, 255]));
  }

  function complain(agent: Agent): void {
    if (!bad.has(agent.hostname)) return;
    complainOfFullDisk(world, agent, complaints);
    after(world, complaints.exponential(25 * 60), () => complain(agent));
  }

  function spoil(agent: Agent, hours: number): void {
    const { hostname } = agent;
    bad.add(hostname);
    world.temptingAgents.set(hostname, TEMPTATION);
    complain(agent);
    for (const task of agent.tasks) {
      after(world, random.exponential(5 * HOUR_SECONDS), () => {
        if (bad.has(hostname)) report(world, task, sickEnding(task));
      });
    }
    after(world, hours * HOUR_SECONDS, () => {
      bad.delete(hostname);
      world.temptingAgents.delete(hostname);
    });
  }

  function pickAgent(): Agent | null {
    const healthy = [...world.master.agents.values()].filter(
      ({ presence, hostname }) => presence === 'registered' && !world.temptingAgents.has(hostname),
    );
    return healthy.length === 0 ? null : random.pick(healthy);
  }

  return {
    tell() {
      atStoryTimes(world, { days: [-1.1], thenEveryDays: 4.2, soonMinutes: 2 }, () => {
        const agent = pickAgent();
        if (agent !== null) spoil(agent, 38);
      });
    },
    trigger() {
      const agent = pickAgent();
      if (agent === null) return;
      spoil(agent, 1);
      // A first failure at once, so that the trigger shows.
      for (const task of [...agent.tasks].slice(0, 3)) {
        after(world, random.between(2, 30), () => report(world, task, sickEnding(task)));
      }
    },
  };
}

import type { Agent } from '../model/agent';
import type { Batch, Job } from '../model/batch';
import { report } from '../model/launch';
import { after, randomOf, type World } from '../model/world';
import { complainOfFullDisk, gaveUpWriting, noSpace } from './full-disk';
import type { Scenario } from './scenario';
import { openIncident, pickBusyAgent } from './story-hosts';
import { atStoryTimes } from './story-times';

const MINUTES = 35;
const ROTATE: Job = {
  name: 'rotate-logs',
  kind: 'docker',
  mem: 128,
  seconds: [5, 30],
  failureShare: 0,
  exitCodes: [1],
};

/** Logs fill the disk of a host until somebody makes room: nothing can be launched there, and what must write gives up. */
export function prepareDiskFull(world: World, batch: Batch): Scenario {
  const random = randomOf(world, 'disk-full');
  const full = new Set<string>();

  world.fates.push((task) =>
    full.has(task.agent.hostname)
      ? { kind: 'never-runs', afterSeconds: random.between(1, 12), report: noSpace(world, task, random) }
      : null,
  );

  function complain(agent: Agent): void {
    if (!full.has(agent.hostname)) return;
    complainOfFullDisk(world, agent, random);
    after(world, random.between(60, 240), () => complain(agent));
  }

  function fill(): void {
    const agent = pickBusyAgent(world, random);
    if (agent === null) return;
    const { hostname } = agent;
    const close = openIncident(world, { kind: 'disk-full', hostname });
    full.add(hostname);
    world.temptingAgents.set(hostname, 0.5);
    complain(agent);
    for (const task of [...agent.tasks].slice(0, 2)) {
      after(world, random.between(20, 400), () => report(world, task, gaveUpWriting(world, task)));
    }
    for (let run = 0; run < 6; run += 1) after(world, random.between(5, 500), () => batch.run(ROTATE));
    after(world, MINUTES * 60, () => {
      full.delete(hostname);
      world.temptingAgents.delete(hostname);
      close();
    });
  }

  return {
    tell() {
      atStoryTimes(world, { days: [-4.75], thenEveryDays: 5.5, soonMinutes: 75 }, fill);
    },
    trigger: fill,
  };
}

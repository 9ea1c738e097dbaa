import type { Agent } from '../model/agent';
import type { Random } from '../model/random';
import { type Incident, stamp, type World } from '../model/world';

/** A host on which a story can be told: registered, at work, and in no other story. Null: none is. */
export function pickBusyAgent(world: World, random: Random, least = 2): Agent | null {
  const candidates = [...world.master.agents.values()].filter(
    ({ presence, hostname, tasks }) =>
      presence === 'registered' && tasks.size >= least && !world.temptingAgents.has(hostname),
  );
  return candidates.length === 0 ? null : random.pick(candidates);
}

/** Writes an incident into the books of the truth; what it returns closes it. */
export function openIncident(
  world: World,
  shape: Pick<Incident, 'kind' | 'hostname'> & Partial<Pick<Incident, 'taskId' | 'killedPid'>>,
): () => void {
  const incident: Incident = { taskId: null, killedPid: null, ...shape, from: stamp(world), until: null };
  world.incidents.push(incident);
  return () => {
    incident.until = stamp(world);
  };
}

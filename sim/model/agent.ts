import type { Random } from './random';
import type { Task } from './task';

export type Agent = {
  id: string;
  /** Process number: one listener serves all agents as `slave(1)`, `slave(2)` …, as Mesos's own tests do. */
  process: number;
  hostname: string;
  ip: string;
  attributes: Record<string, string | number>;
  cpus: number;
  mem: number;
  disk: number;
  /** Model seconds. */
  registeredAt: number;
  reregisteredAt: number | null;
  /** `recovering`: a new master leads to whom it has not yet come back. */
  presence: 'registered' | 'recovering' | 'unreachable' | 'removed';
  /** Every task that holds resources here. */
  tasks: Set<Task>;
  /** What ended here, by framework id, oldest first: the agent's own memory. */
  ended: Map<string, Task[]>;
  nextPort: number;
};

const SIZES = [
  { cpus: 16, mem: 64_000, disk: 400_000 },
  { cpus: 16, mem: 64_000, disk: 400_000 },
  { cpus: 32, mem: 128_000, disk: 800_000 },
] as const;

/** `count` agents in three racks; every third is a big one. */
export function createAgents(count: number, masterId: string, registeredAt: number, random: Random): Agent[] {
  return Array.from({ length: count }, (_, index) => {
    const size = SIZES[index % SIZES.length] ?? SIZES[0];
    return {
      ...size,
      id: `${masterId}-S${index}`,
      process: index + 1,
      hostname: `node-${String(index + 1).padStart(2, '0')}.fra1.example.test`,
      ip: `10.20.${Math.floor(index / 8) + 1}.${10 + (index % 8)}`,
      attributes: { rack: `r${(index % 3) + 1}`, zone: index % 2 === 0 ? 'a' : 'b', kernel: '5.10' },
      registeredAt: registeredAt + random.between(1, 20),
      reregisteredAt: null,
      presence: 'registered' as const,
      tasks: new Set<Task>(),
      ended: new Map<string, Task[]>(),
      nextPort: 31_000 + random.int(0, 400),
    };
  });
}

// More than its history shows: an agent keeps 150 executors of a framework.
const MAX_ENDED = 1000;

export function keepEnded(agent: Agent, task: Task): void {
  const ended = agent.ended.get(task.frameworkId) ?? [];
  agent.ended.set(task.frameworkId, ended);
  ended.push(task);
  if (ended.length > MAX_ENDED) ended.shift();
}

/** The next port of the agent's offered range, going round. */
export function takePort(agent: Agent): number {
  agent.nextPort = agent.nextPort >= 31_990 ? 31_000 : agent.nextPort + 1;
  return agent.nextPort;
}

export function hasRoom(agent: Agent, need: { cpus: number; mem: number }): boolean {
  let cpus = need.cpus;
  let mem = need.mem;
  for (const task of agent.tasks) {
    cpus += task.cpus;
    mem += task.mem;
  }
  return cpus <= agent.cpus && mem <= agent.mem;
}

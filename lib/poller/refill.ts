import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { Pool } from 'pg';

import type { MesosTask } from '@/lib/domain/task';
import { AppError, toAppError } from '@/lib/errors';
import {
  agentsToAsk,
  applyRefill,
  finishRefill,
  isInGap,
  type PendingRefill,
  pendingRefill,
} from '@/lib/ingest/apply-refill';
import type { Lease } from '@/lib/ingest/lease';
import { log } from '@/lib/log';
import { type AgentAddress, agentAddress } from '@/lib/mesos/agent-address';
import type { AgentReader } from '@/lib/mesos/read-agent';

import type { Follower } from './agents';
import { pause } from './pause';
import { type CycleState, knownMarathons } from './poll-cycle';

export type RefillOptions = {
  pool: Pool;
  reader: Pick<AgentReader, 'readEnded'>;
  /** Between two rounds over the agents that did not answer. Default 90,000: longer than one is left alone for. */
  roundPauseMs?: number;
};

export type Refill = Follower & {
  /** At the start of each cycle: what the collector knows. */
  adopt(lease: Lease, state: CycleState): void;
};

const AGENTS_AT_ONCE = 8;
const ROUNDS = 3;
const ROUND_PAUSE_MS = 90_000;
/** Of one agent, so that one which makes ends up must not fill our memory. */
const MAX_ENDS = 5_000;
const BATCH_ENDS = 200;

type Held = { lease: Lease; state: CycleState };

/**
 * After a master's failover, asks each agent once what ended on it meanwhile, and stores what no master told. Beside the
 * polls, never waited for. Whether it was done stands on the row of the gap: a collector that dies over it leaves it to
 * the next, and what was stored is known then.
 */
export function createRefill(options: RefillOptions): Refill {
  let next: Held | null = null;
  let term: (Held & { stop: AbortController; done: Promise<void> | null }) | null = null;

  async function rest(): Promise<void> {
    const ending = term;
    term = null;
    next = null;
    ending?.stop.abort();
    await ending?.done;
  }

  return {
    adopt(lease, state) {
      next = { lease, state };
      if (term?.lease.token === lease.token) term.state = state;
    },
    lead(lease) {
      const held = next;
      if (held === null || held.lease.token !== lease.token) return;
      if (term !== null && term.lease.token !== lease.token) {
        term.stop.abort();
        term = null;
      }
      term ??= { ...held, stop: new AbortController(), done: null };
      const current = term;
      setMaxListeners(0, current.stop.signal);
      current.done ??= refill(options, current, current.stop.signal)
        .catch((thrown) => {
          const { code } = toAppError(thrown);
          if (current.stop.signal.aborted) return;
          log.warn(
            { code, err: code === 'INTERNAL' ? thrown : undefined },
            'agents could not be asked for what ended during the failover; the next poll begins anew',
          );
        })
        .finally(() => {
          current.done = null;
        });
    },
    rest,
  };
}

/** `held.state` may be taken anew meanwhile. Throws LEASE_LOST and database errors. */
async function refill(options: RefillOptions, held: Held, signal: AbortSignal): Promise<void> {
  const { pool } = options;
  const { lease } = held;
  const pending = await pendingRefill(pool, lease.clusterId, new Date());
  if (pending === null) return;
  const agents = await agentsToAsk(pool, lease.clusterId, pending);
  let left = agents.map((agent) => ({ address: agentAddress(agent) })).filter(hasAddress);
  let stored = 0;
  for (let round = 1; round <= ROUNDS && left.length > 0 && !signal.aborted; round += 1) {
    if (round > 1) await pause(options.roundPauseMs ?? ROUND_PAUSE_MS, signal);
    const limit = pLimit(AGENTS_AT_ONCE);
    const silent: typeof left = [];
    const asked = left.map((agent) =>
      limit(async () => {
        if (signal.aborted) return;
        const { tasks, isWhole } = await ask(options, pending, agent.address, signal);
        if (!isWhole) silent.push(agent);
        for (let at = 0; at < tasks.length && !signal.aborted; at += BATCH_ENDS) {
          const part = tasks.slice(at, at + BATCH_ENDS);
          stored += await held.state.writing(() => {
            const marathons = knownMarathons(held.state);
            return applyRefill(pool, lease, held.state.memory, {
              pending,
              tasks: part,
              marathons,
              now: new Date(),
            });
          });
        }
      }),
    );
    // The first that fails ends it; the others are waited for, so that nothing runs on behind.
    const outcomes = await Promise.allSettled(asked);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    left = silent;
  }
  if (signal.aborted) return;
  const counts = { asked: agents.length, answered: agents.length - left.length - withoutAddress(agents) };
  await held.state.writing(() => finishRefill(pool, lease, pending, { ...counts, now: new Date() }));
  log.info({ ...counts, stored }, 'agents were asked for what ended during the failover');
}

function withoutAddress(agents: readonly Parameters<typeof agentAddress>[0][]): number {
  return agents.filter((agent) => agentAddress(agent) === null).length;
}

function hasAddress(agent: { address: AgentAddress | null }): agent is { address: AgentAddress } {
  return agent.address !== null;
}

async function ask(
  { reader }: RefillOptions,
  pending: PendingRefill,
  address: AgentAddress,
  signal: AbortSignal,
): Promise<{ tasks: MesosTask[]; isWhole: boolean }> {
  const tasks: MesosTask[] = [];
  let isFull = false;
  const onEnd = (task: MesosTask) => {
    // An agent tells of itself alone.
    if (task.agentId !== address.agentId || !isInGap(pending, task)) return;
    if (tasks.length < MAX_ENDS) tasks.push(task);
    else isFull = true;
  };
  try {
    await reader.readEnded(address, onEnd, signal);
    // What is beyond the bound was not taken: that agent did not answer all.
    return { tasks, isWhole: !isFull };
  } catch (thrown) {
    if (!(thrown instanceof AppError) && !signal.aborted) throw thrown;
    return { tasks, isWhole: false };
  }
}

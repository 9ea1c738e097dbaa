import { setMaxListeners } from 'node:events';
import type { Pool } from 'pg';

import type { MasterSnapshot } from '@/lib/domain/snapshot';
import { toAppError } from '@/lib/errors';
import { applyAgentFacts } from '@/lib/ingest/apply-agent-facts';
import type { Lease } from '@/lib/ingest/lease';
import { log } from '@/lib/log';
import type { AgentGate } from '@/lib/mesos/agent-gate';
import type { AgentReader } from '@/lib/mesos/read-agent';
import type { TaskUpdate } from '@/lib/mesos/subscribe';

import { createAgentSampler } from './agent-sampler';
import { pause } from './pause';
import { fetchSandboxTails, noTailsUnderWay, type TailsUnderWay } from './sandbox-tails';

/** Works beside the polls while the lease is held. */
export type Follower = {
  /** After each cycle under the lease. */
  lead(lease: Lease): void;
  /** The lease is another's (`isTakenOver`), or the collector ends: stops at once, resolves once nothing is under way. Never rejects. */
  rest(isTakenOver?: boolean): Promise<void>;
};

export type AgentsOptions = {
  pool: Pool;
  reader: AgentReader;
  gate: AgentGate;
  sampleIntervalMs: number;
  sandboxTails: boolean;
};

export type Agents = Follower & {
  /** Takes what a poll of the master read. */
  learn(snapshot: MasterSnapshot): void;
  learnMarathon(frameworkId: string): void;
  /** Takes what the master's event stream told. */
  noteUpdate(update: TaskUpdate): void;
  /** Failures were stored between two polls: the ends of their files are fetched, at most once a second. */
  fetchTails(): void;
};

const WRITE_EVERY_MS = 1_000;
const TAILS_EVERY_MS = 1_000;

/** The time under one lease. */
type Term = {
  lease: Lease;
  stop: AbortController;
  done: Promise<void>;
  tails: Promise<void> | null;
  underWay: TailsUnderWay;
  isTailsAsked: boolean;
};

/**
 * Everything that is asked of agents: none of it is waited for by a poll, and none of its failures is one of a poll's. Series of memory live in this process: who takes the lease over begins anew.
 */
export function createAgents(options: AgentsOptions): Agents {
  const { pool, reader, gate } = options;
  const sampler = createAgentSampler({ reader, gate, intervalMs: options.sampleIntervalMs });
  let term: Term | null = null;
  let soon: ReturnType<typeof setTimeout> | null = null;

  function begin(lease: Lease): Term {
    const stop = new AbortController();
    const { signal } = stop;
    setMaxListeners(0, signal); // Each request to an agent listens.
    const begun: Term = {
      lease,
      stop,
      done: Promise.resolve(),
      tails: null,
      underWay: noTailsUnderWay(pool, lease),
      isTailsAsked: false,
    };
    begun.done = Promise.all([sampler.run(signal), write(begun)]).then(
      () => {},
      (thrown) => log.error({ err: thrown }, 'the agents are no longer watched'),
    );
    return begun;
  }

  /** The last time after the end of the term, so that a collector that stops leaves nothing behind. */
  async function write({ lease, stop: { signal } }: Term): Promise<void> {
    while (!signal.aborted) {
      await pause(WRITE_EVERY_MS, signal);
      await flush(lease);
    }
  }

  async function flush(lease: Lease): Promise<void> {
    const facts = sampler.take();
    if (facts === null) return;
    try {
      await applyAgentFacts(pool, lease, facts);
    } catch (thrown) {
      note(thrown, 'what agents told could not be stored');
      if (toAppError(thrown).retryable) sampler.giveBack(facts);
    }
  }

  function startTails(current: Term): void {
    const { lease, stop } = current;
    current.isTailsAsked = true;
    current.tails ??= (async () => {
      while (current.isTailsAsked && !stop.signal.aborted) {
        current.isTailsAsked = false;
        try {
          const sources = { reader, addressOf: sampler.addressOf, underWay: current.underWay };
          const counts = await fetchSandboxTails(pool, lease, sources, stop.signal);
          if (Object.values(counts).some((count) => count > 0)) log.info(counts, 'sandboxes read');
        } catch (thrown) {
          if (!stop.signal.aborted) note(thrown, 'sandboxes could not be read');
        }
      }
      current.tails = null;
    })();
  }

  async function rest(): Promise<void> {
    const ending = term;
    term = null;
    ending?.stop.abort();
    await Promise.allSettled([ending?.done, ending?.tails, ...(ending?.underWay.agents.values() ?? [])]);
  }

  return {
    learn: (snapshot) => sampler.learn(snapshot, term?.lease.clusterId ?? null),
    learnMarathon: sampler.learnMarathon,
    noteUpdate: sampler.noteUpdate,
    fetchTails() {
      if (!options.sandboxTails || soon !== null) return;
      soon = setTimeout(() => {
        soon = null;
        if (term !== null) startTails(term);
      }, TAILS_EVERY_MS).unref();
    },
    lead(held) {
      // The lease ran out and was taken anew: the old token writes nothing more.
      if (term !== null && term.lease.token !== held.token) void rest();
      term ??= begin(held);
      if (options.sandboxTails) startTails(term);
    },
    rest,
  };
}

function note(thrown: unknown, text: string): void {
  const { code } = toAppError(thrown);
  const isExpected = code === 'LEASE_LOST' || code === 'DATABASE_UNAVAILABLE';
  log.warn({ code, err: isExpected ? undefined : thrown }, text);
}

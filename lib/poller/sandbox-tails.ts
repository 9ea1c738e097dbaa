import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Pool } from 'pg';

import { applySandboxTails, type SandboxTailRow, tailCandidates } from '@/lib/ingest/apply-sandbox';
import type { Lease } from '@/lib/ingest/lease';
import { planSandboxTails, type TailCandidate } from '@/lib/ingest/plan-sandbox-tails';
import type { AgentAddress } from '@/lib/mesos/agent-address';
import { type AgentReader, SANDBOX_FILES, type SandboxTails } from '@/lib/mesos/read-agent';

import { type BatchWriter, createBatchWriter } from './batch-writer';

const AGENTS_AT_ONCE = 8;
const BUDGET_MS = 30_000;
// One that takes longer makes room for the next: fresh failures do not wait for agents that hang.
const SLOW_MS = 500;

/** What is kept from one call to the next, under one lease. */
export type TailsUnderWay = {
  /** Agents whose sandboxes are being read. */
  agents: Map<string, Promise<void>>;
  writer: BatchWriter<SandboxTailRow>;
};

export function noTailsUnderWay(pool: Pool, lease: Lease): TailsUnderWay {
  return { agents: new Map(), writer: createBatchWriter((rows) => applySandboxTails(pool, lease, rows)) };
}

/**
 * Reads the sandboxes of the failures that want it, newest first, 8 agents at once (those that take longer than
 * half a second not counted), within 30 seconds; what is left then is taken up after the next poll. Why one has
 * none is stored too. Resolves when every agent was begun and had its half second; the rest is `underWay`, and
 * counted nowhere.
 *
 * Throws LEASE_LOST and database errors; what agents do is never thrown.
 */
export async function fetchSandboxTails(
  pool: Pool,
  lease: Lease,
  {
    reader,
    addressOf,
    underWay,
    budgetMs = BUDGET_MS,
  }: {
    reader: Pick<AgentReader, 'readSandboxes'>;
    addressOf: (agentId: string) => AgentAddress | null;
    underWay: TailsUnderWay;
    budgetMs?: number;
  },
  signal: AbortSignal,
): Promise<{ fetched: number; failed: number; skipped: number }> {
  const { agents, writer } = underWay;
  const now = new Date();
  const deadline = Date.now() + budgetMs;
  const isOver = () => signal.aborted || Date.now() > deadline;
  const { fetch, skip } = planSandboxTails(await tailCandidates(pool, lease.clusterId, now), now);
  const counts = { fetched: 0, failed: 0, skipped: skip.length };
  const skipped = skip.flatMap((one) => rowsOf(one, without('SKIPPED_SIMILAR')));
  await writer.add(skipped);

  async function readAgent(agentId: string, tasks: readonly TailCandidate[]): Promise<void> {
    const address = addressOf(agentId);
    if (address === null) {
      counts.failed += tasks.length;
      const rows = tasks.flatMap((task) => rowsOf(task, without('AGENT_UNREACHABLE')));
      return writer.add(rows);
    }
    // Stored as they come: a collector that dies has kept what it read.
    const storing: Promise<void>[] = [];
    await reader.readSandboxes(
      address,
      tasks,
      (task, tails) => {
        const isRead = SANDBOX_FILES.some((file) => 'content' in tails[file]);
        counts[isRead ? 'fetched' : 'failed'] += 1;
        const stored = writer.add(rowsOf(task, tails));
        stored.catch(() => {}); // Waited for below.
        storing.push(stored);
        return !isOver();
      },
      signal,
    );
    await Promise.all(storing);
  }

  const limit = pLimit(AGENTS_AT_ONCE);
  await Promise.all(
    [...byAgent(fetch)].map(([agentId, tasks]) =>
      limit(async () => {
        if (isOver() || agents.has(agentId)) return;
        const work = readAgent(agentId, tasks).finally(() => agents.delete(agentId));
        agents.set(agentId, work);
        work.catch(() => {}); // Where it fails later, the next look finds its ends without tails.
        const over = new AbortController();
        await Promise.race([work, sleep(SLOW_MS, undefined, { signal: over.signal }).catch(() => {})]);
        over.abort();
      }),
    ),
  );
  return counts;
}

function rowsOf({ endId }: TailCandidate, tails: SandboxTails): SandboxTailRow[] {
  return SANDBOX_FILES.map((file) => ({ endId, file, fetchedAt: new Date(), ...tails[file] }));
}

function without(errorCode: string): SandboxTails {
  return { stdout: { errorCode }, stderr: { errorCode } };
}

/** In the order of the newest end of each. */
function byAgent(tasks: readonly TailCandidate[]): Map<string, TailCandidate[]> {
  const groups = new Map<string, TailCandidate[]>();
  for (const task of tasks) groups.set(task.agentId, [...(groups.get(task.agentId) ?? []), task]);
  return groups;
}

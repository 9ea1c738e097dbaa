import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';

import { toAppError } from '@/lib/errors';
import { type Lease, releaseLease, takeLease } from '@/lib/ingest/lease';
import { loadMemory } from '@/lib/ingest/memory';
import { log } from '@/lib/log';

import { type CycleState, pollCycle, type Sources } from './poll-cycle';
import { leaseTtlMs, pauseAfter } from './schedule';

export type LoopOptions = {
  pool: Pool;
  clusterName: string;
  simulated: boolean;
  /** Names this process in the lease: `host|pid|random`. */
  holder: string;
  intervalMs: number;
  timeoutMs: number;
  sources: Sources;
};

/**
 * Collects until `signal` aborts, whatever a master, a network or the database does: each cycle that fails is
 * logged and followed by the next. Only the holder of the lease reads; the others look again every interval.
 */
export async function runLoop(options: LoopOptions, signal: AbortSignal): Promise<void> {
  let held: { lease: Lease; state: CycleState } | null = null;
  while (!signal.aborted) {
    const startedAt = new Date();
    try {
      held = await takeTurn(options, held);
      if (held) await pollCycle(options.pool, held.lease, held.state, options.sources, signal);
    } catch (thrown) {
      if (signal.aborted) break;
      const error = toAppError(thrown);
      // Whatever was half-written was rolled back; the master still offers it, and a fresh memory asks again.
      held = null;
      log.error({ code: error.code, err: error.code === 'LEASE_LOST' ? undefined : thrown }, 'cycle failed');
    }
    const pauseMs = pauseAfter({ startedAt, now: new Date(), intervalMs: options.intervalMs });
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
  if (held) await releaseLease(options.pool, held.lease).catch(() => {});
}

async function takeTurn(
  options: LoopOptions,
  held: { lease: Lease; state: CycleState } | null,
): Promise<{ lease: Lease; state: CycleState } | null> {
  const { pool, holder } = options;
  const clusterId = held?.lease.clusterId ?? (await ensureCluster(options));
  const ttlMs = leaseTtlMs(options);
  const lease =
    (await takeLease(pool, { clusterId, holder, ttlMs })) ??
    ((await expireDeadHolder(pool, clusterId, holder))
      ? await takeLease(pool, { clusterId, holder, ttlMs })
      : null);
  if (!lease) {
    if (held) log.warn('another instance took over the collection');
    return null;
  }
  if (held && held.lease.token === lease.token) return { ...held, lease };
  log.info({ cluster: options.clusterName, leaseToken: lease.token }, 'collecting');
  return {
    lease,
    state: { memory: await loadMemory(pool, clusterId), knowledge: new Map(), versionsRead: new Set() },
  };
}

/**
 * Ends the lease of a process of this very machine that no longer runs (killed with -9), so that its successor
 * need not wait for it to expire. Should it run after all, in another pid namespace, the token fences it off.
 */
async function expireDeadHolder(pool: Pool, clusterId: number, me: string): Promise<boolean> {
  const { rows } = await pool.query<{ holder: string }>('SELECT holder FROM lease WHERE cluster_id = $1', [
    clusterId,
  ]);
  const holder = rows[0]?.holder ?? '';
  const [machine, pid] = holder.split('|');
  if (holder === me || machine !== me.split('|')[0] || !pid || isRunning(Number(pid))) return false;
  log.warn({ holder }, 'the last collector on this machine is gone; taking over from it');
  await releaseLease(pool, { clusterId, holder });
  return true;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}

async function ensureCluster({ pool, clusterName, simulated }: LoopOptions): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    `INSERT INTO cluster (name, simulated) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET simulated = excluded.simulated RETURNING id`,
    [clusterName, simulated],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the cluster row could not be made');
  return id;
}

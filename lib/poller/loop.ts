import type { Pool } from 'pg';

import { noteDatabaseTrouble } from '@/lib/db/trouble';
import { toAppError } from '@/lib/errors';
import { ensureCluster } from '@/lib/ingest/ensure-cluster';
import { type Lease, prolongLease, releaseLease, takeLease } from '@/lib/ingest/lease';
import { loadMemory } from '@/lib/ingest/memory';
import { log } from '@/lib/log';

import type { Follower } from './agents';
import { runEvidence } from './evidence-pass';
import { isGone } from './holder';
import { type CycleState, newCycleState, pollCycle, type Sources } from './poll-cycle';
import { createPollKick, type PollKick } from './poll-kick';
import { leaseTtlMs, pauseAfter } from './schedule';

export type LoopOptions = {
  pool: Pool;
  clusterName: string;
  simulated: boolean;
  /** Names this process in the lease, see `newHolder`. */
  holder: string;
  intervalMs: number;
  timeoutMs: number;
  sources: Sources;
  /** Told of each cycle under the lease, and when it is lost. */
  followers?: readonly Follower[];
  /** Brings the next cycle forward. */
  kick?: PollKick;
  /** How often host logs are looked at (default: every second), and the zone of their stamps that tell none (UTC). */
  evidence?: { intervalMs?: number; timeZone?: string };
};

type Held = { lease: Lease; state: CycleState };

/**
 * Collects until `signal` aborts, whatever a master, a network or the database does: each cycle that fails is
 * logged and followed by the next. Only the holder of the lease reads; the others look again every interval.
 */
export async function runLoop(options: LoopOptions, signal: AbortSignal): Promise<void> {
  let held: Held | null = null;
  /** What was held last, also after a cycle that failed; null: another instance may have collected since. */
  let last: Held | null = null;
  const { followers = [], kick = createPollKick() } = options;
  const evidence = runEvidence(options.pool, () => held, options.evidence ?? {}, signal);
  while (!signal.aborted) {
    const startedAt = new Date();
    let mayLead = false;
    try {
      held = await takeTurn(options, held, last);
      last = held;
      if (held) await collect(options, held, signal);
      noteDatabaseTrouble(null, new Date());
      const { lease = null } = held ?? {};
      if (lease !== null && !signal.aborted) for (const one of followers) one.lead(lease);
    } catch (thrown) {
      if (signal.aborted) break;
      const error = toAppError(thrown);
      mayLead = error.code !== 'LEASE_LOST';
      // Whatever was half-written was rolled back; the master still offers it, and a fresh memory asks again.
      held = null;
      if (error.code === 'LEASE_LOST') last = null;
      noteDatabaseTrouble(error, new Date());
      const err = error.code === 'LEASE_LOST' ? undefined : thrown;
      log.error({ code: error.code, cure: error.cure, err }, 'cycle failed');
    }
    const pauseMs = pauseAfter({ startedAt, now: new Date(), intervalMs: options.intervalMs });
    // Not waited for: what hangs there must not hold up the next turn. Where it was only the database that failed, what
    // the streams tell is held for it.
    if (!held && !mayLead) for (const one of followers) void one.rest(true);
    await kick.wait({ startedAt, pauseMs }, signal);
  }
  await Promise.all([evidence, ...followers.map((one) => one.rest())]);
  if (held) await releaseLease(options.pool, held.lease).catch(() => {});
}

// A cycle that is not over by then hangs: its lease is left to run out.
const LONGEST_CYCLE_MS = 15 * 60_000;

/** One cycle, the lease prolonged while it lasts: reading a master that hangs may take longer than the lease. */
async function collect(options: LoopOptions, { lease, state }: Held, signal: AbortSignal): Promise<void> {
  const ttlMs = leaseTtlMs(options);
  const startedAt = Date.now();
  const heart = setInterval(() => {
    if (Date.now() - startedAt > LONGEST_CYCLE_MS) return clearInterval(heart);
    // It is held by the cycle's own transaction, or lost: the next write of the cycle tells.
    prolongLease(options.pool, lease, ttlMs).catch(() => {});
  }, ttlMs / 3);
  try {
    await pollCycle(options.pool, lease, state, options.sources, signal);
  } finally {
    clearInterval(heart);
  }
}

/** `held`: with what the last cycle succeeded; `before`: what was held last, though its cycle failed. Null: not our turn. */
async function takeTurn(options: LoopOptions, held: Held | null, before: Held | null): Promise<Held | null> {
  const { pool, holder } = options;
  const clusterId = held?.lease.clusterId ?? (await ensureCluster(pool, options));
  // A database may also have come back without the cluster, which has another id then.
  const last = before?.lease.clusterId === clusterId ? before : null;
  const ttlMs = leaseTtlMs(options);
  let lease = await takeLease(pool, { clusterId, holder, ttlMs });
  // A slow write of our own, of the streams or of retention, may have kept the row locked all the time.
  if (!lease && last && (await isStillOurs(pool, last.lease))) lease = last.lease;
  if (!lease && (await expireDeadHolder(pool, clusterId, holder))) {
    lease = await takeLease(pool, { clusterId, holder, ttlMs });
  }
  if (!lease) {
    if (last) log.warn('another instance took over the collection');
    return null;
  }
  const isStored = last === null || (await isStillStored(pool, last));
  if (held && isStored && held.lease.token === lease.token) return { ...held, lease };
  // What is in memory says that ends are stored which are not: all that the master still has is read again.
  if (!isStored) log.error('Postgres lost what it had stored, as a failover may; reading everything again');
  log.info({ cluster: options.clusterName, leaseToken: lease.token }, 'collecting');
  const state = newCycleState(await loadMemory(pool, clusterId));
  if (last && isStored) state.stored = last.state.stored;
  // So may be what the streams told since: it proves nothing about what the master has forgotten by now.
  if (!isStored) state.memory.streamOpenedAt = new Date();
  return { lease, state };
}

/** Whether nobody took the lease since, read without waiting for who has it locked. Each write asserts it all the same. */
async function isStillOurs(pool: Pool, { clusterId, holder, token }: Lease): Promise<boolean> {
  const { rowCount } = await pool.query(
    'SELECT 1 FROM lease WHERE cluster_id = $1 AND holder = $2 AND token = $3',
    [clusterId, holder, token],
  );
  return rowCount === 1;
}

/**
 * Whether the last polls that were committed are there. A standby that is promoted may lack the last commits, and so may
 * a server that crashed with `synchronous_commit = off`: always the newest, so that these speak for all before them.
 */
async function isStillStored(pool: Pool, { lease, state }: Held): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT 1 FROM unnest($2::timestamptz[], $3::timestamptz[]) AS told (started_at, finished_at)
     WHERE NOT EXISTS (SELECT 1 FROM poll_run p WHERE p.cluster_id = $1 AND p.source = 'mesos' AND p.ok
                         AND p.started_at = told.started_at AND p.finished_at = told.finished_at)`,
    [
      lease.clusterId,
      state.stored.map(({ startedAt }) => startedAt),
      state.stored.map(({ finishedAt }) => finishedAt),
    ],
  );
  return rowCount === 0;
}

/**
 * Ends the lease of a process of this very machine that no longer runs (killed with -9), so that its successor
 * need not wait for it to expire. Should it run after all, the token fences it off.
 */
async function expireDeadHolder(pool: Pool, clusterId: number, me: string): Promise<boolean> {
  const { rows } = await pool.query<{ holder: string }>('SELECT holder FROM lease WHERE cluster_id = $1', [
    clusterId,
  ]);
  const holder = rows[0]?.holder ?? '';
  if (!isGone(holder, me)) return false;
  log.warn({ holder }, 'the last collector on this machine is gone; taking over from it');
  await releaseLease(pool, { clusterId, holder });
  return true;
}

import type { Pool } from 'pg';

import type { ReadReplica } from '@/lib/contracts/read-replica';
import { pool } from '@/lib/db/pool';
import { openReadPool } from '@/lib/db/read-pool';

/** From here on numbers of a replica are called stale. */
export const LAGGING_SECONDS = 30;
const ASK_MS = 1_500;
const SECOND_LOOK_MS = 250;
/** So old may an answer be: the strip of every open page asks. */
const KEPT_MS = 2_000;

// Kept on globalThis: each bundle of the server has a copy of this module.
const store = globalThis as typeof globalThis & {
  exit137Replica?: { askedAt: number; answer: Promise<ReadReplica> };
};

/** How the replica of this process does, at most 2 s old; null: there is none. Never rejects, takes at most 4 s. */
export async function readReplica(now: Date): Promise<ReadReplica | null> {
  const reads = openReadPool();
  if (reads === null) return null;
  const known = store.exit137Replica;
  if (known && Math.abs(now.getTime() - known.askedAt) < KEPT_MS) return await known.answer;
  const answer = lookAtReplica({ primary: pool(), replica: reads.replica, awaySince: reads.awaySince() });
  store.exit137Replica = { askedAt: now.getTime(), answer };
  return await answer;
}

/**
 * Holds the replica's log position against the primary's. The age of its last transaction alone would call a replica
 * of an idle primary late: it is only told where a part of the log is still missing, and still is at a second look.
 * Both times are of the primary's clock.
 */
export async function lookAtReplica({
  primary,
  replica,
  awaySince,
}: {
  primary: Pool;
  replica: Pool;
  awaySince: Date | null;
}): Promise<ReadReplica> {
  // The primary first: what it writes between the two questions would look like a lag.
  const ahead = await asked<{ position: string; at: Date }>(primary, PRIMARY, []);
  const isPrimaryUp = ahead !== null;
  let there = await asked<Position>(replica, REPLICA, [ahead?.position ?? null]);
  if (there !== null && Number(there.behind ?? 0) > 0) {
    await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
    there = await asked<Position>(replica, REPLICA, [ahead?.position ?? null]);
  }
  if (there === null) {
    const since = (awaySince ?? new Date()).toISOString();
    return { state: 'away', lagSeconds: null, lagBytes: null, awaySince: since, isPrimaryUp };
  }
  const lagBytes = there.behind === null ? null : Math.max(0, Number(there.behind));
  const known = { lagBytes, awaySince: awaySince?.toISOString() ?? null, isPrimaryUp };
  if (!there.is_replica) return { ...known, state: 'not_a_replica', lagSeconds: null };
  const lagSeconds = secondsBehind(ahead?.at ?? null, lagBytes, there.replayed_at);
  const isLagging = lagSeconds !== null && lagSeconds > LAGGING_SECONDS;
  return { ...known, state: isLagging ? 'lagging' : 'ok', lagSeconds };
}

type Position = { is_replica: boolean; behind: string | null; replayed_at: Date | null };

const PRIMARY = `
  SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text AS position,
         clock_timestamp() AS at`;

const REPLICA = `
  SELECT pg_is_in_recovery() AS is_replica, pg_last_xact_replay_timestamp() AS replayed_at,
         CASE WHEN pg_is_in_recovery() THEN pg_wal_lsn_diff($1::text::pg_lsn, pg_last_wal_replay_lsn())::text END AS behind`;

function secondsBehind(
  primaryNow: Date | null,
  lagBytes: number | null,
  replayedAt: Date | null,
): number | null {
  if (lagBytes === 0) return 0;
  if (primaryNow === null || lagBytes === null || replayedAt === null) return null;
  return Math.max(0, primaryNow.getTime() - replayedAt.getTime()) / 1000;
}

/** One row; null: no answer in time. */
async function asked<Row extends object>(db: Pool, sql: string, values: unknown[]): Promise<Row | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ASK_MS, null);
  });
  const row = db.query<Row>(sql, values).then(
    ({ rows }) => rows[0] ?? null,
    () => null,
  );
  return await Promise.race([row, late]).finally(() => clearTimeout(timer));
}

/** A sentence for the strip; null: what is shown is as fresh as the primary has it. */
export function readReplicaNotice(replica: ReadReplica | null): string | null {
  if (replica === null) return null;
  switch (replica.state) {
    case 'away':
      return 'The read replica of the database does not answer: pages read the primary instead.';
    case 'not_a_replica':
      return 'DATABASE_READ_URL is no replica: it takes writes itself. What these pages show may be of another database.';
    case 'lagging':
      return `These pages read a replica that is ${agoWords(replica.lagSeconds ?? 0)} behind: what ended since then is not shown yet.`;
    case 'ok':
      return replica.isPrimaryUp
        ? null
        : 'The primary of the database does not answer: these pages show what its replica last heard.';
  }
}

function agoWords(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

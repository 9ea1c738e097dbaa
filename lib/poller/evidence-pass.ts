import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';

import { toAppError } from '@/lib/errors';
import {
  type EvidenceApplied,
  forgetOldSightings,
  placeSignals,
  unsettledSignals,
} from '@/lib/ingest/apply-evidence';
import { closeStaleBlocks } from '@/lib/ingest/apply-log-lines';
import type { Lease } from '@/lib/ingest/lease';
import { log } from '@/lib/log';

import type { CycleState } from './poll-cycle';

/** When each unsettled signal is looked at again. Lost with the lease: all are looked at anew then. */
export type EvidenceLooks = { next: Map<string, { looks: number; at: number }>; tidiedAt: number };

export function newEvidenceLooks(): EvidenceLooks {
  return { next: new Map(), tidiedAt: 0 };
}

const SIGNALS_AT_ONCE = 500;
const SIGNALS_LISTED = 20_000;
const TIDY_MS = 3_600_000;
// What comes later (an end, a container, a status line) makes itself heard; looking again only decides what stays out.
const PAUSES_MS = [2_000, 8_000, 20_000, 30_000];
const LONG_PAUSE_MS = 60_000;
/** Ages of a signal at which something is decided: whether it was survived, and that no end comes. */
const DECISIVE_AGES_MS = [181_000, 601_000];

const INTERVAL_MS = 1_000;
// A failure that lasts is told at this pace.
const REPEAT_WARNING_MS = 60_000;

/**
 * Looks at what host logs told, again and again until `signal` aborts, while this process holds the lease. Never
 * rejects: a pass that fails is followed by the next, and no poll ever waits for more than the write under way.
 */
export async function runEvidence(
  pool: Pool,
  held: () => { lease: Lease; state: CycleState } | null,
  { intervalMs = INTERVAL_MS, timeZone = 'UTC' }: { intervalMs?: number; timeZone?: string },
  signal: AbortSignal,
): Promise<void> {
  let warnedAt = 0;
  while (!signal.aborted) {
    let placed = 0;
    try {
      const { lease, state } = held() ?? {};
      if (lease && state) placed = await evidencePass(pool, lease, state, { now: new Date(), timeZone });
    } catch (thrown) {
      const { code } = toAppError(thrown);
      // Whoever lost the lease is told so by the next poll.
      if (code !== 'LEASE_LOST' && Date.now() - warnedAt > REPEAT_WARNING_MS) {
        warnedAt = Date.now();
        log.warn({ code, err: code === 'INTERNAL' ? thrown : undefined }, 'host logs could not be looked at');
      }
    }
    // A backlog is worked off without pause.
    if (placed < SIGNALS_AT_ONCE) await sleep(intervalMs, undefined, { signal }).catch(() => {});
  }
}

/**
 * One look at what host logs told: blocks to which no line came for long are closed, signals that are new or due again
 * are placed, and old sightings removed once an hour. Answers how many signals it placed; where none is due it costs
 * two small reads. Throws LEASE_LOST and database errors; the next pass makes up for it.
 */
export async function evidencePass(
  pool: Pool,
  lease: Lease,
  { knowledge, writing, looks }: Pick<CycleState, 'knowledge' | 'writing' | 'looks'>,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<number> {
  const { clusterId } = lease;
  const [closing] = await Promise.allSettled([closeStaleBlocks(pool, { clusterId, now, timeZone })]);
  const unsettled = await unsettledSignals(pool, clusterId, SIGNALS_LISTED);
  const due = unsettled
    .filter(({ id }) => (looks.next.get(id)?.at ?? 0) <= now.getTime())
    .slice(0, SIGNALS_AT_ONCE);
  if (due.length > 0) {
    const marathons = new Map([...knowledge.values()].map((one) => [one.frameworkId, one]));
    const signalIds = due.map(({ id }) => id);
    const place = (ids: readonly string[]) =>
      writing(() => placeSignals(pool, lease, { signalIds: ids, marathons, now }));
    const applied = await placeInParts(place, signalIds);
    if (applied.ties > 0 || applied.revised > 0)
      log.info({ signals: due.length, ...applied }, 'evidence tied');
  }
  schedule(looks, unsettled, due, now);
  if (now.getTime() - looks.tidiedAt >= TIDY_MS) {
    // A large cluster tells of more in an hour than are removed at a time: then the next pass goes on.
    const { isAll } = await forgetOldSightings(pool, lease, now);
    if (isAll) looks.tidiedAt = now.getTime();
  }
  // Told last: what is wrong with one block must not keep others' signals from their ends.
  if (closing.status === 'rejected') throw closing.reason;
  return due.length;
}

/** Halves what fails until the one signal stands alone that is to blame, and leaves that for its next turn. */
async function placeInParts(
  place: (ids: readonly string[]) => Promise<EvidenceApplied>,
  ids: readonly string[],
): Promise<EvidenceApplied> {
  try {
    return await place(ids);
  } catch (thrown) {
    // What took too long may go well in parts.
    if (!['INTERNAL', 'DATABASE_BUSY'].includes(toAppError(thrown).code)) throw thrown;
    const [only] = ids;
    if (ids.length <= 1) {
      log.error({ signal: only, err: thrown }, 'a signal could not be placed');
      return { ties: 0, revised: 0, settled: 0 };
    }
    const middle = Math.ceil(ids.length / 2);
    const first = await placeInParts(place, ids.slice(0, middle));
    const second = await placeInParts(place, ids.slice(middle));
    return {
      ties: first.ties + second.ties,
      revised: first.revised + second.revised,
      settled: first.settled + second.settled,
    };
  }
}

function schedule(
  looks: EvidenceLooks,
  unsettled: readonly { id: string; receivedAt: Date }[],
  due: readonly { id: string; receivedAt: Date }[],
  now: Date,
): void {
  const isUnsettled = new Set(unsettled.map(({ id }) => id));
  for (const id of looks.next.keys()) if (!isUnsettled.has(id)) looks.next.delete(id);
  for (const { id, receivedAt } of due) {
    const count = looks.next.get(id)?.looks ?? 0;
    const pause = now.getTime() + (PAUSES_MS[count] ?? LONG_PAUSE_MS);
    const decisive = DECISIVE_AGES_MS.map((age) => receivedAt.getTime() + age).filter(
      (at) => at > now.getTime(),
    );
    looks.next.set(id, { looks: count + 1, at: Math.min(pause, ...decisive) });
  }
}

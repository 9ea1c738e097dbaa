import type { Pool } from 'pg';

import { toAppError } from '@/lib/errors';
import { lookAgainAtKills } from '@/lib/ingest/apply-second-look';
import type { Lease } from '@/lib/ingest/lease';
import { rememberKill, storeKills, type ToldKill } from '@/lib/ingest/marathon-kills';
import { log } from '@/lib/log';
import type { AnnouncedKill } from '@/lib/marathon/follow-events';

import { followMarathon, type MarathonStream } from './follow-marathon';
import { pause } from './pause';
import { type CycleState, readMarathonBetween, type Sources } from './poll-cycle';
import { createStreamTally, type StreamTally } from './stream-tally';

/** Listens to one Marathon. */
export type MarathonEars = {
  tally: StreamTally;
  /** Announced kills that wait to be stored. */
  backlog(): number;
  /** Nobody listens any more. */
  close(): void;
  /** Never rejects. */
  run(signal: AbortSignal): Promise<void>;
};

const LOOK_EVERY_MS = 250;
/** What changes together is read together; a deployment's first step comes a moment after it was told of. */
const GATHER_MS = 500;
const MIN_BETWEEN_MS = 2_000;
const KILLS_KEPT = 5_000;

/**
 * Follows one Marathon's events once it has been read: what changed is read again at once, at most every 2 s and a
 * quarter of the time, and fresh kills are looked at again with it; kills that it announces are kept for the diagnosis.
 */
export function createMarathonEars(
  pool: Pool,
  source: Sources['marathons'][number] & MarathonStream,
  held: () => { lease: Lease; state: CycleState },
): MarathonEars {
  const tally = createStreamTally(source.name);
  let kills: ToldKill[] = [];
  let changedAt: number | null = null;

  function onKill(kill: AnnouncedKill): void {
    const { state } = held();
    const frameworkId = state.knowledge.get(source.name)?.frameworkId;
    if (frameworkId === undefined) return;
    const told = { ...kill, frameworkId };
    rememberKill(state.memory.kills, told);
    if (kills.length >= KILLS_KEPT) {
      tally.count('dropped', kills.length);
      kills = [];
    }
    kills.push(told);
  }

  /** Answers whether there was one. */
  async function storeTold(): Promise<boolean> {
    if (kills.length === 0) return false;
    const { lease, state } = held();
    const storing = kills;
    kills = [];
    try {
      await state.writing(() => storeKills(pool, lease, storing));
      return true;
    } catch (thrown) {
      kills = [...storing, ...kills].slice(-KILLS_KEPT);
      throw thrown;
    }
  }

  async function readAgain(signal: AbortSignal): Promise<void> {
    const { lease, state } = held();
    changedAt = null;
    if (!(await readMarathonBetween(pool, lease, state, source, signal))) changedAt = Date.now();
  }

  async function lookAgain(): Promise<void> {
    const { lease, state } = held();
    const knowledge = state.knowledge.get(source.name);
    if (knowledge === undefined) return;
    const revised = await state.writing(() => lookAgainAtKills(pool, lease, knowledge, new Date()));
    if (revised > 0) log.info({ source: source.name, revised }, 'kills explained');
  }

  async function act(signal: AbortSignal): Promise<void> {
    let restUntil = 0;
    while (!signal.aborted) {
      await pause(LOOK_EVERY_MS, signal);
      const now = Date.now();
      const isDue = changedAt !== null && now - changedAt >= GATHER_MS && now >= restUntil;
      if (signal.aborted || (!isDue && kills.length === 0)) continue;
      try {
        const isTold = await storeTold();
        if (isDue) await readAgain(signal);
        if (isDue || isTold) await lookAgain();
      } catch (thrown) {
        const { code } = toAppError(thrown);
        if (!signal.aborted)
          log.debug(
            { source: source.name, code, err: code === 'INTERNAL' ? thrown : undefined },
            'not read again',
          );
        await pause(MIN_BETWEEN_MS, signal);
      }
      if (isDue) restUntil = now + Math.max(MIN_BETWEEN_MS, 4 * (Date.now() - now));
    }
  }

  const onChange = () => {
    changedAt ??= Date.now();
  };

  return {
    tally,
    backlog: () => kills.length,
    close: () => tally.closed(null),
    async run(signal) {
      const acting = act(signal);
      // Whose kills they are is known once it has been read.
      while (!signal.aborted && !held().state.knowledge.has(source.name)) await pause(LOOK_EVERY_MS, signal);
      const watch = {
        onOpen(url: string) {
          tally.opened(url);
          onChange();
        },
        onEvent: tally.event,
        onChange,
        onKill,
        onClosed: tally.closed,
        onRefused: (status: number) => tally.refused(source.url, status),
      };
      await Promise.all([acting, followMarathon(source, watch, signal)]);
    },
  };
}

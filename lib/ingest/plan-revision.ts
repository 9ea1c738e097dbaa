import { type EndState, REVERSIBLE_STATES } from '@/lib/domain/task';

import type { KnownEnd, TaskEnd } from './task-end';

const MAX_REVISION = 32_767; // The column is a smallint.

/** The stored row brought up to what is offered now; null where that says nothing new. */
export function revisionOf(stored: KnownEnd, offered: TaskEnd): TaskEnd | null {
  const stateMoved = offered.state !== stored.state && outranks(offered, stored);
  // The ended entry of a task that came back stays in the ring: only a newer word closes it again. Both times are
  // the cluster's own; ours may run ahead of them.
  const lastWord = offered.finishedAtKnown ? stored.finishedAt : stored.reopenedAt;
  const isNewer = lastWord !== null && offered.finishedAt > lastWord;
  const endedAgain = stored.reopenedAt !== null && (!isReversible(offered.state) || isNewer);
  if (offered.state !== stored.state && !stateMoved) return null;
  // Less than before: /state alone, or a Marathon that did not answer.
  const poorer =
    (stored.message !== null && offered.message === null) ||
    (stored.reason !== null && offered.reason === null) ||
    (stored.disposition !== 'unexplained' && offered.disposition === 'unexplained');
  if (poorer && !stateMoved && !endedAgain) return null;
  const learnt =
    (stored.message === null && offered.message !== null) ||
    (stored.messageSource === 'marathon' && offered.messageSource === 'mesos') ||
    (stored.reason === null && offered.reason !== null) ||
    (stored.source === null && offered.source !== null) ||
    (stored.containerId === null && offered.containerId !== null) ||
    (stored.hostname === null && offered.hostname !== null) ||
    (stored.appId === null && offered.appId !== null) ||
    (stored.appVersion === null && offered.appVersion !== null) ||
    (stored.healthy === null && offered.healthy !== null) ||
    (!stored.finishedAtKnown && offered.finishedAtKnown) ||
    explainedNow(stored, offered);
  if (!stateMoved && !endedAgain && !learnt) return null;
  return {
    ...revised(stored, offered),
    // An end without a time keeps the time of its first sight.
    finishedAt: offered.finishedAtKnown || stateMoved ? offered.finishedAt : stored.finishedAt,
    reopenedAt: stored.reopenedAt && !endedAgain ? stored.reopenedAt : null,
  };
}

/** What is offered, with what only the stored row still knows. */
export function revised(stored: KnownEnd, offered: TaskEnd): TaskEnd {
  return {
    ...offered,
    startedAt: offered.startedAt ?? stored.startedAt,
    firstStatusAt: offered.firstStatusAt ?? stored.firstStatusAt,
    containerId: offered.containerId ?? stored.containerId,
    healthy: offered.healthy ?? stored.healthy,
    appVersion: offered.appVersion ?? stored.appVersion,
    observedAt: stored.observedAt,
    revisedAt: offered.observedAt,
    revision: Math.min(stored.revision + 1, MAX_REVISION),
  };
}

/**
 * The row with when it began, where only a source that tells less of its end knows that; null: it knows it, too. Its
 * first status is by then the earliest that was told: by it the end is found again should the master take it back.
 */
export function begunAs(stored: TaskEnd, offered: TaskEnd): TaskEnd | null {
  const isStart = stored.startedAt === null && offered.startedAt !== null;
  const isFirstStatus = stored.firstStatusAt === null && offered.firstStatusAt !== null;
  if (!isStart && !isFirstStatus) return null;
  return {
    ...stored,
    startedAt: stored.startedAt ?? offered.startedAt,
    firstStatusAt: earliest(stored.firstStatusAt, offered.firstStatusAt),
    revisedAt: offered.observedAt,
    revision: Math.min(stored.revision + 1, MAX_REVISION),
  };
}

/** The first status of an end that two sources told; null is not told. */
export function earliest(one: Date | null, other: Date | null): Date | null {
  return one !== null && (other === null || one <= other) ? one : other;
}

// A deployment seen late explains a kill that stood unexplained; never the other way round, when Marathon
// has forgotten what it once told.
function explainedNow(stored: KnownEnd, offered: TaskEnd): boolean {
  return stored.disposition === 'unexplained' && offered.disposition !== 'unexplained';
}

// FINISHED after LOST is news; LOST after FINISHED is an old entry.
export function outranks(
  candidate: Pick<TaskEnd, 'state' | 'finishedAt'>,
  other: Pick<TaskEnd, 'state' | 'finishedAt'>,
): boolean {
  const candidateReversible = isReversible(candidate.state);
  if (candidateReversible !== isReversible(other.state)) return !candidateReversible;
  return candidate.finishedAt > other.finishedAt;
}

export function isReversible(state: EndState): boolean {
  return (REVERSIBLE_STATES as readonly EndState[]).includes(state);
}

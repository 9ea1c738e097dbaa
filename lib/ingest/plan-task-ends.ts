import { diagnose } from '@/lib/diagnose/diagnose';
import {
  type EndState,
  isEndState,
  type MesosTask,
  REVERSIBLE_STATES,
  type TaskStatus,
} from '@/lib/domain/task';
import type { Facts } from '@/lib/domain/verdict';

import { fingerprintOf, liveKey, taskEndId } from './identity';
import { appIdOf, type MarathonKnowledge, marathonContext, versionAt } from './marathon-context';
import type { KnownEnd, TaskEnd } from './task-end';

/** Everything around the tasks that the plan may look at. */
export type EndContext = {
  clusterId: number;
  now: Date;
  /** Agents ever seen, by agent id. */
  hostnames: ReadonlyMap<string, string>;
  /** Names of frameworks ever seen, by framework id. */
  frameworkNames: ReadonlyMap<string, string>;
  /** Watched Marathons, by framework id. */
  marathons: ReadonlyMap<string, MarathonKnowledge>;
};

export type EndPlan = {
  insert: TaskEnd[];
  /** Stored ends whose facts changed: the row `oldId` at `oldFinishedAt` is replaced by `end`. */
  revise: { oldId: string; oldFinishedAt: Date; end: TaskEnd }[];
  /** Stored ends whose task the master lists as alive again. */
  reopen: { id: string; finishedAt: Date }[];
};

/** What the master lists as alive: the time of the first status (null: none yet) by `liveKey`. */
export type LiveTasks = ReadonlyMap<string, Date | null>;

/** A stored end whose time no status told yet. */
export type StandIn = KnownEnd & Pick<TaskEnd, 'frameworkId' | 'taskId' | 'agentId'>;

const SKEW_MS = 60_000;
const EARLIEST = Date.UTC(2009, 0, 1); // Mesos is younger than that.
const FUTURE_MS = 86_400_000;
const MAX_TEXT = 16_384;
const MAX_REVISION = 32_767; // The column is a smallint.

/**
 * The stored form of what a master offers as ended, one per identity. Of several entries with one identity
 * (a LOST entry that stays beside the later end) the later word wins. Cost: one diagnosis per task.
 */
export function toTaskEnds(tasks: readonly MesosTask[], context: EndContext): TaskEnd[] {
  const byId = new Map<string, TaskEnd>();
  for (const task of tasks) {
    const end = toTaskEnd(task, context);
    const other = byId.get(end.id);
    if (!other || supersedes(end, other)) byId.set(end.id, end);
  }
  return [...byId.values()];
}

/**
 * Compares offered ends with the stored ones of the same ids. Pure and idempotent: offering what is stored
 * plans nothing. A source that tells less than before (no message this time) takes nothing away.
 */
export function planTaskEnds(
  offered: readonly TaskEnd[],
  known: ReadonlyMap<string, KnownEnd>,
  live: LiveTasks,
  standIns: readonly StandIn[] = [],
): EndPlan {
  const plan: EndPlan = { insert: [], revise: [], reopen: [] };
  const replaceable = replaceableBy(offered, known, standIns);
  for (const end of offered) {
    const stored = known.get(end.id);
    const isLive = isReversible(end.state) && livesOn(live, end);
    const standIn = replaceable.get(end.id);
    if (standIn) {
      plan.revise.push({
        oldId: standIn.id,
        oldFinishedAt: standIn.finishedAt,
        end: { ...revised(standIn, end), startedAt: standIn.startedAt ?? end.startedAt },
      });
    } else if (!stored) {
      plan.insert.push(isLive ? { ...end, reopenedAt: end.observedAt } : end);
    } else if (isLive) {
      if (!stored.reopenedAt && isReversible(stored.state)) {
        plan.reopen.push({ id: stored.id, finishedAt: stored.finishedAt });
      }
    } else {
      const revision = revisionOf(stored, end);
      if (revision) plan.revise.push({ oldId: stored.id, oldFinishedAt: stored.finishedAt, end: revision });
    }
  }
  return plan;
}

/**
 * Whether the master lists this very task as alive. A live task whose first status is younger than the end is
 * another one that was given the same id, which frameworks may do (reference A8, L8).
 */
export function livesOn(
  live: LiveTasks,
  end: Pick<TaskEnd, 'frameworkId' | 'taskId' | 'agentId' | 'firstStatusAt' | 'finishedAt'>,
): boolean {
  const firstStatusAt = live.get(liveKey(end));
  if (firstStatusAt === undefined) return false;
  if (firstStatusAt === null || end.firstStatusAt === null) return firstStatusAt === end.firstStatusAt;
  return firstStatusAt.getTime() === end.firstStatusAt.getTime() || firstStatusAt <= end.finishedAt;
}

/**
 * The stored stand-in of each new end, by the end's id. While the terminal update of a task waits behind an
 * unacknowledged one, the master tells its state without a time; should the update before it be of the state of
 * the only status, it takes that one's place, and the end shows with another first status, so another id.
 */
function replaceableBy(
  offered: readonly TaskEnd[],
  known: ReadonlyMap<string, KnownEnd>,
  standIns: readonly StandIn[],
): Map<string, StandIn> {
  const byStandIn = new Map<StandIn, TaskEnd>();
  if (standIns.length === 0) return new Map();
  const byTask = new Map(standIns.map((one) => [liveKey(one), one]));
  const isOffered = new Set(offered.map(({ id }) => id));
  for (const end of offered) {
    const standIn = byTask.get(liveKey(end));
    if (!standIn || known.has(end.id) || !end.finishedAtKnown || isOffered.has(standIn.id)) continue;
    // It had ended when we first saw it; a later end is that of another task with the same id.
    if (end.finishedAt.getTime() > standIn.finishedAt.getTime() + SKEW_MS) continue;
    const other = byStandIn.get(standIn);
    if (!other || end.finishedAt > other.finishedAt) byStandIn.set(standIn, end);
  }
  return new Map([...byStandIn].map(([standIn, end]) => [end.id, standIn]));
}

function toTaskEnd(task: MesosTask, context: EndContext): TaskEnd {
  // Part of the identity, so as it was sent: what is plausible depends on the clock.
  const firstStatusAt = task.statuses[0]?.at ?? null;
  const terminal = task.statuses.findLast((status) => isEndState(status.state)) ?? null;
  const told = plausible(terminal?.at ?? null, context.now);
  const finishedAt = told ?? context.now;
  const running = task.statuses.find((status) => status.state === 'TASK_RUNNING');
  const startedAt = plausible(running?.at ?? null, context.now);
  const state = endStateOf(task, terminal);
  const frameworkName = context.frameworkNames.get(task.frameworkId) ?? null;
  const hostname = context.hostnames.get(task.agentId) ?? null;
  const host = hostname ?? task.agentId;
  const appId = appIdOf({
    taskId: task.taskId,
    frameworkId: task.frameworkId,
    frameworkName,
    watched: (frameworkId) => context.marathons.has(frameworkId),
  });
  const knowledge = context.marathons.get(task.frameworkId);
  const marathon =
    appId && knowledge ? marathonContext(knowledge, { appId, taskId: task.taskId, finishedAt }) : null;
  const mesosMessage = cut(terminal?.message ?? null);
  const message = mesosMessage ?? cut(marathon?.ownFailure?.message ?? null);
  const healthy = task.statuses.findLast((status) => status.healthy !== null)?.healthy ?? null;

  const facts: Facts = {
    state,
    reason: terminal?.reason ?? null,
    source: terminal?.source ?? null,
    message,
    healthy,
    statuses: task.statuses,
    everRan: task.statuses.length === 0 ? null : running !== undefined,
    containerizer: task.containerizer,
    image: task.image,
    memMb: task.resources.memMb,
    frameworkName,
    marathon,
    finishedAt,
  };
  const verdict = diagnose(facts);
  const identity = {
    clusterId: context.clusterId,
    frameworkId: task.frameworkId,
    taskId: task.taskId,
    agentId: task.agentId,
  };
  return {
    ...identity,
    id: taskEndId({ ...identity, firstStatusAt }),
    finishedAt,
    finishedAtKnown: told !== null,
    startedAt,
    firstStatusAt,
    executorId: task.executorId,
    name: task.name,
    frameworkName,
    hostname,
    host,
    appId,
    appVersion: appId ? versionAt(knowledge?.versions.get(appId), firstStatusAt) : null,
    state,
    reason: facts.reason,
    source: facts.source,
    message,
    messageSource: message === null ? null : mesosMessage !== null ? 'mesos' : 'marathon',
    healthy,
    image: task.image,
    containerizer: task.containerizer,
    // The terminal status often has none: the container was gone before the agent could ask.
    containerId: task.statuses.findLast((status) => status.containerId !== null)?.containerId ?? null,
    cpus: task.resources.cpus,
    memMb: task.resources.memMb,
    diskMb: task.resources.diskMb,
    gpus: task.resources.gpus,
    labels: task.labels,
    statuses: task.statuses,
    cause: verdict.cause,
    disposition: verdict.disposition,
    proof: verdict.proof,
    exitCode: verdict.exitCode,
    signal: verdict.signal,
    summary: verdict.summary,
    because: verdict.because,
    advice: verdict.advice,
    ruleId: verdict.ruleId,
    fingerprint: fingerprintOf({
      clusterId: context.clusterId,
      appId,
      frameworkName,
      name: task.name,
      cause: verdict.cause,
      host,
    }),
    deploymentId: marathon?.deployment?.deploymentId ?? null,
    reopenedAt: null,
    observedAt: context.now,
    revisedAt: null,
    revision: 0,
  };
}

/** The state of the end: the task's own, else its last terminal status (old masters may lag behind either way). */
function endStateOf(task: MesosTask, terminal: TaskStatus | null): EndState {
  if (isEndState(task.state)) return task.state;
  return terminal && isEndState(terminal.state) ? terminal.state : 'TASK_LOST';
}

/** The stored row brought up to what is offered now; null where that says nothing new. */
function revisionOf(stored: KnownEnd, offered: TaskEnd): TaskEnd | null {
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
function revised(stored: KnownEnd, offered: TaskEnd): TaskEnd {
  return {
    ...offered,
    startedAt: offered.startedAt ?? stored.startedAt,
    containerId: offered.containerId ?? stored.containerId,
    healthy: offered.healthy ?? stored.healthy,
    appVersion: offered.appVersion ?? stored.appVersion,
    observedAt: stored.observedAt,
    revisedAt: offered.observedAt,
    revision: Math.min(stored.revision + 1, MAX_REVISION),
  };
}

// A deployment seen late explains a kill that stood unexplained; never the other way round, when Marathon
// has forgotten what it once told.
function explainedNow(stored: KnownEnd, offered: TaskEnd): boolean {
  return stored.disposition === 'unexplained' && offered.disposition !== 'unexplained';
}

function supersedes(candidate: TaskEnd, other: TaskEnd): boolean {
  if (candidate.state === other.state) return (candidate.message !== null) > (other.message !== null);
  return outranks(candidate, other);
}

// FINISHED after LOST is news; LOST after FINISHED is an old entry.
function outranks(
  candidate: Pick<TaskEnd, 'state' | 'finishedAt'>,
  other: Pick<TaskEnd, 'state' | 'finishedAt'>,
): boolean {
  const candidateReversible = isReversible(candidate.state);
  if (candidateReversible !== isReversible(other.state)) return !candidateReversible;
  return candidate.finishedAt > other.finishedAt;
}

function isReversible(state: EndState): boolean {
  return (REVERSIBLE_STATES as readonly EndState[]).includes(state);
}

// A clock gone wild must not put an end into a month nobody looks at.
function plausible(at: Date | null, now: Date): Date | null {
  if (!at) return null;
  const ms = at.getTime();
  return ms >= EARLIEST && ms <= now.getTime() + FUTURE_MS ? at : null;
}

function cut(text: string | null): string | null {
  if (!text) return null;
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)} …[cut]` : text;
}

import { diagnose } from '@/lib/diagnose/diagnose';
import { type EndState, isEndState, type MesosTask, type TaskStatus } from '@/lib/domain/task';
import type { Facts } from '@/lib/domain/verdict';

import { fingerprintOf, liveKey, taskEndId } from './identity';
import { appIdOf, type MarathonKnowledge, marathonContext, versionAt } from './marathon-context';
import { begunAs, earliest, isReversible, outranks, revised, revisionOf } from './plan-revision';
import { createTwinIndex, createTwins, isOfOneTime, replaceableBy } from './plan-twins';
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

const EARLIEST = Date.UTC(2009, 0, 1); // Mesos is younger than that.
const FUTURE_MS = 86_400_000;
const MAX_TEXT = 16_384;

/**
 * The stored form of what a master offers as ended, one per identity. Of several entries with one identity
 * (a LOST entry that stays beside the later end) the later word wins. Cost: one diagnosis per task.
 */
export function toTaskEnds(tasks: readonly MesosTask[], context: EndContext): TaskEnd[] {
  const byId = new Map<string, TaskEnd>();
  for (const task of tasks) addTaskEnd(byId, task, context);
  return [...byId.values()];
}

/** One step of `toTaskEnds`: `byId` gains the end, or the later word of one it has. */
export function addTaskEnd(byId: Map<string, TaskEnd>, task: MesosTask, context: EndContext): void {
  const end = toTaskEnd(task, context);
  const other = byId.get(end.id);
  if (!other || supersedes(end, other)) byId.set(end.id, end);
}

/**
 * Takes offered ends one by one; `plan` holds what is to be written for those it took, `stoodAs` the stored rows of
 * those that stand under another id.
 */
export type EndPlanner = { add(end: TaskEnd): void; plan: EndPlan; stoodAs: Map<string, TaskEnd> };

/**
 * Compares offered ends with the stored ones of the same ids, and with `relatives`: stored ones of the same tasks under
 * other ids, see `relativesOf`. Pure and idempotent: offering what is stored plans nothing. A source that tells less
 * than before (no message this time) takes nothing away. A stored end keeps its id, whoever tells more of it: its page
 * has an address that people keep.
 */
export function planTaskEnds(
  offered: readonly TaskEnd[],
  known: ReadonlyMap<string, KnownEnd>,
  live: LiveTasks,
  relatives: readonly TaskEnd[] = [],
): EndPlan {
  const planner = createEndPlanner(offered, known, live, relatives);
  for (const end of offered) planner.add(end);
  return planner.plan;
}

/** The same step by step: `add` takes each of `offered`, in their order. */
export function createEndPlanner(
  offered: readonly TaskEnd[],
  known: ReadonlyMap<string, KnownEnd>,
  live: LiveTasks,
  relatives: readonly TaskEnd[],
): EndPlanner {
  const plan: EndPlan = { insert: [], revise: [], reopen: [] };
  const replaceable = replaceableBy(offered, known, relatives);
  const twins = createTwins(relatives);
  const places = createTwinIndex<number>();
  const stoodAs = new Map<string, TaskEnd>();
  const revisions = new Map<string, EndPlan['revise'][number]>();
  const reopened = new Set<string>();

  const insert = (end: TaskEnd, isLive: boolean) => {
    const place = places.find(end);
    const other = place === undefined ? undefined : plan.insert[place];
    if (place !== undefined && other !== undefined) {
      const more = revisionOf(other, end) ?? begunAs(other, end);
      const { id, finishedAt, firstStatusAt } = other;
      const own = { id, finishedAt, firstStatusAt: earliest(firstStatusAt, end.firstStatusAt) };
      if (more) plan.insert[place] = { ...more, ...own, revisedAt: null, revision: 0 };
      return;
    }
    places.add(end, plan.insert.length);
    plan.insert.push(isLive ? { ...end, reopenedAt: end.observedAt } : end);
  };

  const revise = (stored: KnownEnd, end: TaskEnd) => {
    const before = revisions.get(stored.id);
    if (before) before.end = { ...end, revision: before.end.revision };
    else {
      const one = { oldId: stored.id, oldFinishedAt: stored.finishedAt, end };
      revisions.set(stored.id, one);
      plan.revise.push(one);
    }
  };

  const add = (end: TaskEnd) => {
    const isLive = isReversible(end.state) && livesOn(live, end);
    const standIn = replaceable.get(end.id);
    if (standIn) {
      stoodAs.set(end.id, standIn);
      const before = revisions.get(standIn.id)?.end;
      const told = before ? revisionOf(before, end) : revised(standIn, end);
      const startedAt = standIn.startedAt ?? end.startedAt;
      if (told) revise(standIn, { ...told, id: standIn.id, startedAt });
      return;
    }
    const same = known.get(end.id);
    const twin = same ? undefined : twins.of(end);
    const stored = same ?? twin;
    if (twin) stoodAs.set(end.id, twin);
    if (!stored) {
      insert(end, isLive);
    } else if (isLive) {
      if (stored.reopenedAt || !isReversible(stored.state) || reopened.has(stored.id)) return;
      reopened.add(stored.id);
      plan.reopen.push({ id: stored.id, finishedAt: stored.finishedAt });
    } else {
      const before = revisions.get(stored.id)?.end ?? stored;
      const told = revisionOf(before, end) ?? (twin ? begunAs({ ...twin, ...before }, end) : null);
      if (!told) return;
      const finishedAt = twin && isOfOneTime(twin, end) ? twin.finishedAt : told.finishedAt;
      const firstStatusAt = earliest(before.firstStatusAt, told.firstStatusAt);
      revise(stored, { ...told, id: stored.id, finishedAt, firstStatusAt });
    }
  };
  return { add, plan, stoodAs };
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
  const { clusterId } = context;
  const { frameworkId, taskId, agentId } = task;
  // No spread in it: V8 would build an object of this many fields one by one, at five times the cost of all the rest.
  return {
    clusterId,
    id: taskEndId({ clusterId, frameworkId, taskId, agentId, firstStatusAt }),
    finishedAt,
    finishedAtKnown: told !== null,
    startedAt,
    firstStatusAt,
    frameworkId,
    taskId,
    agentId,
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

function supersedes(candidate: TaskEnd, other: TaskEnd): boolean {
  if (candidate.state === other.state) return (candidate.message !== null) > (other.message !== null);
  return outranks(candidate, other);
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

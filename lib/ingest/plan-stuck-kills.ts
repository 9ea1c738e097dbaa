import { appOfTaskId } from '@/lib/domain/marathon-task-id';
import type { LiveTask } from '@/lib/domain/snapshot';

import { liveKey } from './identity';

/** One row of `stuck_kill` that is not over. */
export type StuckKill = {
  frameworkId: string;
  taskId: string;
  agentId: string;
  since: Date;
  kind: 'task_killing' | 'marathon';
  appId: string | null;
  limitSeconds: number;
};

/** An app that its Marathon wants no task of, and since when at the latest. */
export type CondemnedApp = { frameworkId: string; appId: string; since: Date };

export type StuckKillFacts = {
  /** Of a whole state: absence means that the task is gone. */
  live: readonly LiveTask[];
  condemned: readonly CondemnedApp[];
  /** Null: not an app's task. */
  appIdOf: (task: LiveTask) => string | null;
  /** Seconds between SIGTERM and SIGKILL; null: not told, so Mesos's default. */
  graceOf: (frameworkId: string, appId: string | null) => number | null;
  open: readonly StuckKill[];
  now: Date;
};

export type StuckKillPlan = {
  /** Stuck now, those that were already among them. */
  stuck: StuckKill[];
  /** No longer. */
  over: StuckKill[];
};

/** `--executor_shutdown_grace_period` of an agent (slave/constants.hpp), where the app names no period. */
const DEFAULT_GRACE_SECONDS = 5;
/** Beyond the grace period: an update on its way, a slow `docker stop`, a poll in between. */
const SLACK_SECONDS = 120;

/**
 * Tasks that were told to die and live on for longer than their grace period and two minutes:
 *
 * `task_killing`: the executor told TASK_KILLING. Only where its framework asked for that state, and the executor
 * is alive enough to tell it.
 *
 * `marathon`: its app is gone from Marathon, or scaled to zero. Which tasks Marathon kills in a scale-down to more
 * than zero or in a restart is in none of its answers, so those are seen as TASK_KILLING only.
 *
 * A task is stuck once, under the time and kind first seen.
 */
export function planStuckKills(facts: StuckKillFacts): StuckKillPlan {
  const known = new Map(facts.open.map((one) => [liveKey(one), one]));
  const stuck = new Map<string, StuckKill>();
  const consider = (task: LiveTask, kind: StuckKill['kind'], since: Date, appId: string | null) => {
    const key = liveKey(task);
    if (stuck.has(key)) return;
    const limitSeconds = (facts.graceOf(task.frameworkId, appId) ?? DEFAULT_GRACE_SECONDS) + SLACK_SECONDS;
    if (facts.now.getTime() - since.getTime() <= limitSeconds * 1_000) return;
    const { frameworkId, taskId, agentId } = task;
    stuck.set(key, known.get(key) ?? { frameworkId, taskId, agentId, since, kind, appId, limitSeconds });
  };
  for (const task of facts.live) {
    if (task.killingSince !== null) consider(task, 'task_killing', task.killingSince, facts.appIdOf(task));
  }
  for (const { task, app } of tasksOf(facts.condemned, facts.live)) {
    consider(task, 'marathon', app.since, app.appId);
  }
  return {
    stuck: [...stuck.values()],
    over: facts.open.filter((one) => !stuck.has(liveKey(one))),
  };
}

/** Live tasks of the condemned apps. Most of 200,000 tasks are told apart by what stands before their first dot. */
function* tasksOf(condemned: readonly CondemnedApp[], live: readonly LiveTask[]) {
  if (condemned.length === 0) return;
  const byApp = new Map(condemned.map((app) => [`${app.frameworkId}\0${app.appId}`, app]));
  const starts = new Set(condemned.map(({ appId }) => startOf(appId.slice(1).replaceAll('/', '_'))));
  for (const task of live) {
    if (!starts.has(startOf(task.taskId))) continue;
    const appId = appOfTaskId(task.taskId)?.appId;
    const app = byApp.get(`${task.frameworkId}\0${appId}`);
    if (app !== undefined) yield { task, app };
  }
}

function startOf(text: string): string {
  const dot = text.indexOf('.');
  return dot === -1 ? text : text.slice(0, dot);
}

import type { MarathonApp, MarathonDeployment } from '@/lib/domain/cluster';
import { appOfTaskId } from '@/lib/domain/marathon-task-id';
import type { AnnouncedKill, MarathonContext } from '@/lib/domain/verdict';

/** A deployment with the span in which it was seen; `affectedApps` holds pods too. */
export type SeenDeployment = Pick<
  MarathonDeployment,
  'deploymentId' | 'version' | 'affectedApps' | 'actions'
> & {
  frameworkId: string;
  firstSeenAt: Date;
  /** The first poll without it; null: it still runs. */
  endedAt: Date | null;
};

/** What is known of one Marathon at a poll: its apps now, and its recent past from the database. */
export type MarathonKnowledge = {
  frameworkId: string;
  /** By app id. */
  apps: ReadonlyMap<string, MarathonApp>;
  deployments: readonly SeenDeployment[];
  /** Config versions of an app as instants, oldest first, by app id. */
  versions: ReadonlyMap<string, readonly Date[]>;
  /** Kills that it announced, by each of `killNames`; absent: its events were not followed. */
  kills?: ReadonlyMap<string, AnnouncedKill>;
};

// Marathon acts on a deployment before our poll can see it, and a killed task reports a little after it.
const DEPLOYMENT_BEFORE_MS = 5_000;
const DEPLOYMENT_AFTER_MS = 15_000;
// Marathon's clock against the agent's.
const KILL_SKEW_MS = 60_000;
// An instance is launched again under its id: a kill of it says nothing about a later task.
const INSTANCE_KILL_MS = 15 * 60_000;

/**
 * The app or pod a task belongs to; null: none. Only where its framework is Marathon: one we watch, one that
 * is called so, or a task id in the form that only Marathon writes (`….instance-<uuid>…`).
 */
export function appIdOf(task: {
  taskId: string;
  frameworkId: string;
  frameworkName: string | null;
  watched: (frameworkId: string) => boolean;
}): string | null {
  const parsed = appOfTaskId(task.taskId);
  if (!parsed) return null;
  const isMarathon =
    task.watched(task.frameworkId) ||
    /marathon/i.test(task.frameworkName ?? '') ||
    /\.instance-[0-9a-f-]{36}\./.test(task.taskId);
  return isMarathon ? parsed.appId : null;
}

/** What Marathon shows around the end of one of its tasks, for the diagnosis. */
export function marathonContext(
  knowledge: MarathonKnowledge,
  end: { appId: string; taskId: string; finishedAt: Date },
): MarathonContext {
  const app = knowledge.apps.get(end.appId);
  const failure = app?.lastTaskFailure;
  return {
    appId: end.appId,
    appExists: app !== undefined,
    isService: true,
    deployment: deploymentAt(knowledge.deployments, end),
    lastConfigChangeAt: newestBefore(
      [...(knowledge.versions.get(end.appId) ?? []), app?.lastConfigChangeAt ?? null],
      end.finishedAt,
    ),
    lastScalingAt: newestBefore([app?.lastScalingAt ?? null], end.finishedAt),
    ownFailure:
      failure && failure.taskId === end.taskId ? { state: failure.state, message: failure.message } : null,
    killGraceSeconds: app?.killGraceSeconds ?? null,
    announcedKill: announcedKillOf(knowledge.kills, end),
  };
}

/**
 * The names under which an announced kill is found by the ends that it brings: the task as the event names it, and
 * where all containers of a pod go, or only the instance was named (reference E4), the instance.
 */
export function killNames(taskId: string): string[] {
  const named = appOfTaskId(taskId);
  return named?.kind === 'pod' && named.instanceId !== null ? [taskId, named.instanceId] : [taskId];
}

/** The kill that an end is the end of; null: none was announced. `kills` by their names. */
export function announcedKillOf(
  kills: ReadonlyMap<string, AnnouncedKill> | undefined,
  { taskId, finishedAt }: { taskId: string; finishedAt: Date },
): AnnouncedKill | null {
  if (kills === undefined || kills.size === 0) return null;
  const before = (kill: AnnouncedKill | undefined) =>
    kill !== undefined && kill.at.getTime() <= finishedAt.getTime() + KILL_SKEW_MS ? kill : null;
  const own = before(kills.get(taskId));
  if (own !== null) return own;
  const ofInstance = before(kills.get(appOfTaskId(taskId)?.instanceId ?? ''));
  const age = ofInstance === null ? 0 : finishedAt.getTime() - ofInstance.at.getTime();
  return age <= INSTANCE_KILL_MS ? ofInstance : null;
}

/** The version of the app in force when the task was launched, as Marathon writes it; null: none known. */
export function versionAt(versions: readonly Date[] | undefined, launchedAt: Date | null): string | null {
  if (!launchedAt) return null;
  return newestBefore([...(versions ?? [])], launchedAt)?.toISOString() ?? null;
}

function deploymentAt(
  deployments: readonly SeenDeployment[],
  end: { appId: string; finishedAt: Date },
): MarathonContext['deployment'] {
  const at = end.finishedAt.getTime();
  const touching = deployments
    .filter((one) => one.affectedApps.includes(end.appId))
    .map((one) => ({ one, startedAt: startOf(one) }))
    .filter(
      ({ one, startedAt }) =>
        startedAt.getTime() - DEPLOYMENT_BEFORE_MS <= at &&
        (one.endedAt === null || at <= one.endedAt.getTime() + DEPLOYMENT_AFTER_MS),
    )
    .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())[0];
  if (!touching) return null;
  return {
    deploymentId: touching.one.deploymentId,
    actions: touching.one.actions
      .filter(({ target }) => target === end.appId)
      .map(({ action, target }) => `${action} ${target}`),
    startedAt: touching.startedAt,
  };
}

// A deployment's version is the instant its plan was made; our first sight is up to a poll later.
function startOf(deployment: SeenDeployment): Date {
  const planned = Date.parse(deployment.version);
  return Number.isNaN(planned) || planned > deployment.firstSeenAt.getTime()
    ? deployment.firstSeenAt
    : new Date(planned);
}

function newestBefore(instants: readonly (Date | null)[], limit: Date): Date | null {
  return instants.reduce<Date | null>(
    (newest, at) => (at && at <= limit && (!newest || at > newest) ? at : newest),
    null,
  );
}

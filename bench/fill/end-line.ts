import { HOST_CAUSES } from '@/lib/domain/cause';
import type { MesosTask, TaskStatus } from '@/lib/domain/task';
import { copyLine } from '@/lib/ingest/end-columns';
import { fingerprintOf, taskEndId } from '@/lib/ingest/identity';
import type { MarathonKnowledge, SeenDeployment } from '@/lib/ingest/marathon-context';
import { type EndContext, planTaskEnds, toTaskEnds } from '@/lib/ingest/plan-task-ends';
import type { TaskEnd } from '@/lib/ingest/task-end';

import type { Happening } from './happenings';
import {
  type AppInWorld,
  BATCH,
  CLUSTER,
  type Deployment,
  FRAMEWORK_NAMES,
  lastBefore,
  MARATHON,
  MASTER,
  type World,
} from './world';

const MAX_DEPLOYMENTS_KNOWN = 3;

/** The end as the collector makes it of what a master tells: a diagnosis of its own. */
export function realEnd(happening: Happening, world: World): TaskEnd {
  const offered = toTaskEnds([taskOf(happening)], contextOf(happening, world));
  const live = new Map(
    happening.fate.reopened
      ? offered.map((end) => [`${end.frameworkId}\0${end.taskId}\0${end.agentId}`, end.firstStatusAt])
      : [],
  );
  const [end] = planTaskEnds(offered, new Map(), live).insert;
  if (!end) throw new Error('an end that is not stored is not planned');
  return end;
}

/** As a master shows it. */
export function taskOf({
  fate,
  app,
  host,
  startedAt,
  finishedAt,
  taskId,
  containerId,
}: Happening): MesosTask {
  const bare = { reason: null, source: 'SOURCE_EXECUTOR', healthy: null, containerId };
  const statuses: TaskStatus[] = [
    { ...bare, state: fate.unborn ? 'TASK_STAGING' : 'TASK_RUNNING', at: startedAt, message: null },
    {
      state: fate.state,
      at: finishedAt,
      message: fate.message(app),
      reason: fate.reason ?? null,
      source: fate.source ?? 'SOURCE_EXECUTOR',
      healthy: fate.healthy ?? null,
      containerId: null,
    },
  ];
  return {
    frameworkId: app ? MARATHON : BATCH,
    taskId,
    agentId: host.agentId,
    executorId: '',
    name: app ? app.name : 'job',
    state: fate.state,
    statuses,
    resources: { cpus: app?.cpus ?? 1, memMb: app?.memMb ?? 512, diskMb: 0, gpus: 0 },
    image: app?.image ?? 'registry.example.net/batch/worker:7',
    containerizer: fate.containerizer ?? app?.containerizer ?? 'MESOS',
    labels: app ? { team: app.team } : {},
    list: 'completed_tasks',
  };
}

function contextOf({ app, host, observedAt }: Happening, world: Pick<World, 'from'>): EndContext {
  return {
    clusterId: CLUSTER,
    now: observedAt,
    hostnames: new Map([[host.agentId, host.hostname]]),
    frameworkNames: FRAMEWORK_NAMES,
    marathons: app ? new Map([[MARATHON, knowledgeOf(app, observedAt, world)]]) : new Map(),
  };
}

/** What a Marathon tells of one app at a time: no version or deployment that is yet to come. */
function knowledgeOf(app: AppInWorld, at: Date, { from }: Pick<World, 'from'>): MarathonKnowledge {
  const last = lastBefore(app.versions, at.getTime());
  const known = app.deployments.slice(Math.max(0, last + 1 - MAX_DEPLOYMENTS_KNOWN), last + 1);
  return {
    frameworkId: MARATHON,
    apps: new Map([[app.appId, marathonApp(app, from)]]),
    deployments: known.map(seenDeployment),
    versions: new Map([[app.appId, app.versions.slice(0, last + 1)]]),
  };
}

export function seenDeployment({ id, app, at, endedAt }: Deployment): SeenDeployment {
  return {
    deploymentId: id,
    frameworkId: MARATHON,
    version: at.toISOString(),
    affectedApps: [app.appId],
    actions: [{ action: 'RestartApplication', target: app.appId }],
    firstSeenAt: new Date(at.getTime() + 3_000),
    endedAt,
  };
}

function marathonApp(app: AppInWorld, from: Date) {
  return {
    appId: app.appId,
    kind: 'app' as const,
    version: from.toISOString(),
    instances: app.instances,
    cpus: app.cpus,
    memMb: app.memMb,
    diskMb: 0,
    image: app.image,
    cmd: null,
    jvmFlags: [],
    hasHealthChecks: true,
    labels: { team: app.team },
    lastScalingAt: null,
    lastConfigChangeAt: null,
    tasksRunning: app.instances,
    tasksHealthy: app.instances,
    tasksUnhealthy: 0,
    tasksStaged: 0,
    lastTaskFailure: null,
    killGraceSeconds: null,
    definition: null,
  };
}

/** Stands for what differs between two ends of one kind; times are told in two forms, and beside one another. */
const STAND_IN = {
  startedAt: new Date('2011-11-11T11:11:11.111Z'),
  finishedAt: new Date('2012-12-12T12:12:12.121Z'),
  observedAt: new Date('2013-03-13T13:13:13.131Z'),
  deployedAt: new Date('2012-12-12T12:11:11.191Z'),
  agentId: `${MASTER}-S987654321`,
  hostname: 'node-987654321.stand-in.example.net',
  containerId: '98765432-9876-4987-a987-987654321987',
  uuid: '12345678-1234-4123-a123-123456789123',
  deploymentId: '56785678-5678-4567-a567-567856785678',
} as const;

type Slot = (happening: Happening, fingerprint: string) => string;
type Template = { pieces: string[]; slots: Slot[]; cause: TaskEnd['cause'] };

const NULL = '\\N';

/** What is put into a line. */
const SLOTS: Slot[] = [
  ({ app, host, taskId, startedAt }) =>
    taskEndId({
      clusterId: CLUSTER,
      frameworkId: app ? MARATHON : BATCH,
      taskId,
      agentId: host.agentId,
      firstStatusAt: startedAt,
    }),
  (_, fingerprint) => fingerprint,
  ({ taskId }) => taskId,
  ({ host }) => host.agentId,
  ({ host }) => host.hostname,
  ({ containerId }) => containerId,
  ({ startedAt }) => startedAt.toISOString(),
  ({ finishedAt }) => finishedAt.toISOString(),
  ({ observedAt }) => observedAt.toISOString(),
  ({ finishedAt }) => utcText(finishedAt.getTime()),
  // Around an end, for those who look into the host's log.
  ({ finishedAt }) => utcText(finishedAt.getTime() - 120_000),
  ({ finishedAt }) => utcText(finishedAt.getTime() + 30_000),
  ({ deployment }) => deployment?.id ?? NULL,
  ({ deployment }) => (deployment ? utcText(deployment.at.getTime()) : NULL),
  ({ app, startedAt }) => app?.versions[lastBefore(app.versions, startedAt.getTime())]?.toISOString() ?? NULL,
];

/**
 * Lines for COPY, equal to those of `realEnd` (a test holds them to it) at a hundredth of the cost: rules judge one end
 * of a kind (app, fate, whether a deployment killed it), and what differs is put into its line.
 */
export function createEndLines(world: World): (happening: Happening) => string {
  const templates = new Map<string, Template>();
  const fingerprints = new Map<string, string>();
  return (happening) => {
    const { app, fate, deployment, host } = happening;
    const kind = `${app?.index ?? ''} ${fate.name} ${deployment && isYetToCome(happening)}`;
    let template = templates.get(kind);
    if (!template) {
      template = templateOf(happening, world);
      templates.set(kind, template);
    }
    const { cause, pieces, slots } = template;
    const subject = `${app?.index ?? ''} ${cause} ${HOST_CAUSES.has(cause) ? host.hostname : ''}`;
    let fingerprint = fingerprints.get(subject);
    if (fingerprint === undefined) {
      fingerprint = fingerprintOf({
        clusterId: CLUSTER,
        appId: app?.appId ?? null,
        frameworkName: app ? 'marathon' : 'batch',
        name: app?.name ?? 'job',
        cause,
        host: host.hostname,
      });
      fingerprints.set(subject, fingerprint);
    }
    let line = pieces[0] ?? '';
    for (let at = 0; at < slots.length; at += 1) {
      line += (slots[at] as Slot)(happening, fingerprint) + (pieces[at + 1] ?? '');
    }
    return line;
  };
}

/** The line of a stand-in, cut at the words that differ between ends. */
function templateOf(happening: Happening, world: World): Template {
  const stand = standInOf(happening);
  const end = realEnd(stand, world);
  const byWord = new Map<string, Slot>();
  for (const slot of SLOTS) {
    const word = slot(stand, end.fingerprint);
    if (word !== NULL) byWord.set(word, slot);
  }
  const words = [...byWord.keys()].sort((a, b) => b.length - a.length).map(escapeRegExp);
  const parts = copyLine(end).split(new RegExp(`(${words.join('|')})`));
  return {
    cause: end.cause,
    pieces: parts.filter((_, index) => index % 2 === 0),
    slots: parts.filter((_, index) => index % 2 === 1).map((word) => byWord.get(word) as Slot),
  };
}

/** The same end with words that stand nowhere else; its app has a version of long ago, and the deployment if any. */
function standInOf(happening: Happening): Happening {
  if (!happening.app) return { ...happening, ...STAND_IN, host: STAND_IN, taskId: STAND_IN.uuid };
  const version = new Date('2010-10-10T10:10:10.101Z');
  const app: AppInWorld = { ...happening.app, deployments: [], versions: [version] };
  app.deployments.push({ id: 'old', app, at: version, endedAt: version, kills: 0 });
  const deployment: Deployment | null = happening.deployment && {
    id: STAND_IN.deploymentId,
    app,
    at: isYetToCome(happening) ? new Date(STAND_IN.finishedAt.getTime() + 3_000) : STAND_IN.deployedAt,
    endedAt: new Date(STAND_IN.finishedAt.getTime() + 60_000),
    kills: 1,
  };
  if (deployment) {
    app.versions.push(deployment.at);
    app.deployments.push(deployment);
  }
  return {
    ...happening,
    ...STAND_IN,
    app,
    host: STAND_IN,
    deployment,
    taskId: `${app.safe}.instance-${STAND_IN.uuid}._app.1`,
  };
}

/** Planned a little after the end that it explains, by the clocks of two machines. */
function isYetToCome({ deployment, finishedAt }: Happening): boolean {
  return deployment !== null && deployment.at > finishedAt;
}

/** As lib/diagnose/wording.ts writes times. */
function utcText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function escapeRegExp(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

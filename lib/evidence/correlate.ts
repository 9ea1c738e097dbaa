import type { Cause, Proof } from '@/lib/domain/cause';
import type { LogSignal, LogSignature } from '@/lib/domain/log-signal';
import { appOfTaskId } from '@/lib/domain/marathon-task-id';

import { groupBy } from './group-by';
import { limitAgainst, type SizeVerdict } from './limit-size';
import { matchByTime } from './match-by-time';
import { signalWindow } from './signal-window';
import { type PlacedSignal, type StatusLine, sameHost, type Tie, type TieableEnd } from './tieable';

/** A row of the table of containers. Null: not told. */
export type KnownContainer = {
  /** Mesos container id. */
  containerId: string;
  dockerId: string | null;
  /** First process, on the host. */
  pid: number | null;
  taskId: string | null;
  frameworkId: string | null;
  host: string | null;
  appId: string | null;
  memLimitBytes: number | null;
  /** `agent`, `status` (docker inspect in a status update), `log`. */
  toldBy: string;
  firstSeenAt: Date;
  lastSeenAt: Date;
};

/** What a signal turned out to be about, and for a task that lives on, which, with what proof and why. */
export type About = {
  about: 'task_end' | 'running' | 'host' | 'foreign' | 'unknown';
  appId: string | null;
  taskId: string | null;
  proof: Proof | null;
  reason: string | null;
};

export type Correlation = {
  ties: Tie[];
  /** By signal id; null: an end that may yet come decides. */
  about: Map<string, About | null>;
};

export type CorrelationInput = {
  signals: readonly PlacedSignal[];
  ends: readonly TieableEnd[];
  containers: readonly KnownContainer[];
  statusLines: readonly StatusLine[];
  /** Ties that were proven before: what proved them may be forgotten by now. */
  proven: readonly Tie[];
  now: Date;
  /** The last time a master was read whole: ends before it are known. Null: never. */
  lastPolledAt: Date | null;
};

/** Kills for memory: the only signals that may be tied by time. */
export const MEMORY_KILLS: ReadonlySet<LogSignature> = new Set<LogSignature>([
  'memcg_oom',
  'global_oom',
  'mesos_agent_oom_report',
]);

/** Causes that say no more than that SIGKILL, or nothing known, ended the process: a kill for memory fits them. */
export const OPEN_TO_MEMORY_KILL: readonly Cause[] = [
  'sigkill_137_unproven',
  'oom_cgroup_limit',
  'oom_host',
  'executor_terminated',
  'unknown',
];

const SIGKILL_CODE = 137;
/** A container that ends later than this after a kill inside it has survived the kill. */
const SURVIVED_MS = 180_000;
const SKEW_MS = 90_000;
const PID_ALIVE_MS = 10 * 60_000;
const DOCKER_ID = /^[0-9a-f]{12,64}$/i;

/**
 * Ties signals of host logs to task ends, and says of each signal what it is about. Pure and without order: the same
 * facts give the same ties, whichever came first.
 *
 * By ids first, which prove: the container's (Docker's through the table of containers), a pid of the container's first
 * process, the task's on a line of its agent. A kill for memory that no id places is tied by host, time and limit to
 * ends that SIGKILL can have caused: `likely` where one kill and one end fit each other alone, else every kill that may
 * be meant is tied as `possible`, so that two deaths in one second are never swapped. What other orchestrators run, and
 * what is on no agent of ours, is tied to nothing.
 *
 * Give it all signals and ends near those asked about: a tie is only as good as the rivals it has seen. Cost: linear in
 * its input but for ends and kills of one host within the same four minutes, which are compared with each other.
 */
export function correlate(input: CorrelationInput): Correlation {
  const index = indexOf(input);
  const ties: Tie[] = [];
  const about = new Map<string, About | null>();
  const byTime: PlacedSignal[] = [];
  const places = new Map<string, KnownContainer>();
  for (const placed of input.signals) {
    if (isForeign(placed.signal)) continue;
    const found = tieById(placed, index);
    ties.push(...found.ties);
    if (found.container) places.set(placed.id, found.container);
    const isNowhere = found.ties.length === 0 && found.container === null;
    if (isNowhere && MEMORY_KILLS.has(placed.signal.signature)) byTime.push(placed);
  }
  // One by one: of a storm there are more than an argument list holds.
  for (const tie of tieByTime(byTime, ties, input, index)) ties.push(tie);

  const bySignal = groupBy(ties, ({ signalId }) => signalId);
  for (const placed of input.signals) {
    about.set(
      placed.id,
      aboutOf(placed, bySignal.get(placed.id) ?? [], places.get(placed.id) ?? null, input, index),
    );
  }
  return { ties, about };
}

/** Whether SIGKILL from the kernel can have ended it: nothing known of the end speaks against it. */
export function isOpenToMemoryKill(end: TieableEnd): boolean {
  if (end.exitCode !== null && end.exitCode !== SIGKILL_CODE) return false;
  if (end.signal !== null && end.signal !== 'SIGKILL') return false;
  if (!OPEN_TO_MEMORY_KILL.includes(end.cause)) return false;
  // A kill that was asked for explains itself, unless Mesos itself says memory.
  if (end.state === 'TASK_KILLED') return end.cause === 'oom_cgroup_limit' || end.cause === 'oom_host';
  return end.state === 'TASK_FAILED' || end.state === 'TASK_LOST';
}

/** Run by another orchestrator than Mesos. A host without memory is the host's own trouble, whoever was killed. */
function isForeign(signal: LogSignal): boolean {
  const { orchestrator, signature } = signal;
  if (orchestrator === null || orchestrator === 'docker' || orchestrator === 'mesos') return false;
  // `other` is also what the kernel's own cgroup `/` is called.
  return orchestrator !== 'other' || signature === 'memcg_oom';
}

type Index = {
  ends: Map<string, TieableEnd>;
  endsByContainer: Map<string, TieableEnd[]>;
  endsByRoot: Map<string, TieableEnd[]>;
  endsByTask: Map<string, TieableEnd[]>;
  containers: Map<string, KnownContainer>;
  containersByDocker: Map<string, KnownContainer[]>;
  containersByTask: Map<string, KnownContainer[]>;
  containersByPid: Map<string, KnownContainer[]>;
  containersByHost: Map<string, KnownContainer[]>;
  proven: Map<string, Tie[]>;
};

function indexOf({ ends, containers, proven }: CorrelationInput): Index {
  const withContainer = ends.filter(({ containerId }) => containerId !== null);
  return {
    ends: new Map(ends.map((end) => [end.id, end])),
    endsByContainer: groupBy(withContainer, ({ containerId }) => (containerId ?? '').toLowerCase()),
    endsByRoot: groupBy(withContainer, ({ containerId }) => rootOf(containerId ?? '')),
    endsByTask: groupBy(ends, ({ taskId }) => taskId),
    containers: new Map(containers.map((one) => [one.containerId.toLowerCase(), one])),
    containersByDocker: groupBy(
      containers.filter(({ dockerId }) => dockerId !== null),
      ({ dockerId }) => (dockerId ?? '').slice(0, 12).toLowerCase(),
    ),
    containersByTask: groupBy(
      containers.filter(({ taskId }) => taskId !== null),
      ({ taskId }) => taskId ?? '',
    ),
    containersByPid: groupBy(
      containers.filter(({ pid, host }) => pid !== null && host !== null),
      ({ pid, host }) => pidKey(host ?? '', pid ?? 0),
    ),
    containersByHost: groupBy(
      containers.filter(({ host }) => host !== null),
      ({ host }) => host ?? '',
    ),
    proven: groupBy(proven, ({ signalId }) => signalId),
  };
}

type ById = { ties: Tie[]; container: KnownContainer | null };

/** Ties by what the log names. `container`: the one it names, whether or not an end of it is known. */
function tieById(placed: PlacedSignal, index: Index): ById {
  const byContainer = tieByContainer(placed, index);
  const found =
    byContainer.ties.length > 0 || byContainer.container
      ? byContainer
      : placed.signal.taskId !== null
        ? { ties: tieByTask(placed, index), container: null }
        : tieByPid(placed, index);
  // What is proven now contradicts what was before: a task id that was used again, a container told wrongly.
  if (found.ties.some(({ proof }) => proof === 'proven')) return found;
  const known = new Set(found.ties.map(({ endId }) => endId));
  const kept = (index.proven.get(placed.id) ?? []).filter(
    ({ endId, by }) => !known.has(endId) && (by !== 'pid' || isOnHostOf(placed, index.ends.get(endId))),
  );
  return kept.length === 0 ? found : { ...found, ties: [...found.ties, ...kept] };
}

/** A pid proves on its own host alone, and a name that was held for that host's may have turned out not to be. */
function isOnHostOf({ host }: PlacedSignal, end: TieableEnd | undefined): boolean {
  return host !== null && end !== undefined && (end.hostname === null || sameHost(host, end.hostname));
}

function tieByContainer(placed: PlacedSignal, index: Index): ById {
  const id = placed.signal.containerId?.toLowerCase() ?? null;
  if (id === null) return { ties: [], container: null };
  if (DOCKER_ID.test(id)) return tieByDockerId(placed, id, index);
  const exact = index.endsByContainer.get(id) ?? [];
  const container = index.containers.get(id) ?? null;
  const ends = exact.length > 0 ? exact : container ? endsOf(container, index) : [];
  if (ends.length > 0) {
    return {
      ties: ends.map((end) => idTie(placed, end, `container ${shortId(id)}, which is this task's`)),
      container,
    };
  }
  return tieWithinContainer(placed, id, container, index);
}

/** The log names a container inside the task's, or the one that the task's is inside (a pod's). */
function tieWithinContainer(
  placed: PlacedSignal,
  id: string,
  container: KnownContainer | null,
  index: Index,
): ById {
  const root = rootOf(id);
  const outer = id === root ? [] : (index.endsByContainer.get(root) ?? []);
  if (outer.length > 0) {
    return {
      ties: outer.map((end) => idTie(placed, end, `container ${shortId(id)}, which ran inside this task's`)),
      container: container ?? index.containers.get(root) ?? null,
    };
  }
  const inside = (index.endsByRoot.get(root) ?? []).filter(
    ({ containerId }) => id === root && containerId?.toLowerCase() !== root,
  );
  const fitting = inside.filter(
    (end) => MEMORY_KILLS.has(placed.signal.signature) && isOpenToMemoryKill(end) && isNear(placed, end),
  );
  const meant = fitting.length > 0 ? fitting : inside;
  const proof: Proof = fitting.length === 1 ? 'likely' : 'possible';
  return {
    ties: meant.map((end) => ({
      ...idTie(placed, end, `container ${shortId(id)}, the pod that this task was part of`),
      proof,
      candidates: 1,
    })),
    container,
  };
}

function tieByDockerId(placed: PlacedSignal, id: string, index: Index): ById {
  const fitting = (index.containersByDocker.get(id.slice(0, 12)) ?? []).filter(
    ({ dockerId }) => dockerId?.toLowerCase().startsWith(id) === true,
  );
  // A line of a log can name any two ids together; docker inspect cannot.
  const inspected = fitting.filter(({ toldBy }) => toldBy === 'status');
  const known = inspected.length > 0 ? inspected : fitting;
  // A printed beginning that fits two containers names neither, nor does an id that is told to be two of Mesos's.
  const [container] = known;
  const isOther = (one: KnownContainer) => one.dockerId !== container?.dockerId;
  const ofMesos = new Set(known.map(({ containerId }) => containerId).filter((one) => !DOCKER_ID.test(one)));
  if (container === undefined || fitting.some(isOther) || ofMesos.size > 1) {
    return { ties: [], container: null };
  }
  // Agents list no Docker ids.
  const told =
    container.toldBy === 'status'
      ? 'docker inspect in its RUNNING update says so'
      : 'a line of the log names both';
  return {
    ties: known
      .flatMap((one) => endsOf(one, index))
      .map((end) => idTie(placed, end, `Docker container ${shortId(id)}, which is this task's: ${told}`)),
    container,
  };
}

/** Ends of a container: those that name it, else those of its task that fit in time (task ids are used again). */
function endsOf(container: KnownContainer, index: Index): TieableEnd[] {
  const exact = index.endsByContainer.get(container.containerId.toLowerCase());
  if (exact) return exact;
  if (container.taskId === null) return [];
  const ofTask = (index.endsByTask.get(container.taskId) ?? []).filter(
    (end) =>
      end.containerId === null &&
      (container.frameworkId === null || container.frameworkId === end.frameworkId) &&
      (container.host === null || end.hostname === null || sameHost(container.host, end.hostname)) &&
      end.finishedAt.getTime() >= container.firstSeenAt.getTime() - PID_ALIVE_MS,
  );
  return earliest(ofTask);
}

function tieByTask(placed: PlacedSignal, index: Index): Tie[] {
  const { signal, host, at, atKnown } = placed;
  const fitting = (index.endsByTask.get(signal.taskId ?? '') ?? []).filter(
    (end) =>
      (signal.frameworkId === null || signal.frameworkId === end.frameworkId) &&
      (host === null || end.hostname === null || sameHost(host, end.hostname)),
  );
  const distance = (end: TieableEnd) => Math.abs(end.finishedAt.getTime() - at.getTime());
  const nearest = atKnown
    ? fitting.toSorted((a, b) => distance(a) - distance(b)).slice(0, 1)
    : fitting.length === 1
      ? fitting
      : [];
  // Marathon never uses an id again; of others, the line may be of another run, whose end is not known yet.
  const alive = fitting.filter((end) => wasAlive(placed, end));
  const isSure = (end: TieableEnd) =>
    appOfTaskId(end.taskId) !== null || (atKnown && alive.length === 1 && alive.includes(end));
  return nearest.map((end) => ({
    signalId: placed.id,
    endId: end.id,
    by: 'task_id',
    proof: isSure(end) ? 'proven' : 'possible',
    reason: `The line of the Mesos agent names this task${whenNote(placed, end)}.`,
    candidates: 1,
  }));
}

function tieByPid(placed: PlacedSignal, index: Index): ById {
  const { signal, host } = placed;
  if (host === null || signal.killedPid === null) return { ties: [], container: null };
  // The table of a host without memory lists every process of it: there only the victim counts.
  const others = signal.signature === 'memcg_oom' ? signal.processes.map(({ pid }) => pid) : [];
  const ofVictim = livingWith(placed, [signal.killedPid], index);
  const ofTable = ofVictim.length > 0 ? [] : livingWith(placed, others, index);
  const [container, second] = ofVictim.length > 0 ? ofVictim : ofTable;
  // The limit of a cgroup above several containers: their processes stand in one table.
  if (!container || second) return { ties: [], container: null };
  const ends = endsOf(container, index).filter((end) => wasAlive(placed, end));
  const because =
    ofVictim.length > 0
      ? `Pid ${signal.killedPid} is the first process of this task's container`
      : `Pid ${container.pid}, the first process of this task's container, stands in the process table of the kill`;
  return {
    ties: ends.map((end) => ({
      signalId: placed.id,
      endId: end.id,
      by: 'pid',
      proof: 'proven',
      reason: `${because}${whenNote(placed, end)}.`,
      candidates: 1,
    })),
    container,
  };
}

/** Containers whose first process is one of these, and that lived at the time: pids are used again. */
function livingWith(placed: PlacedSignal, pids: readonly number[], index: Index): KnownContainer[] {
  const host = placed.host ?? '';
  const found = [...new Set(pids.flatMap((pid) => index.containersByPid.get(pidKey(host, pid)) ?? []))];
  return found.filter((container) => {
    if (!placed.atKnown) return false;
    const at = placed.at.getTime();
    if (container.firstSeenAt.getTime() > at + SKEW_MS) return false;
    const ends = endsOf(container, index);
    if (ends.length > 0) return ends.some((end) => wasAlive(placed, end));
    return container.lastSeenAt.getTime() >= at - PID_ALIVE_MS;
  });
}

function wasAlive({ at }: PlacedSignal, end: TieableEnd): boolean {
  const began = end.startedAt?.getTime() ?? 0;
  return began <= at.getTime() + SKEW_MS && end.finishedAt.getTime() >= at.getTime() - SKEW_MS;
}

function idTie(placed: PlacedSignal, end: TieableEnd, names: string): Tie {
  return {
    signalId: placed.id,
    endId: end.id,
    by: 'container_id',
    proof: isBorrowed(placed) ? 'likely' : 'proven',
    reason: isBorrowed(placed)
      ? `A line beside the kernel's names ${names}; the kernel's own names none${whenNote(placed, end)}.`
      : `The log names ${names}${whenNote(placed, end)}.`,
    candidates: 1,
  };
}

/** A kill line that stands alone has the id of the one container that ended within a second: no line says so. */
function isBorrowed({
  signal: { source, signature, cgroup, limitCgroup, invokedBy },
}: PlacedSignal): boolean {
  const isKernels = source === 'kernel' && MEMORY_KILLS.has(signature);
  return isKernels && cgroup === null && limitCgroup === null && invokedBy === null;
}

/** How far the end is away, where it is more than the clocks and the report of a death explain. */
function whenNote(placed: PlacedSignal, end: TieableEnd): string {
  if (!placed.atKnown || !end.finishedAtKnown || isNear(placed, end)) return '';
  const seconds = Math.round((end.finishedAt.getTime() - placed.at.getTime()) / 1000);
  const size = Math.abs(seconds);
  const text =
    size < 7_200
      ? `${Math.round(size / 60)} minutes`
      : size < 172_800
        ? `${Math.round(size / 3_600)} hours`
        : `${Math.round(size / 86_400)} days`;
  return seconds > 0 ? `, ${text} before it ended` : `, though its clock puts this ${text} after the end`;
}

function isNear(placed: PlacedSignal, end: TieableEnd): boolean {
  const delta = end.finishedAt.getTime() - placed.at.getTime();
  return delta >= -signalWindow.beforeMs && delta <= signalWindow.afterMs;
}

function tieByTime(
  kills: readonly PlacedSignal[],
  idTies: readonly Tie[],
  { ends, statusLines, signals }: CorrelationInput,
  index: Index,
): Tie[] {
  if (kills.length === 0) return [];
  const signatures = new Map(signals.map(({ id, signal }) => [id, signal.signature]));
  // An end whose own kill is known needs no other.
  const explained = new Set(
    idTies
      .filter(
        ({ signalId, proof }) =>
          proof !== 'possible' && MEMORY_KILLS.has(signatures.get(signalId) ?? 'io_error'),
      )
      .map(({ endId }) => endId),
  );
  const open = ends.filter((end) => !explained.has(end.id) && isOpenToMemoryKill(end));
  return matchByTime({ kills, ends: open, statusLines, sizeOf: (placed, end) => sizeOf(placed, end, index) });
}

/** `differs` where ids, containerizer or limit say that another container was killed. */
function sizeOf({ signal }: PlacedSignal, end: TieableEnd, index: Index): SizeVerdict {
  const id = signal.containerId?.toLowerCase() ?? null;
  if (id !== null) {
    const isDocker = DOCKER_ID.test(id);
    if (!isDocker && end.containerId !== null) return 'differs';
    const dockerIds = isDocker ? dockerIdsOf(end, index) : [];
    if (dockerIds.length > 0 && !dockerIds.some((one) => one.startsWith(id))) return 'differs';
  }
  if (signal.orchestrator === 'mesos' && end.containerizer === 'DOCKER') return 'differs';
  if (signal.orchestrator === 'docker' && end.containerizer === 'MESOS') return 'differs';
  return limitAgainst(signal, end);
}

function dockerIdsOf(end: TieableEnd, index: Index): string[] {
  const ofContainer =
    end.containerId === null ? undefined : index.containers.get(end.containerId.toLowerCase());
  const rows = ofContainer ? [ofContainer] : (index.containersByTask.get(end.taskId) ?? []);
  return rows.flatMap(({ dockerId }) => (dockerId === null ? [] : [dockerId.toLowerCase()]));
}

function aboutOf(
  placed: PlacedSignal,
  ties: readonly Tie[],
  container: KnownContainer | null,
  input: CorrelationInput,
  index: Index,
): About | null {
  const { signal } = placed;
  if (isForeign(signal)) return { ...NOTHING, about: signal.signature === 'global_oom' ? 'host' : 'foreign' };
  const tied = ties.flatMap((tie) => index.ends.get(tie.endId) ?? []);
  const atEnd = placed.atKnown
    ? tied.filter((end) => end.finishedAt.getTime() - placed.at.getTime() <= SURVIVED_MS)
    : tied;
  if (ties.length > 0 && (atEnd.length > 0 || !MEMORY_KILLS.has(signal.signature))) {
    return { ...NOTHING, about: 'task_end', appId: onlyOne(tied.map(({ appId }) => appId)) };
  }
  if (!MEMORY_KILLS.has(signal.signature) && signal.signature !== 'oom_kill_disable') {
    return { ...NOTHING, about: 'host', appId: container?.appId ?? null };
  }
  if (!isDecided(placed, input))
    return signal.signature === 'global_oom' ? { ...NOTHING, about: 'host' } : null;
  const survivor = survivorOf(placed, tied, container, index);
  if (survivor) return survivor;
  return { ...NOTHING, about: signal.signature === 'global_oom' ? 'host' : 'unknown' };
}

const NOTHING = { appId: null, taskId: null, proof: null, reason: null } as const;

/** Whether an end of the killed container would be known by now. */
function isDecided(
  { at, atKnown, receivedAt }: PlacedSignal,
  { now, lastPolledAt }: CorrelationInput,
): boolean {
  if (now.getTime() >= receivedAt.getTime() + SURVIVED_MS) return true;
  return atKnown && lastPolledAt !== null && lastPolledAt.getTime() >= at.getTime() + SURVIVED_MS;
}

/** The kill hit a process of a container that lives, or lived, on. Null: no container is known to be meant. */
function survivorOf(
  placed: PlacedSignal,
  tied: readonly TieableEnd[],
  container: KnownContainer | null,
  index: Index,
): About | null {
  const [end] = tied;
  if (container || end) {
    return {
      about: 'running',
      appId: container?.appId ?? end?.appId ?? null,
      taskId: container?.taskId ?? end?.taskId ?? null,
      proof: 'proven',
      reason: 'The log names a container of this task, which lived on.',
    };
  }
  const { signal, host, at, atKnown } = placed;
  if (host === null || signal.limitKb === null || !atKnown || signal.signature === 'global_oom') return null;
  const fitting = (index.containersByHost.get(host) ?? []).filter(
    (one) =>
      one.toldBy !== 'log' &&
      one.memLimitBytes !== null &&
      Math.abs(one.memLimitBytes / 1024 - (signal.limitKb ?? 0)) <= 4 &&
      one.firstSeenAt.getTime() <= at.getTime() &&
      one.lastSeenAt.getTime() > at.getTime() + SKEW_MS &&
      isOneOf(one, signal.containerId),
  );
  const [only, second] = fitting;
  if (!only || second) return null;
  return {
    about: 'running',
    appId: only.appId,
    taskId: only.taskId,
    proof: 'likely',
    reason: 'It is the only container on this host with exactly this memory limit, and it lived on.',
  };
}

/** False where the log names another container than this one. */
function isOneOf(container: KnownContainer, named: string | null): boolean {
  if (named === null) return true;
  if (!DOCKER_ID.test(named)) return false;
  return container.dockerId === null;
}

function earliest(ends: readonly TieableEnd[]): TieableEnd[] {
  return ends.toSorted((a, b) => a.finishedAt.getTime() - b.finishedAt.getTime()).slice(0, 1);
}

function onlyOne(values: readonly (string | null)[]): string | null {
  const different = new Set(values);
  return different.size === 1 ? (values[0] ?? null) : null;
}

function rootOf(containerId: string): string {
  const lower = containerId.toLowerCase();
  const dot = lower.indexOf('.');
  return dot > 0 ? lower.slice(0, dot) : lower;
}

function pidKey(host: string, pid: number): string {
  return `${host.toLowerCase()}\0${pid}`;
}

/** Docker's twelve digits; a Mesos id whole. */
function shortId(id: string): string {
  return DOCKER_ID.test(id) ? id.slice(0, 12) : id.slice(0, 80);
}

import type { Cause, Proof } from '@/lib/domain/cause';
import type { TiedSignal, TieKind } from '@/lib/domain/evidence';
import type { LogFact, LogSighting, LogSignal } from '@/lib/domain/log-signal';
import { appOfTaskId } from '@/lib/domain/marathon-task-id';
import { type EndState, isEndState } from '@/lib/domain/task';
import type { Facts, Verdict } from '@/lib/domain/verdict';
import { correlate, type KnownContainer, MEMORY_KILLS } from './correlate';
import { SIGNAL_ADVICE } from './signal-advice';
import { signalSentence } from './signal-sentence';
import type { PlacedSignal, StatusLine, Tie, TieableEnd } from './tieable';

/** A task that the log itself says a signal is about. */
export type LogTask = {
  taskId: string;
  frameworkId: string | null;
  /** Of its last status update in the log; null: none is there. */
  state: EndState | null;
  finishedAt: Date | null;
  tie: TieKind;
  proof: Proof;
  reason: string;
  candidates: number;
};

export type SignalVerdict = Pick<
  Verdict,
  'cause' | 'disposition' | 'proof' | 'summary' | 'because' | 'advice'
>;

export type ExplainedSignal = { signal: LogSignal; tasks: LogTask[]; verdict: SignalVerdict };

/** The same sign of the same host, device, container and process, told again and again. */
export type ExplainedGroup = ExplainedSignal & { count: number; firstAt: Date | null; lastAt: Date | null };

export type ExplainedLog = {
  /** The first `MAX_SIGNALS`, each for itself, in the order of the log. */
  signals: ExplainedSignal[];
  /** In the order of their first signal, at most `MAX_GROUPS`. */
  groups: ExplainedGroup[];
  signalsFound: number;
  /** Signals that no group had room for. */
  signalsUngrouped: number;
  /** Of signals and status updates; null: none tells a time. */
  from: Date | null;
  to: Date | null;
  /** As printed, sorted; at most 1,000. */
  hosts: string[];
};

export type LogExplainer = { add(fact: LogFact): void; end(): ExplainedLog };

export const MAX_SIGNALS = 500;
export const MAX_GROUPS = 1_000;
const MAX_HOSTS = 1_000;
const MAX_CONTAINERS = 20_000;
const MAX_UPDATES = 20_000;
const RECENT_UPDATES = 300;
/** Proof lines of all groups together; groups beyond keep a few lines each. */
const MAX_KEPT_LINES = 50_000;
const FEW_LINES = 5;
/** A status update can be about a kill this long before it, or by skew after it. */
const NEAR_MS = { before: 90_000, after: 150_000 };
/** A status follows the death it tells of. */
const AT_ONCE_MS = 5_000;
const NO_TIME = new Date(0);
const FOREVER = new Date(8.64e15);
const THIS_LOG = '(this log)';

/**
 * What a log says by itself: each signal with the tasks that the log's own lines tie to it, and a verdict by
 * `diagnose`. Takes the facts one after the other and holds a bounded part of them, whatever the log's length.
 */
export function createLogExplainer(diagnose: (facts: Facts) => Verdict): LogExplainer {
  const held = new HeldFacts();
  return {
    add: (fact) => held.add(fact),
    end: () => explain(held, diagnose),
  };
}

type Group = { signal: LogSignal; count: number; firstAt: Date | null; lastAt: Date | null };
type Update = LogSighting & { at: Date; taskId: string; state: EndState };

/** The bounded part of a log's facts that its explanation needs. */
class HeldFacts {
  readonly first: LogSignal[] = [];
  readonly groups = new Map<string, Group>();
  readonly containers = new Map<string, LogSighting>();
  readonly updates: Update[] = [];
  readonly hosts = new Set<string>();
  signalsFound = 0;
  signalsUngrouped = 0;
  from: Date | null = null;
  to: Date | null = null;
  private readonly recent: Update[] = [];
  private readonly lastKill = new Map<string, number>();
  private linesKept = 0;

  add(fact: LogFact): void {
    const { host, at } = 'signal' in fact ? fact.signal : fact.sighting;
    if (host !== null && this.hosts.size < MAX_HOSTS) this.hosts.add(host);
    this.from = at !== null && (this.from === null || at < this.from) ? at : this.from;
    this.to = at !== null && (this.to === null || at > this.to) ? at : this.to;
    if ('signal' in fact) this.addSignal(fact.signal);
    else if (fact.sighting.kind === 'container') this.addContainer(fact.sighting);
    else this.addUpdate(fact.sighting);
  }

  private addSignal(signal: LogSignal): void {
    this.signalsFound += 1;
    const key = groupKey(signal);
    const group = this.groups.get(key);
    if (group) {
      group.count += 1;
      if (signal.at !== null && (group.firstAt === null || signal.at < group.firstAt))
        group.firstAt = signal.at;
      if (signal.at !== null && (group.lastAt === null || signal.at > group.lastAt)) group.lastAt = signal.at;
    } else if (this.groups.size < MAX_GROUPS) {
      this.groups.set(key, { signal: this.thinned(signal), count: 1, firstAt: signal.at, lastAt: signal.at });
    } else this.signalsUngrouped += 1;
    if (this.first.length < MAX_SIGNALS) this.first.push(signal);
    if (MEMORY_KILLS.has(signal.signature) && signal.at !== null) this.addKill(signal, signal.at);
  }

  private thinned(signal: LogSignal): LogSignal {
    const isFull = this.linesKept > MAX_KEPT_LINES;
    this.linesKept += isFull ? FEW_LINES : signal.lines.length;
    return isFull ? { ...signal, lines: signal.lines.slice(-FEW_LINES), processes: [] } : signal;
  }

  private addKill({ host }: LogSignal, at: Date): void {
    const name = placeOf(host);
    if (this.lastKill.size < MAX_HOSTS || this.lastKill.has(name)) this.lastKill.set(name, at.getTime());
    const near = this.recent.filter(
      (update) => placeOf(update.host) === name && update.at.getTime() >= at.getTime() - NEAR_MS.before,
    );
    for (const update of near) this.keep(update);
    if (near.length > 0)
      this.recent.splice(0, this.recent.length, ...this.recent.filter((one) => !near.includes(one)));
  }

  private addContainer(sighting: LogSighting): void {
    const id = sighting.mesosContainerId ?? sighting.dockerId;
    if (id === null) return;
    const key = `${placeOf(sighting.host)}\0${id}`;
    const known = this.containers.get(key);
    this.containers.delete(key);
    this.containers.set(key, known ? { ...known, pid: known.pid ?? sighting.pid } : sighting);
    if (this.containers.size <= MAX_CONTAINERS) return;
    const oldest = this.containers.keys().next().value;
    if (oldest !== undefined) this.containers.delete(oldest);
  }

  private addUpdate(sighting: LogSighting): void {
    const { at, taskId, state } = sighting;
    if (at === null || taskId === null || state === null || !isEndState(state)) return;
    const update: Update = { ...sighting, at, taskId, state };
    const kill = this.lastKill.get(placeOf(sighting.host));
    if (kill !== undefined && at.getTime() - kill <= NEAR_MS.after) this.keep(update);
    else if (this.recent.push(update) > RECENT_UPDATES) this.recent.shift();
  }

  private keep(update: Update): void {
    if (this.updates.length < MAX_UPDATES) this.updates.push(update);
  }
}

function groupKey(signal: LogSignal): string {
  const { signature, host, device, containerId, killedPid, killedComm, taskId, source } = signal;
  const isKill = MEMORY_KILLS.has(signature);
  // A task that hangs is reported again with its pid; which of a hundred threads hangs does not matter.
  const who = isKill ? `${killedPid}\0${signal.at?.getTime() ?? signal.uptimeSeconds}` : killedComm;
  return [signature, source, host, device, containerId, taskId, who].join('\0');
}

function placeOf(host: string | null): string {
  return (host ?? THIS_LOG).toLowerCase();
}

function explain(held: HeldFacts, diagnose: (facts: Facts) => Verdict): ExplainedLog {
  const signals = [...new Set([...held.first, ...[...held.groups.values()].map(({ signal }) => signal)])];
  const tasksOf = tasksBySignal(held, signals);
  const explained = new Map<LogSignal, ExplainedSignal>();
  const explainOne = (signal: LogSignal): ExplainedSignal => {
    const known = explained.get(signal);
    if (known) return known;
    const tasks = tasksOf.get(signal) ?? [];
    const one = { signal, tasks, verdict: verdictOf(signal, tasks, diagnose) };
    explained.set(signal, one);
    return one;
  };
  return {
    signals: held.first.map(explainOne),
    groups: [...held.groups.values()].map(({ signal, count, firstAt, lastAt }) => ({
      ...explainOne(signal),
      count,
      firstAt,
      lastAt,
    })),
    signalsFound: held.signalsFound,
    signalsUngrouped: held.signalsUngrouped,
    from: held.from,
    to: held.to,
    hosts: [...held.hosts].sort(),
  };
}

// --- ties among the log's own lines ---

function tasksBySignal(held: HeldFacts, signals: readonly LogSignal[]): Map<LogSignal, LogTask[]> {
  const containers = [...held.containers.values()].map(toKnownContainer);
  const latest = new Map(containers.map((one) => [`${one.host}\0${one.taskId}`, one]));
  const ends = held.updates.map((update, index) => toEnd(update, index, latest));
  const statusLines: StatusLine[] = held.updates.map(({ host, at, taskId, state }) => ({
    host: placeOf(host),
    at,
    taskId,
    state,
  }));
  const placed: PlacedSignal[] = signals.map((signal, index) => ({
    id: String(index),
    signal,
    host: placeOf(signal.host),
    at: signal.at ?? NO_TIME,
    atKnown: signal.at !== null,
    receivedAt: NO_TIME,
  }));
  const { ties } = correlate({
    signals: placed,
    ends,
    containers,
    statusLines,
    proven: [],
    now: FOREVER,
    lastPolledAt: null,
  });
  const endById = new Map(ends.map((end) => [end.id, end]));
  const ofSignal = countBy(ties, ({ signalId }) => signalId);
  const ofEnd = countBy(ties, ({ endId }) => endId);
  const found = new Map<LogSignal, LogTask[]>();
  for (const tie of ties) {
    const signal = signals[Number(tie.signalId)];
    const end = endById.get(tie.endId);
    if (signal === undefined || end === undefined) continue;
    const isAlone = ofSignal.get(tie.signalId) === 1 && ofEnd.get(tie.endId) === 1;
    const task = endedTask(tie, end);
    found.set(signal, [...(found.get(signal) ?? []), isAlone ? atOnce(task, signal) : task]);
  }
  for (const signal of signals) {
    if (found.has(signal)) continue;
    const named = namedTask(signal, containers);
    if (named) found.set(signal, [named]);
  }
  return found;
}

function toKnownContainer(sighting: LogSighting): KnownContainer {
  const { mesosContainerId, dockerId, pid, taskId, frameworkId, host, at } = sighting;
  return {
    containerId: mesosContainerId ?? dockerId ?? '',
    dockerId,
    pid,
    taskId,
    frameworkId,
    host: placeOf(host),
    appId: null,
    memLimitBytes: null,
    toldBy: 'log',
    firstSeenAt: at ?? NO_TIME,
    // The log tells of its end, or it lives on.
    lastSeenAt: FOREVER,
  };
}

function toEnd(update: Update, index: number, containers: ReadonlyMap<string, KnownContainer>): TieableEnd {
  const { host, taskId, frameworkId, state, at } = update;
  return {
    id: `end-${index}`,
    hostname: placeOf(host),
    taskId,
    frameworkId: frameworkId ?? '',
    appId: appOfTaskId(taskId)?.appId ?? null,
    containerId: containers.get(`${placeOf(host)}\0${taskId}`)?.containerId ?? null,
    containerizer: null,
    image: null,
    state,
    cause: 'unknown',
    exitCode: null,
    signal: null,
    memMb: null,
    startedAt: null,
    finishedAt: at,
    finishedAtKnown: true,
  };
}

function endedTask(tie: Tie, end: TieableEnd): LogTask {
  const { by, proof, reason, candidates } = tie;
  const { taskId, frameworkId, state, finishedAt } = end;
  return { taskId, frameworkId, state, finishedAt, tie: by, proof, reason, candidates };
}

/**
 * By one clock, with no other kill and no other end near: what follows a kill within seconds is most likely its end,
 * though the log does not tell the task's limit.
 */
function atOnce(task: LogTask, { at }: LogSignal): LogTask {
  const delta = (task.finishedAt?.getTime() ?? Number.NaN) - (at?.getTime() ?? Number.NaN);
  if (task.tie !== 'time' || !(delta >= 0 && delta <= AT_ONCE_MS)) return task;
  const after = delta < 1_000 ? `${delta} ms` : `${Math.round(delta / 1_000)} s`;
  const reason = `The agent's own log tells of this task's end ${after} after the kill on the same host, and of no other near it; the log does not tell the task's own limit.`;
  return { ...task, proof: 'likely', reason };
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** The task that the line itself names, or that another line says the container is of; its end is not in the log. */
function namedTask(signal: LogSignal, containers: readonly KnownContainer[]): LogTask | null {
  const untold = { state: null, finishedAt: null, proof: 'proven', candidates: 1 } as const;
  if (signal.taskId !== null) {
    const { taskId, frameworkId } = signal;
    return {
      ...untold,
      taskId,
      frameworkId,
      tie: 'task_id',
      reason: 'The line of the Mesos agent names this task.',
    };
  }
  const id = signal.containerId;
  if (id === null) return null;
  const container = containers.find(
    (one) =>
      one.containerId === id || (one.dockerId !== null && id.length >= 12 && one.dockerId.startsWith(id)),
  );
  if (!container || container.taskId === null) return null;
  const reason = 'A line of the Mesos agent says that this container is the task’s.';
  return {
    ...untold,
    taskId: container.taskId,
    frameworkId: container.frameworkId,
    tie: 'container_id',
    reason,
  };
}

// --- verdicts ---

function verdictOf(
  signal: LogSignal,
  tasks: readonly LogTask[],
  diagnose: (facts: Facts) => Verdict,
): SignalVerdict {
  const [task] = tasks;
  if (task?.state != null) return diagnose(factsOfTask(signal, tasks, task, task.state));
  if (!MEMORY_KILLS.has(signal.signature)) return ofSignalAlone(signal);
  const verdict = diagnose(factsOfContainer(signal));
  // No task's state was told: only what the log says is cited.
  return {
    ...verdict,
    because: verdict.because.filter((line) => !/^(?:State TASK_|Tied to this task: )/.test(line)),
  };
}

function factsOfTask(signal: LogSignal, tasks: readonly LogTask[], task: LogTask, state: EndState): Facts {
  const { finishedAt, tie, proof, reason } = task;
  const candidates = Math.max(task.candidates, tasks.length);
  return {
    ...NOTHING_KNOWN,
    state,
    finishedAt: finishedAt ?? signal.at ?? NO_TIME,
    evidence: [{ signalId: null, signal, by: tie, proof, reason, candidates }],
  };
}

/** Of the container that was killed, whichever task it was. */
function factsOfContainer(signal: LogSignal): Facts {
  const { containerId, at } = signal;
  const evidence: TiedSignal =
    containerId === null
      ? {
          signalId: null,
          signal,
          by: 'time',
          proof: 'likely',
          reason: 'The log names no container.',
          candidates: 1,
        }
      : {
          signalId: null,
          signal,
          by: 'container_id',
          proof: 'proven',
          reason: 'The log names it.',
          candidates: 1,
        };
  return {
    ...NOTHING_KNOWN,
    state: 'TASK_FAILED',
    finishedAt: at ?? NO_TIME,
    onlyStatus: true,
    evidence: [evidence],
  };
}

const NOTHING_KNOWN = {
  reason: null,
  source: null,
  message: null,
  healthy: null,
  statuses: [],
  everRan: null,
  containerizer: null,
  image: null,
  memMb: null,
  frameworkName: null,
  marathon: null,
} satisfies Partial<Facts>;

/** A sign of the host: what it can do to tasks, as `possible`, since no task is named. */
function ofSignalAlone(signal: LogSignal): SignalVerdict {
  const { cause, advice } = SIGNAL_ADVICE[signal.signature];
  // After SIGTERM was not obeyed comes SIGKILL, which mostly works.
  const isFirstTry = signal.lines.some((line) => line.includes('using the force'));
  const isNamed = (signal.taskId !== null || signal.containerId !== null) && !isFirstTry;
  const proof: Proof = isNamed && cause !== 'unknown' ? 'likely' : 'possible';
  return {
    cause: cause satisfies Cause,
    disposition: 'unexplained',
    proof,
    summary: signalSentence(signal),
    because: [],
    advice: [...advice],
  };
}

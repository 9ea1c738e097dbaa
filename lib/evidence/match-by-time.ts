import type { Proof } from '@/lib/domain/cause';

import { groupBy } from './group-by';
import type { SizeVerdict } from './limit-size';
import { signalWindow } from './signal-window';
import { type PlacedSignal, type StatusLine, sameHost, type Tie, type TieableEnd } from './tieable';

export type TimeMatching = {
  /** Kills for memory that no id places. */
  kills: readonly PlacedSignal[];
  /** Ends that SIGKILL can have caused. */
  ends: readonly TieableEnd[];
  statusLines: readonly StatusLine[];
  sizeOf(kill: PlacedSignal, end: TieableEnd): SizeVerdict;
};

// A status follows its death within seconds; clocks of one cluster mostly agree within one.
const TIGHT = { beforeMs: 2_000, afterMs: 15_000 };
// By one and the same log there is no skew.
const SAME_LOG = { beforeMs: 1_000, afterMs: 30_000 };
const MAX_TIES_OF_AN_END = 5;
/** Of one host within minutes; what is beyond would be an attack, and each is compared with each kill. */
const MAX_MARKS_OF_A_KILL = 60;
/** Of one container: the kernel may need several kills, a thousand are a loop that no single death explains. */
const MAX_KILLS_OF_A_DEATH = 20;

/** One victim: all kills in one container, since the kernel may need several until the main process is hit. */
type Victim = { key: string; kills: PlacedSignal[] };
type Pair = {
  victim: Victim;
  kill: PlacedSignal;
  end: TieableEnd;
  /** Milliseconds from the kill to the status, by the clock that is compared. */
  delta: number;
  isTight: boolean;
  /** By the agent's own line in the same log. */
  isSameLog: boolean;
  size: SizeVerdict;
};

/**
 * Ties kills to ends by host, time and memory limit. In tiers, each leaving to the next what it could not place: a kill
 * and an end seconds apart, a kill and an end within the skew of clocks, both with a limit equal to the app's `mem`;
 * then by time alone. Where several fit, all are tied as `possible`.
 */
export function matchByTime({ kills, ends, statusLines, sizeOf }: TimeMatching): Tie[] {
  const marks = marksOf(ends, statusLines);
  const victims = [...groupBy(kills, victimKey)].map(([key, ofVictim]) => ({ key, kills: ofVictim }));
  const crowded: Crowds = new Map();
  const pairs = victims.flatMap((victim) => pairsOf(victim, marks, sizeOf, crowded));
  const equal = pairs.filter(({ size }) => size === 'equal');
  const ties: Tie[] = [];
  const placedVictims = new Set<string>();
  const placedEnds = new Set<string>();
  const tiers = [
    equal.filter(({ isTight }) => isTight),
    equal,
    pairs.filter(({ size }) => size === 'unknown'),
  ];
  for (const tier of tiers) {
    const open = tier.filter(({ victim, end }) => !placedVictims.has(victim.key) && !placedEnds.has(end.id));
    const ofVictim = groupBy(open, ({ victim }) => victim.key);
    const ofEnd = groupBy(open, ({ end }) => end.id);
    for (const found of ofEnd.values()) {
      const nearest = found.toSorted((a, b) => Math.abs(a.delta) - Math.abs(b.delta));
      const [first] = found;
      const isAlone =
        first !== undefined &&
        found.length === 1 &&
        ofVictim.get(first.victim.key)?.length === 1 &&
        !isInCrowd(first, crowded);
      for (const pair of nearest.slice(0, MAX_TIES_OF_AN_END))
        ties.push(...tiesOf(pair, found.length, isAlone));
    }
    for (const { victim, end } of open) {
      placedVictims.add(victim.key);
      placedEnds.add(end.id);
    }
  }
  return ties;
}

/** Kills in one container are one death; without its id each kill is its own. */
function victimKey({ id, host, signal }: PlacedSignal): string {
  const container = signal.containerId ?? (signal.orchestrator === null ? null : signal.cgroup);
  return container === null ? id : `${host ?? signal.host ?? ''}\0${container}`;
}

/** A moment at which a log or a status says that a task had ended. */
type Mark = { host: string; at: number; end: TieableEnd; isLine: boolean };
type Marks = {
  /** By host in lower case, sorted by time. */
  byHost: Map<string, Mark[]>;
  /** Ends whose status stands in a log of that host, as host NUL end id. */
  withLine: Set<string>;
};

function marksOf(ends: readonly TieableEnd[], statusLines: readonly StatusLine[]): Marks {
  const marks: Mark[] = ends.flatMap((end) =>
    end.hostname === null
      ? []
      : [{ host: end.hostname.toLowerCase(), at: end.finishedAt.getTime(), end, isLine: false }],
  );
  const byTask = groupBy(ends, ({ taskId }) => taskId);
  const withLine = new Set<string>();
  for (const line of statusLines) {
    const host = line.host.toLowerCase();
    const [end, second] = (byTask.get(line.taskId) ?? []).filter(({ state }) => state === line.state);
    if (!end || second) continue; // A task id that was used again: the line may be of either.
    withLine.add(`${host}\0${end.id}`);
    marks.push({ host, at: line.at.getTime(), end, isLine: true });
  }
  const byHost = groupBy(marks, ({ host }) => host);
  for (const ofHost of byHost.values()) ofHost.sort((a, b) => a.at - b.at);
  return { byHost, withLine };
}

/** By host the times of kills that were not compared with all that lay near: others may fit what is near those as well. */
type Crowds = Map<string, number[]>;

function pairsOf(victim: Victim, marks: Marks, sizeOf: TimeMatching['sizeOf'], crowded: Crowds): Pair[] {
  const best = new Map<string, Pair>();
  for (const kill of victim.kills) {
    for (const host of namesOf(kill)) {
      const near = marksNear(marks.byHost.get(host) ?? [], kill.at.getTime());
      if (near.isCut) {
        const times = crowded.get(host) ?? [];
        times.push(kill.at.getTime());
        crowded.set(host, times);
      }
      for (const mark of near.marks) {
        const pair = pairOf(victim, kill, mark, marks, sizeOf);
        const other = best.get(mark.end.id);
        if (pair && (!other || isBetter(pair, other))) best.set(mark.end.id, pair);
      }
    }
  }
  return [...best.values()];
}

function isInCrowd({ kill, end, delta }: Pair, crowded: Crowds): boolean {
  const at = kill.at.getTime() + delta;
  const hosts = new Set([...namesOf(kill), ...(end.hostname === null ? [] : [end.hostname.toLowerCase()])]);
  return [...hosts].some((host) => crowded.get(host)?.some((of) => isNear(at, of)) === true);
}

/** Whether a mark at that time is one that a kill at `killAt` is compared with. */
function isNear(at: number, killAt: number): boolean {
  return at >= killAt - signalWindow.beforeMs && at <= killAt + signalWindow.afterMs;
}

/** The agent, and the name in the log: lines of one log belong together even where no agent is known by that name. */
function namesOf({ host, signal }: PlacedSignal): Set<string> {
  return new Set([host, signal.host].flatMap((name) => (name === null ? [] : [name.toLowerCase()])));
}

/** The marks of a host within the window, the nearest first, and at most so many: `isCut` where there are more. */
function marksNear(sorted: readonly Mark[], at: number): { marks: Mark[]; isCut: boolean } {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const marks: Mark[] = [];
  for (let before = low - 1, after = low; ; ) {
    const earlier = within(sorted[before], at);
    const later = within(sorted[after], at);
    if (!earlier && !later) return { marks, isCut: false };
    if (marks.length >= MAX_MARKS_OF_A_KILL) return { marks, isCut: true };
    if (later && (!earlier || later.at - at <= at - earlier.at)) {
      marks.push(later);
      after += 1;
    } else if (earlier) {
      marks.push(earlier);
      before -= 1;
    }
  }
}

function within(mark: Mark | undefined, at: number): Mark | null {
  return mark && isNear(mark.at, at) ? mark : null;
}

function pairOf(
  victim: Victim,
  kill: PlacedSignal,
  { end, at, host, isLine }: Mark,
  marks: Marks,
  sizeOf: TimeMatching['sizeOf'],
): Pair | null {
  // An end is found under its own host, or by its line in the log that told the kill.
  if (!isLine && (kill.host === null || !sameHost(kill.host, host))) return null;
  const delta = at - kill.at.getTime();
  if (isLine && delta < -SAME_LOG.beforeMs) return null;
  // By the clock of the mark.
  const livedMs = end.startedAt === null ? Infinity : end.finishedAt.getTime() - end.startedAt.getTime();
  const bornAfter = delta - livedMs;
  if (bornAfter > (isLine ? TIGHT.beforeMs : signalWindow.beforeMs)) return null;
  const size = sizeOf(kill, end);
  if (size === 'differs') return null;
  const span = isLine ? SAME_LOG : TIGHT;
  const isTight =
    kill.atKnown &&
    delta >= -span.beforeMs &&
    delta <= span.afterMs &&
    (isLine ||
      (end.finishedAtKnown && bornAfter <= TIGHT.beforeMs && !marks.withLine.has(`${host}\0${end.id}`)));
  return { victim, kill, end, delta, isTight, isSameLog: isLine, size };
}

function isBetter(a: Pair, b: Pair): boolean {
  if (a.isTight !== b.isTight) return a.isTight;
  return Math.abs(a.delta) < Math.abs(b.delta);
}

/** A tie for each kill of the victim near that end: one death may take the kernel several. */
function tiesOf(pair: Pair, candidates: number, isAlone: boolean): Tie[] {
  const { victim, kill, end, size } = pair;
  const isSure =
    isAlone && size === 'equal' && kill.atKnown && end.finishedAtKnown && end.state !== 'TASK_LOST';
  const proof: Proof = isSure ? 'likely' : 'possible';
  const by = size === 'equal' ? 'time_and_size' : 'time';
  const apart = (one: PlacedSignal) => Math.abs(one.at.getTime() - kill.at.getTime());
  const near = victim.kills.filter((one) => apart(one) <= TIGHT.afterMs);
  const together =
    near.length <= MAX_KILLS_OF_A_DEATH
      ? near
      : near.toSorted((a, b) => apart(a) - apart(b)).slice(0, MAX_KILLS_OF_A_DEATH);
  return together.map((one) => ({
    signalId: one.id,
    endId: end.id,
    by,
    proof,
    reason: reasonOf(pair, isAlone),
    candidates,
  }));
}

function reasonOf({ kill, end, delta, isSameLog, size }: Pair, isAlone: boolean): string {
  const apart = timeApart(delta);
  const when = isSameLog
    ? `In the same log the agent tells of this task's end ${apart} after the kill`
    : `Same host, ${apart} ${delta >= 0 ? 'before' : 'after'} the task's end`;
  const limit =
    size === 'equal'
      ? `, at a limit equal to the task's mem of ${end.memMb} MB`
      : ', and no limit in the report to compare';
  const plausible = isNamedAfter(kill, end)
    ? `, and ${kill.signal.killedComm} fits the task's image or name`
    : '';
  const alone = isAlone
    ? size === 'equal'
      ? '; no other kill and no other end fits'
      : ''
    : '; several kills or ends fit, and the log names no container';
  return `${when}${limit}${plausible}${alone}.`;
}

/** `384 ms`, `12 s`: below a second in milliseconds, since `0 s` reads as if nothing lay between. */
function timeApart(delta: number): string {
  const ms = Math.abs(delta);
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`;
}

/** A process name that the image or the task's own name holds. */
function isNamedAfter({ signal }: PlacedSignal, { image, taskId }: TieableEnd): boolean {
  const comm = signal.killedComm?.toLowerCase() ?? '';
  if (!/^[a-z][a-z0-9_-]{2,15}$/.test(comm)) return false;
  return `${image ?? ''} ${taskId}`.toLowerCase().includes(comm);
}

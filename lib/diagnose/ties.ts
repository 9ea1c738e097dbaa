import type { TiedSignal, TieKind } from '@/lib/domain/evidence';
import type { LogSignal, LogSignature } from '@/lib/domain/log-signal';
import type { Facts } from '@/lib/domain/verdict';

import { excerpt, utc } from './wording';

const MAX_TIES = 200;
const BY_ID: ReadonlySet<TieKind> = new Set<TieKind>(['container_id', 'pid', 'task_id']);
const STRENGTH: readonly TieKind[] = ['container_id', 'pid', 'task_id', 'time_and_size', 'time'];
const PROOF_RANK = { proven: 0, likely: 1, possible: 2 } as const;

/** True where the log names this very container, process or task. */
export function isById(tie: TiedSignal): boolean {
  return BY_ID.has(tie.by);
}

/**
 * Seconds from the signal to the end: negative where the log's clock puts it behind the end. Null: no time is
 * known of one of them.
 */
export function secondsBefore(facts: Facts, signal: LogSignal): number | null {
  if (facts.onlyStatus === true || signal.at === null) return null;
  const seconds = (facts.finishedAt.getTime() - signal.at.getTime()) / 1000;
  return Number.isFinite(seconds) ? seconds : null;
}

/** Whether it fell between `before` seconds ahead of the end and `after` behind it; true where no time is known. */
export function isWithin(
  facts: Facts,
  signal: LogSignal,
  window: { before: number; after: number },
): boolean {
  const seconds = secondsBefore(facts, signal);
  return seconds === null || (seconds <= window.before && seconds >= -window.after);
}

/** Ties of these signatures, the strongest first, then the one nearest to the end. At most 200 are looked at. */
export function tiesOf(facts: Facts, signatures: readonly LogSignature[]): TiedSignal[] {
  return (facts.evidence ?? [])
    .slice(0, MAX_TIES)
    .filter(({ signal }) => signatures.includes(signal.signature))
    .toSorted((a, b) => rankOf(a) - rankOf(b) || distanceOf(facts, a) - distanceOf(facts, b));
}

/** Whether a signal of this signature is tied more strongly than `tie`. */
export function isBetterTied(facts: Facts, signature: LogSignature, tie: TiedSignal): boolean {
  const [rival] = tiesOf(facts, [signature]);
  return rival !== undefined && rankOf(rival) < rankOf(tie);
}

function rankOf(tie: TiedSignal): number {
  return PROOF_RANK[tie.proof] * STRENGTH.length + STRENGTH.indexOf(tie.by);
}

function distanceOf(facts: Facts, { signal }: TiedSignal): number {
  return Math.abs(secondsBefore(facts, signal) ?? 0);
}

/** `4,096 MB` of KiB; below 10 MB with one digit behind the point. */
export function megabytes(kb: number): string {
  const mb = kb / 1024;
  return `${mb < 10 ? Number(mb.toFixed(1)) : thousands(Math.round(mb))} MB`;
}

/** `4,194,304`. */
export function thousands(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `java (pid 76513)`, `a process` where the log names none. */
export function processOf({ killedComm, killedPid }: LogSignal): string {
  const name = killedComm === null ? 'a process' : excerpt(killedComm, 40);
  return killedPid === null ? name : `${name} (pid ${killedPid})`;
}

/** ` 812c82c5a7a5` of a Docker id, the whole of a Mesos id; empty where none is known. */
export function containerOf({ containerId }: LogSignal): string {
  if (containerId === null) return '';
  return ` ${/^[0-9a-f]{13,}$/i.test(containerId) ? containerId.slice(0, 12) : excerpt(containerId, 80)}`;
}

/** ` at 2026-03-01 12:00:00 UTC`; empty where the log tells no time. */
export function timeOf({ at }: LogSignal): string {
  return at === null ? '' : ` at ${utc(at)}`;
}

/** ` on h1`; empty where the line names no host. */
export function hostOf({ host }: LogSignal): string {
  return host === null ? '' : ` on ${excerpt(host, 80)}`;
}

/** The line that matters most, for citing: the kill, else the last one. Empty where none was kept. */
export function citedLine({ lines }: LogSignal): string {
  // 'Kill process' gives a thread's id, 'Killed process' the pid.
  const kill =
    lines.find((line) => line.includes('Killed process')) ??
    lines.find((line) => line.includes('Kill process'));
  return excerpt(kill ?? lines.at(-1) ?? '', 240);
}

/** Why this signal is held to be about this end, as the correlation says. */
export function tieLine({ reason, candidates }: TiedSignal): string {
  const others = candidates > 1 ? ` ${candidates} signals could equally be meant, this one included.` : '';
  return `${excerpt(reason, 300)}${others}`;
}

import type { TiedSignal } from '@/lib/domain/evidence';
import type { LogSignal } from '@/lib/domain/log-signal';

import { readLogLines, signalsOf } from './log-lines';

const MAX_LINES = 10_000;
const MAX_TIES = 200;
/** What others run on the host is not the task. Systemd's services and unknown cgroups are not Mesos's either. */
const FOREIGN: ReadonlySet<string | null> = new Set(['kubernetes', 'ecs', 'lxc']);
const ID = /[0-9a-f]{12,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/**
 * A log that somebody put beside a task, as evidence of it. Proven only where the status names the container that
 * the log names; else the log was held to be about the task by whoever put it there: `likely`, and `possible` where
 * it tells of several kills.
 *
 * @param words All that the status says.
 */
export function kernelLogEvidence(log: readonly string[] | string, words: string, now: Date): TiedSignal[] {
  const lines = typeof log === 'string' ? log.split('\n') : log;
  const signals = signalsOf(readLogLines(lines.slice(0, MAX_LINES), now)).filter(
    ({ orchestrator, signature }) => signature !== 'memcg_oom' || !FOREIGN.has(orchestrator),
  );
  const named = new Set(words.match(ID) ?? []);
  const victims = new Map<string, number>();
  for (const signal of signals) victims.set(signal.signature, (victims.get(signal.signature) ?? 0) + 1);
  return signals.slice(0, MAX_TIES).map((signal) => tie(signal, named, victims.get(signal.signature) ?? 1));
}

function tie(signal: LogSignal, named: ReadonlySet<string>, candidates: number): TiedSignal {
  if (isNamed(signal.containerId, named)) {
    const reason = 'The status and the log name the same container.';
    return { signalId: null, signal, by: 'container_id', proof: 'proven', reason, candidates: 1 };
  }
  const reason =
    'The log was handed over together with this task, and names no container that its status names.';
  const proof = candidates > 1 ? 'possible' : 'likely';
  return { signalId: null, signal, by: 'time', proof, reason, candidates };
}

function isNamed(containerId: string | null, named: ReadonlySet<string>): boolean {
  if (containerId === null) return false;
  if (named.has(containerId)) return true;
  return [...named].some((id) => id.length >= 12 && !id.includes('-') && containerId.startsWith(id));
}

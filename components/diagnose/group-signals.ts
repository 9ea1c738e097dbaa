import type { DiagnoseBody } from '@/lib/contracts/evidence';
import type { LogSignature } from '@/lib/domain/log-signal';

export type FoundSignal = DiagnoseBody['signals'][number];

/** Signals that say the same of the same thing, in the order of the log; at least one. */
export type FoundGroup = { key: string; first: FoundSignal; last: FoundSignal; signals: FoundSignal[] };

const KILLS: ReadonlySet<LogSignature> = new Set(['memcg_oom', 'global_oom', 'mesos_agent_oom_report']);

/**
 * Groups repeats: the same signature about the same container, task, device or process name on the same host. What
 * is tied to a task that is known stands first, then kills, then the rest, each in the order of the log.
 */
export function groupSignals(found: readonly FoundSignal[]): FoundGroup[] {
  const groups = new Map<string, FoundGroup>();
  for (const one of found) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { key, first: one, last: one, signals: [one] });
    } else {
      group.signals.push(one);
      group.last = one;
    }
  }
  return [...groups.values()].sort((a, b) => rankOf(a) - rankOf(b));
}

function keyOf({ signal, tasks }: FoundSignal): string {
  const { signature, host, printedHost, containerId, taskId, device, killedComm } = signal;
  const subject = containerId ?? taskId ?? device ?? killedComm ?? '';
  // Two kills of one app's processes are two stories where they ended two tasks.
  return [signature, host ?? printedHost ?? '', subject, tasks[0]?.taskId ?? ''].join('\u0000');
}

function rankOf({ signals, first }: FoundGroup): number {
  if (signals.some(({ tasks }) => tasks.some(({ endId }) => endId !== null))) return 0;
  return KILLS.has(first.signal.signature) ? 1 : 2;
}

import { z } from 'zod';

import type { SignalItem } from '@/lib/contracts/evidence';
import {
  LOG_SIGNATURES,
  LOG_SOURCES,
  type LogSignal,
  type LogSignature,
  ORCHESTRATORS,
} from '@/lib/domain/log-signal';
import { signalSentence } from '@/lib/evidence/signal-sentence';

/** Columns of log_signal (as `s`) that a signal is made of, for a SELECT; written here, no input in it. */
export const SIGNAL_COLUMNS = `s.id AS signal_id, s.at AS signal_at, s.at_known, s.printed_host, s.host AS signal_host,
  s.signature, s.source AS signal_source, s.container_id AS signal_container_id, s.killed_pid, s.killed_comm,
  s.limit_kb, s.usage_kb, s.anon_rss_kb, s.orchestrator, s.device, s.task_id AS signal_task_id, s.facts, s.lines`;

export type SignalRow = {
  signal_id: string;
  signal_at: Date;
  at_known: boolean;
  printed_host: string | null;
  signal_host: string | null;
  signature: string;
  signal_source: string;
  signal_container_id: string | null;
  killed_pid: number | null;
  killed_comm: string | null;
  /** Kilobytes come as text: they are bigint. */
  limit_kb: string | null;
  usage_kb: string | null;
  anon_rss_kb: string | null;
  orchestrator: string | null;
  device: string | null;
  signal_task_id: string | null;
  facts: unknown;
  lines: unknown;
};

const number = z.number().nullable().catch(null);
const text = z.string().nullable().catch(null);

/** What stands in `facts`: all of a LogSignal that has no column of its own. A shape of another release is null. */
const Facts = z
  .object({
    uptimeSeconds: number,
    cgroup: text,
    limitCgroup: text,
    invokedBy: text,
    failcnt: number,
    totalVmKb: number,
    frameworkId: text,
    seconds: number,
    processes: z.array(z.object({ pid: z.number().int(), name: z.string(), rssKb: number })).catch([]),
  })
  .partial()
  .catch({});
const Lines = z.array(z.string()).catch([]);

/** The signal that a row holds. Null: of a signature that this release does not know. */
export function toLogSignal(row: SignalRow): LogSignal | null {
  const signature = toSignature(row.signature);
  if (signature === null) return null;
  const facts = Facts.parse(row.facts);
  return {
    signature,
    source: LOG_SOURCES.find((source) => source === row.signal_source) ?? 'other',
    host: row.printed_host,
    at: row.at_known ? row.signal_at : null,
    uptimeSeconds: facts.uptimeSeconds ?? null,
    containerId: row.signal_container_id,
    cgroup: facts.cgroup ?? null,
    limitCgroup: facts.limitCgroup ?? null,
    orchestrator: ORCHESTRATORS.find((name) => name === row.orchestrator) ?? null,
    killedPid: row.killed_pid,
    killedComm: row.killed_comm,
    invokedBy: facts.invokedBy ?? null,
    limitKb: toNumber(row.limit_kb),
    usageKb: toNumber(row.usage_kb),
    failcnt: facts.failcnt ?? null,
    anonRssKb: toNumber(row.anon_rss_kb),
    totalVmKb: facts.totalVmKb ?? null,
    processes: facts.processes ?? [],
    device: row.device,
    taskId: row.signal_task_id,
    frameworkId: facts.frameworkId ?? null,
    seconds: facts.seconds ?? null,
    lines: Lines.parse(row.lines),
  };
}

/** A stored signal as pages show it. Null: of a signature that this release does not know. */
export function toSignalItem(row: SignalRow): SignalItem | null {
  const signal = toLogSignal(row);
  if (signal === null) return null;
  return signalItem(signal, {
    id: row.signal_id,
    at: row.signal_at,
    atKnown: row.at_known,
    host: row.signal_host,
  });
}

export type SignalPlace = {
  /** Null: not stored. */
  id: string | null;
  /** Of the host's clock, else when the lines came; null: neither is known. */
  at: Date | null;
  atKnown: boolean;
  /** The agent's hostname; null: no agent we know. */
  host: string | null;
};

/** A signal as pages show it, with its sentence, wherever it comes from. */
export function signalItem(signal: LogSignal, place: SignalPlace): SignalItem {
  return {
    id: place.id,
    signature: signal.signature,
    source: signal.source,
    at: place.at?.toISOString() ?? null,
    atKnown: place.atKnown,
    printedHost: signal.host,
    host: place.host,
    sentence: signalSentence(signal),
    containerId: signal.containerId,
    cgroup: signal.cgroup,
    limitCgroup: signal.limitCgroup,
    orchestrator: signal.orchestrator,
    killedPid: signal.killedPid,
    killedComm: signal.killedComm,
    invokedBy: signal.invokedBy,
    limitKb: signal.limitKb,
    usageKb: signal.usageKb,
    anonRssKb: signal.anonRssKb,
    failcnt: signal.failcnt,
    device: signal.device,
    taskId: signal.taskId,
    processes: signal.processes,
    lines: signal.lines,
  };
}

/** Null: a word of another release. */
export function toSignature(word: string): LogSignature | null {
  return LOG_SIGNATURES.find((signature) => signature === word) ?? null;
}

function toNumber(value: string | null): number | null {
  return value === null ? null : Number(value);
}

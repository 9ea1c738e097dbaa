import { createHash } from 'node:crypto';

import {
  LOG_SIGNATURES,
  LOG_SOURCES,
  type LogSignal,
  type OomProcess,
  ORCHESTRATORS,
} from '@/lib/domain/log-signal';
import { shortName } from '@/lib/evidence/host-names';
import { parseLine } from '@/lib/evidence/line-prefix';
import type { PlacedSignal } from '@/lib/evidence/tieable';

import { sanitize } from './sanitize';

const MAX_INT = 2 ** 31 - 1;
const EARLIEST = Date.UTC(2009, 0, 1);
const FUTURE_MS = 86_400_000;
// A btree entry of Postgres holds 2,704 bytes; ids and names are of few bytes a character.
const MAX_ID = 512;
const MAX_NAME = 255;
const NO_OPTIONS = { receivedAt: new Date(0), timeZone: 'UTC', host: null };

/** What a signal's row is made of beside the signal. */
export type SignalPlacing = { clusterId: number; host: string | null; receivedAt: Date };

/**
 * The row of a signal as json_populate_recordset takes it. What does not fit its column (a pid beyond an integer, a
 * number that is none, a clock gone wild) is null, as if the line had not told it.
 */
export function toSignalRow(signal: LogSignal, { clusterId, host, receivedAt }: SignalPlacing) {
  const at = plausibleAt(signal.at, receivedAt);
  const { signature, source, orchestrator } = signal;
  return sanitize({
    cluster_id: clusterId,
    id: signalId(clusterId, signal, at),
    at: at ?? receivedAt,
    at_known: at !== null,
    received_at: receivedAt,
    printed_host: cut(signal.host, MAX_NAME),
    host,
    signature,
    source,
    container_id: cut(signal.containerId, MAX_ID),
    killed_pid: pid(signal.killedPid),
    killed_comm: cut(signal.killedComm, MAX_NAME),
    limit_kb: whole(signal.limitKb),
    usage_kb: whole(signal.usageKb),
    anon_rss_kb: whole(signal.anonRssKb),
    orchestrator,
    device: cut(signal.device, MAX_NAME),
    task_id: cut(signal.taskId, MAX_ID),
    facts: {
      uptimeSeconds: signal.uptimeSeconds,
      cgroup: signal.cgroup,
      limitCgroup: signal.limitCgroup,
      invokedBy: signal.invokedBy,
      failcnt: whole(signal.failcnt),
      totalVmKb: whole(signal.totalVmKb),
      frameworkId: cut(signal.frameworkId, MAX_ID),
      seconds: signal.seconds,
      processes: signal.processes,
    },
    lines: signal.lines,
    about: null,
    app_id: null,
    about_task_id: null,
    about_proof: null,
    about_reason: null,
    settled_at: null,
  });
}

export type SignalRow = ReturnType<typeof toSignalRow>;

/** Columns of log_signal that `toPlacedSignal` reads. */
export const PLACED_COLUMNS = `id, at, at_known, received_at, printed_host, host, signature, source, container_id,
  killed_pid, killed_comm, limit_kb, usage_kb, anon_rss_kb, orchestrator, device, task_id, facts, lines, about, app_id,
  about_task_id, about_proof, about_reason, settled_at`;

/** A stored row; bigint comes as text. */
export type StoredSignalRow = {
  id: string;
  at: Date;
  at_known: boolean;
  received_at: Date;
  printed_host: string | null;
  host: string | null;
  signature: string;
  source: string;
  container_id: string | null;
  killed_pid: number | null;
  killed_comm: string | null;
  limit_kb: string | null;
  usage_kb: string | null;
  anon_rss_kb: string | null;
  orchestrator: string | null;
  device: string | null;
  task_id: string | null;
  facts: Partial<LogSignal>;
  lines: string[];
  about: string | null;
  app_id: string | null;
  about_task_id: string | null;
  about_proof: string | null;
  about_reason: string | null;
  settled_at: Date | null;
};

/** Null: of a signature that this release does not know. */
export function toPlacedSignal(row: StoredSignalRow): PlacedSignal | null {
  const signature = LOG_SIGNATURES.find((one) => one === row.signature);
  if (signature === undefined) return null;
  const facts = row.facts;
  const processes: OomProcess[] = Array.isArray(facts.processes) ? facts.processes : [];
  return {
    id: row.id,
    host: row.host,
    at: row.at,
    atKnown: row.at_known,
    receivedAt: row.received_at,
    signal: {
      signature,
      source: LOG_SOURCES.find((one) => one === row.source) ?? 'other',
      host: row.printed_host,
      at: row.at_known ? row.at : null,
      uptimeSeconds: facts.uptimeSeconds ?? null,
      containerId: row.container_id,
      cgroup: facts.cgroup ?? null,
      limitCgroup: facts.limitCgroup ?? null,
      orchestrator: ORCHESTRATORS.find((one) => one === row.orchestrator) ?? null,
      killedPid: row.killed_pid,
      killedComm: row.killed_comm,
      invokedBy: facts.invokedBy ?? null,
      limitKb: numberOf(row.limit_kb),
      usageKb: numberOf(row.usage_kb),
      failcnt: facts.failcnt ?? null,
      anonRssKb: numberOf(row.anon_rss_kb),
      totalVmKb: facts.totalVmKb ?? null,
      processes,
      device: row.device,
      taskId: row.task_id,
      frameworkId: facts.frameworkId ?? null,
      seconds: facts.seconds ?? null,
      lines: row.lines,
    },
  };
}

/** A time that a log can have told; null: a clock gone wild, or none told. */
export function plausibleAt(at: Date | null, receivedAt: Date): Date | null {
  const ms = at?.getTime() ?? Number.NaN;
  return ms >= EARLIEST && ms <= receivedAt.getTime() + FUTURE_MS ? at : null;
}

/**
 * The id of a signal, made of what its lines say: sent again, by another way or under another form of the host's name,
 * it is the same. The host counts by its short name, since which agent it is may be learnt in between; the time to the
 * second, as classic syslog has no finer one.
 */
function signalId(clusterId: number, signal: LogSignal, at: Date | null): string {
  const first = parseLine(signal.lines[0] ?? '', NO_OPTIONS);
  const digest = createHash('sha256')
    .update(
      JSON.stringify([
        clusterId,
        shortName(signal.host ?? ''),
        signal.signature,
        at === null ? signal.uptimeSeconds : Math.floor(at.getTime() / 1000),
        signal.killedPid,
        signal.containerId,
        signal.device,
        signal.taskId,
        first.message.trim(),
      ]),
    )
    .digest('hex');
  // Version 8 of RFC 9562, as the ids of task ends.
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `a${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}

/** Ids are compared whole: a part of one would be another. */
export function cut(text: string | null, length: number): string | null {
  if (text === null || text === '') return null;
  return text.length <= length ? text : text.slice(0, length);
}

function pid(value: number | null): number | null {
  return value !== null && Number.isInteger(value) && value > 0 && value <= MAX_INT ? value : null;
}

function whole(value: number | null): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) && rounded >= 0 ? rounded : null;
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}

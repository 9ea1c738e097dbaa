import type { LogSignal, LogSignature, LogSource } from '@/lib/domain/log-signal';
import type { LogLine } from './log-line';

/** Of a raw line that is kept as proof. */
export const MAX_PROOF_LINE = 1_000;

const NOTHING_KNOWN = {
  containerId: null,
  cgroup: null,
  limitCgroup: null,
  orchestrator: null,
  killedPid: null,
  killedComm: null,
  invokedBy: null,
  limitKb: null,
  usageKb: null,
  failcnt: null,
  anonRssKb: null,
  totalVmKb: null,
  device: null,
  taskId: null,
  frameworkId: null,
  seconds: null,
} satisfies Partial<LogSignal>;

/** A signal of one line: its host, time and text, `fields`, and null for all that is not told. */
export function newSignal(
  signature: LogSignature,
  source: LogSource,
  line: LogLine,
  fields: Partial<LogSignal> = {},
): LogSignal {
  return {
    signature,
    source,
    host: line.host,
    at: line.at,
    uptimeSeconds: line.uptimeSeconds,
    ...NOTHING_KNOWN,
    processes: [],
    lines: line.raw.split('\n', 8).map((raw) => raw.slice(0, MAX_PROOF_LINE)),
    ...fields,
  };
}

import { z } from 'zod';

import type { LogFact, LogSignal } from '@/lib/domain/log-signal';
import { createLogParser } from '@/lib/evidence/log-parser';

import { type AnswersResult, answerLines } from './answer-lines';

// A whole excerpt stands in one line.
const MAX_LENGTH = 16 * 1024 * 1024;
const MAX_SIGNALS = 1_000;

const LogLineSchema = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  lines: z.array(z.string()),
});

/**
 * Reads `{"id", "lines": […]}` and writes `{"id", "signals": […]}` per line, in order; or `{"id", "error"}`. Times
 * without a zone are read as UTC, and without a year as of the year before `now` at most. At most 1,000 signals each.
 */
export function logLines(
  input: AsyncIterable<Uint8Array | string>,
  write: (line: string) => Promise<void>,
  now: Date,
): Promise<AnswersResult> {
  return answerLines(input, write, (line) => answerTo(line, now), MAX_LENGTH);
}

function answerTo(line: string, now: Date) {
  const json = parseJson(line);
  if (json === undefined) return { id: null, error: 'not JSON' };
  const parsed = LogLineSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? 'line' : issue.path.join('.');
    return { id: idOf(json), error: `${where}: ${issue?.message ?? 'not understood'}` };
  }
  const signals = signalsOf(readLogLines(parsed.data.lines, now)).slice(0, MAX_SIGNALS);
  return { id: parsed.data.id ?? null, signals: signals.map(toAnswer) };
}

/** What lines of one log tell, in order. An element may hold several lines. */
export function readLogLines(lines: readonly string[], receivedAt: Date): LogFact[] {
  const parser = createLogParser({ receivedAt, timeZone: 'UTC', host: null });
  const facts: LogFact[] = [];
  for (const element of lines) {
    for (const line of element.split('\n')) parser.feed(line.endsWith('\r') ? line.slice(0, -1) : line);
    facts.push(...parser.take());
  }
  return [...facts, ...parser.end()];
}

/** The signals among facts. */
export function signalsOf(facts: readonly LogFact[]): LogSignal[] {
  return facts.flatMap((fact) => ('signal' in fact ? [fact.signal] : []));
}

function toAnswer(signal: LogSignal) {
  return {
    signature: signal.signature,
    killed_pid: signal.killedPid,
    killed_comm: signal.killedComm,
    container_id: signal.containerId,
    limit_kb: signal.limitKb,
    usage_kb: signal.usageKb,
    anon_rss_kb: signal.anonRssKb,
    veth: signal.signature === 'unregister_netdevice' ? signal.device : null,
    host: signal.host,
    at: signal.at?.toISOString() ?? null,
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function idOf(json: unknown): string | number | null {
  const parsed = z.object({ id: z.union([z.string(), z.number()]) }).safeParse(json);
  return parsed.success ? parsed.data.id : null;
}

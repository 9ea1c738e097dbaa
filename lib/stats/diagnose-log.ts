import type { DiagnoseBody, TiedTask } from '@/lib/contracts/evidence';
import type { Db } from '@/lib/db/pool';
import { diagnose } from '@/lib/diagnose/diagnose';
import { appOfTaskId } from '@/lib/domain/marathon-task-id';
import { createLogExplainer, type ExplainedSignal, type LogTask } from '@/lib/evidence/explain-log';
import { parseLog } from '@/lib/evidence/log-parser';

import { signalItem } from './signal-row';
import { type PastedTies, tiePastedLog } from './tie-pasted-log';

const LF = 0x0a;
/** The lines of all signals together; those of later ones are cut to a few. */
const MAX_LINES_CHARACTERS = 4 * 1024 * 1024;
const FEW_LINES = 5;

export type DiagnoseLogQuery = {
  /** The bytes of the log as they come. */
  chunks: AsyncIterable<Uint8Array>;
  /** Of lines that name no host; null: not told. */
  host: string | null;
  /** The cluster whose tasks it may be about; null: any. */
  cluster: string | null;
  /** IANA, of stamps without a zone. */
  timeZone: string;
};

/**
 * What a pasted log says: each signal explained, and tied to the stored task ends that it is about. Stores nothing.
 * What `chunks` throws is thrown on. Cost: one pass over the log in bounded memory, and the few statements of
 * tiePastedLog where it found anything.
 */
export async function diagnoseLog(
  db: Db,
  { chunks, host, cluster, timeZone }: DiagnoseLogQuery,
  now: Date,
): Promise<Omit<DiagnoseBody, 'stored'>> {
  const explainer = createLogExplainer(diagnose);
  const counted = { lines: 0, isMidLine: false };
  for await (const fact of parseLog(countLines(chunks, counted), { receivedAt: now, timeZone, host })) {
    explainer.add(fact);
  }
  const log = explainer.end();
  const pasted = log.signals.map(({ signal, tasks }) => ({
    signal,
    taskIds: tasks.map(({ taskId }) => taskId),
  }));
  const ties = await tiePastedLog(db, pasted, { cluster, now });
  return {
    lines: counted.lines + (counted.isMidLine ? 1 : 0),
    signals: toItems(log.signals, ties),
    signalsFound: log.signalsFound,
    from: log.from?.toISOString() ?? null,
    to: log.to?.toISOString() ?? null,
    hosts: log.hosts,
  };
}

function toItems(explained: readonly ExplainedSignal[], ties: PastedTies): DiagnoseBody['signals'] {
  let room = MAX_LINES_CHARACTERS;
  return explained.map(({ signal, tasks, verdict }, index) => {
    room -= signal.lines.reduce((sum, line) => sum + line.length, 0);
    const { lines, processes } = signal;
    const shown =
      room > 0
        ? signal
        : { ...signal, lines: lines.slice(-FEW_LINES), processes: processes.slice(0, FEW_LINES) };
    const place = {
      id: null,
      at: signal.at,
      atKnown: signal.at !== null,
      host: ties.hosts.get(index) ?? null,
    };
    const { cause, disposition, proof, summary, because, advice } = verdict;
    return {
      signal: signalItem(shown, place),
      verdict: { cause, disposition, proof, summary, because, advice },
      tasks: mergeTasks(ties.tasks.get(index) ?? [], tasks),
    };
  });
}

/** Stored ends first; what the log alone tells of a task only where nothing is stored of it. */
function mergeTasks(stored: readonly TiedTask[], told: readonly LogTask[]): TiedTask[] {
  const known = new Set(stored.map(({ taskId }) => taskId));
  return [
    ...stored,
    ...told
      .filter(({ taskId }) => !known.has(taskId))
      .map(({ taskId, state, finishedAt, tie, proof, reason }) => ({
        cluster: null,
        endId: null,
        taskId,
        appId: appOfTaskId(taskId)?.appId ?? null,
        state,
        finishedAt: finishedAt?.toISOString() ?? null,
        tie,
        proof,
        reason,
      })),
  ];
}

async function* countLines(
  chunks: AsyncIterable<Uint8Array>,
  counted: { lines: number; isMidLine: boolean },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) counted.lines += 1;
    if (bytes.length > 0) counted.isMidLine = bytes[bytes.length - 1] !== LF;
    yield chunk;
  }
}

import type { LogSignal } from '@/lib/domain/log-signal';
import { appOfTaskId } from '@/lib/domain/marathon-task-id';
import type { ExplainedLog, ExplainedSignal, LogTask } from '@/lib/evidence/explain-log';
import { signalSentence } from '@/lib/evidence/signal-sentence';

/** What a log says, in the shape of `DiagnoseBody` (lib/contracts/evidence.ts): the answer of POST /api/v1/diagnose. */
export function logJson(log: ExplainedLog, lines: number) {
  return {
    lines,
    signals: log.signals.map(signalJson),
    signalsFound: log.signalsFound,
    from: log.from?.toISOString() ?? null,
    to: log.to?.toISOString() ?? null,
    hosts: log.hosts,
    stored: false,
  };
}

function signalJson({ signal, verdict, tasks }: ExplainedSignal) {
  const { cause, disposition, proof, summary, because, advice } = verdict;
  return {
    signal: itemOf(signal),
    verdict: { cause, disposition, proof, summary, because, advice },
    tasks: tasks.map(taskJson),
  };
}

function itemOf(signal: LogSignal) {
  const {
    frameworkId: _framework,
    totalVmKb: _vm,
    seconds: _seconds,
    uptimeSeconds: _uptime,
    at,
    host,
    ...told
  } = signal;
  return {
    id: null,
    ...told,
    at: at?.toISOString() ?? null,
    atKnown: at !== null,
    printedHost: host,
    host: null,
    sentence: signalSentence(signal),
  };
}

function taskJson({ taskId, state, finishedAt, tie, proof, reason }: LogTask) {
  return {
    cluster: null,
    endId: null,
    taskId,
    appId: appOfTaskId(taskId)?.appId ?? null,
    state,
    finishedAt: finishedAt?.toISOString() ?? null,
    tie,
    proof,
    reason,
  };
}

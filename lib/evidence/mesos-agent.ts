import type { LogFact, LogSighting } from '@/lib/domain/log-signal';
import { executorIn, glogOf, isAgentLine, isNoOthersLine, mayBeAgentLine } from './agent-line';
import { containerIn } from './line-container';
import type { LogLine } from './log-line';
import { MAX_PROOF_LINE, newSignal } from './new-signal';
import type { LineParser } from './source-parser';

const MAX_LOOKED = 8_192;

/**
 * Lines of the Mesos agent, 0.18 (`mesos-slave`) to 1.11 (`mesos-agent`), that are whole facts: which container
 * runs which task, which task ended how, kills ignored, executors that never registered, the agent's own end.
 * Sources: Mesos src/slave/slave.cpp, src/slave/containerizer/{docker,containerizer}.cpp, mesos/containerizer.cpp.
 * The memory isolator's report is in mesos-oom-report.ts; what Docker said through the agent, in dockerd.ts.
 */
export const mesosAgentParser: LineParser = {
  needles: [
    // Only ends: updates to RUNNING are most of them.
    'status update TASK_FINISHED',
    'status update TASK_FAILED',
    'status update TASK_KILLED',
    'status update TASK_LOST',
    'status update TASK_ERROR',
    'status update TASK_DROPPED',
    'status update TASK_GONE',
    'status update TASK_UNREACHABLE',
    'Starting container ',
    'Launching container ',
    'Launching executor ',
    'forked pid ',
    'Ignoring kill ',
    'Cannot kill task ',
    'Ignoring shutdown executor',
    'register within',
    'un-reregistered executor',
    'unreregistered executor',
    'Check failed: ',
    'Check failure stack',
    'CHECK_SOME',
    'CHECK_NONE',
    'CHECK_NOTNULL',
    'CHECK_READY',
    'CHECK_ERROR',
    'CHECK_FAILED',
    'CHECK_PENDING',
    'EXIT with status',
    'perform recovery',
    'create a containerizer',
    'ABORT: (',
    '*** Aborted at',
    '*** SIGA',
    '*** SIGB',
    '*** SIGF',
    '*** SIGI',
    '*** SIGS',
    '*** SIGT',
    'asked to shut down by',
    'mesos-slave main process',
    'mesos-agent main process',
    'ain process exited, code=',
    'Failed to update resources',
    'disappeared',
    'to destroy unknown container',
  ],
  parse: parseMesosAgent,
};

function parseMesosAgent(line: LogLine): LogFact[] {
  const text = line.message.slice(0, MAX_LOOKED);
  const sighting = isNoOthersLine(line) ? (statusUpdate(line, text) ?? containerOfTask(line, text)) : null;
  if (sighting) return [{ sighting }];
  const signal =
    killIgnored(line, text) ??
    registrationTimeout(line, text) ??
    containerGone(line, text) ??
    (isAbort(line, text) ? newSignal('mesos_agent_abort', 'mesos_agent', line) : null);
  return signal ? [{ signal }] : [];
}

// --- sightings ---

const TERMINAL = 'TASK_(?:FINISHED|FAILED|KILLED|LOST|ERROR|DROPPED|GONE|GONE_BY_OPERATOR|UNREACHABLE)';
/** `(UUID: …)` until 1.4, `(Status UUID: …)` since; after the task maybe `in health state unhealthy`. */
const STATUS_UPDATE = new RegExp(
  `Handling status update (${TERMINAL}) \\((?:Status )?UUID: [0-9a-f-]{36}\\) for task (\\S{1,255}) (?:in health state \\w{1,12} )?of framework (\\S{1,255})`,
);

function statusUpdate(line: LogLine, text: string): LogSighting | null {
  const [, state, taskId, frameworkId] = STATUS_UPDATE.exec(text) ?? [];
  if (state === undefined || taskId === undefined || frameworkId === undefined) return null;
  return sightingOf(line, { kind: 'status_update', state, taskId, frameworkId });
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const CONTAINER_ID = `${UUID}(?:\\.${UUID}){0,4}`;
const QUOTED = "'?([^'\\s]{1,255})'?";

/** Each names a container and the task, or only the executor, whose id a task's is unless the executor is custom. */
const CONTAINER_FOR_TASK = new RegExp(
  `(?:Starting|Launching) container '?(${CONTAINER_ID})'? (?:for (?:task|executor) ${QUOTED} (?:\\(and executor [^)]{1,300}\\) )?|\\(and executor ${QUOTED}\\) )(?:of|and) framework ${QUOTED}`,
);
const SANDBOX = new RegExp(
  `(Launching executor|forked pid (\\d{1,10})) [^\\n]{0,2000}/frameworks/([^/\\s']{1,255})/executors/([^/\\s']{1,255})/runs/(${CONTAINER_ID})`,
);

function containerOfTask(line: LogLine, text: string): LogSighting | null {
  const [, container, ofTask, executor, framework] = CONTAINER_FOR_TASK.exec(text) ?? [];
  const task = ofTask ?? executor;
  if (container !== undefined && task !== undefined && framework !== undefined)
    return sightingOf(line, {
      kind: 'container',
      mesosContainerId: container,
      taskId: task,
      frameworkId: framework,
    });
  const [, , pid, frameworkId, taskId, mesosContainerId] = SANDBOX.exec(text) ?? [];
  if (frameworkId === undefined || taskId === undefined || mesosContainerId === undefined) return null;
  const forkedPid = pid === undefined ? null : Number(pid);
  return sightingOf(line, { kind: 'container', mesosContainerId, taskId, frameworkId, pid: forkedPid });
}

function sightingOf(line: LogLine, fields: Pick<LogSighting, 'kind'> & Partial<LogSighting>): LogSighting {
  return {
    host: line.host,
    at: line.at,
    mesosContainerId: null,
    dockerId: null,
    pid: null,
    taskId: null,
    frameworkId: null,
    state: null,
    line: line.raw.slice(0, MAX_PROOF_LINE),
    ...fields,
  };
}

// --- signals ---

/** By an agent or executor; `message as the driver is aborted` is a scheduler's word and means nothing here. */
const KILL_IGNORED =
  /Ignoring (?:kill(?: for)? task|shutdown executor)(?: message for task)? '?([^'\s]{1,255})'? [^\n]{0,600}\b(?:because|as it)\b/;
/** The agent is being recovered or ends, or has no executor for the task: the kill reaches nobody. */
const KILL_UNDELIVERED =
  /Cannot kill task '?([^'\s]{1,255})'? of framework \S{1,255} because (?:the (?:agent|slave) is\b|no corresponding executor\b)/;
const FRAMEWORK = /\bframework '?([^'\s,]{1,255})/;
const SCHEDULERS_WORD = /Ignoring kill task message (?!for task)/;

function killIgnored(line: LogLine, text: string) {
  const [found, taskId] = KILL_IGNORED.exec(text) ?? KILL_UNDELIVERED.exec(text) ?? [];
  if (found === undefined || taskId === undefined || SCHEDULERS_WORD.test(text)) return null;
  const frameworkId = FRAMEWORK.exec(text.replace(/because the framework /, ''))?.[1] ?? null;
  return newSignal('mesos_kill_ignored', 'mesos_agent', line, { taskId, frameworkId });
}

const NOT_REGISTERED =
  /Terminating executor [^\n]{1,600}because it did not (?:re-?)?register within ?([\d.]{1,12}\w{1,5})?|Killing un-?reregistered executor|[eE]xecutor [^\n]{0,400}did not (?:re-?)?register within ([\d.]{1,12}\w{1,5})/;

function registrationTimeout(line: LogLine, text: string) {
  const found = NOT_REGISTERED.exec(text);
  if (!found || !mayBeAgentLine(line)) return null;
  const seconds = secondsOf(found[1] ?? found[2]);
  const container = containerIn(text);
  return newSignal('mesos_registration_timeout', 'mesos_agent', line, {
    ...executorIn(text),
    containerId: container,
    seconds,
  });
}

const UNIT_SECONDS: Record<string, number> = {
  ms: 0.001,
  secs: 1,
  mins: 60,
  hrs: 3_600,
  days: 86_400,
  weeks: 604_800,
};

/** stout's Duration: `1mins`, `30secs`, `2.5hrs`. */
function secondsOf(duration: string | undefined): number | null {
  const [, value, unit] = /^([\d.]{1,12})([a-z]{1,5})$/.exec(duration ?? '') ?? [];
  const factor = UNIT_SECONDS[unit ?? ''];
  const seconds = factor === undefined ? Number.NaN : Number(value) * factor;
  return Number.isFinite(seconds) ? seconds : null;
}

/** The agent works on a container whose process or cgroup is gone: a consequence of its end, seldom the cause. */
const CONTAINER_GONE =
  /Failed to update resources for container [^\n]{0,1500}(?:No such file or directory|No such process|does not exist|not found|[uU]nknown container)|Attempted to destroy unknown container|\b[cC]group\b[^\n]{0,300} disappeared/;

function containerGone(line: LogLine, text: string) {
  if (!CONTAINER_GONE.test(text) || !mayBeAgentLine(line)) return null;
  return newSignal('container_not_found', 'mesos_agent', line, {
    containerId: containerIn(text),
    ...executorIn(text),
  });
}

// --- the agent's own end ---

/** stout's EXIT and ABORT, and what the agent says before them; without a glog prefix until 0.28. */
const EXITS =
  /\bEXIT with status [1-9]|^(?:EXIT with status \d{1,3}: )?Failed to (?:perform recovery|create a containerizer)|\] Failed to perform recovery|^ABORT: \(|\bABORT: \(\S{1,400}\.[ch]pp/;
/** glog's failure handler, SIGTERM left out: that is an orderly stop. */
const CRASHES =
  /^\*\*\* (?:Aborted at \d{1,12} \(unix time\)|Check failure stack trace: \*\*\*|SIG(?!TERM|INT|HUP)[A-Z0-9]{2,6} \(@?0x[0-9a-f]{1,16}\) received by PID)/;
/** The master turned it away, and it ends with all its tasks; maintenance (`Machine DOWN`) is an orderly stop. */
const DISMISSED = /\b(?:Slave|Agent) asked to shut down by \S{1,300} because (?!'Operator initiated )/;
/** upstart and systemd of the agent's unit; 143 and TERM are an orderly stop. */
const UNIT_DIED =
  /\bmesos-(?:slave|agent) main process \(\d{1,10}\) (?:killed by (?!TERM)[A-Z0-9]{2,6} signal|terminated with status [1-9])|\bmesos-(?:slave|agent)(?:-public)?(?:\.service)?[:,] [mM]ain process exited, code=(?:(?:killed|dumped), status=(?!15\/)\d{1,3}|exited, status=(?!0\/|143\/|143\b)[1-9])/;

function isAbort(line: LogLine, text: string): boolean {
  if (UNIT_DIED.test(text)) return true;
  if (DISMISSED.test(text)) return mayBeAgentLine(line);
  if (EXITS.test(text) || CRASHES.test(text)) return mayBeAgentLine(line);
  return glogOf(line)?.severity === 'F' && isAgentLine(line);
}

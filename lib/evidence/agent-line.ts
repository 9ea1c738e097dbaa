import type { LogLine } from './log-line';

/** glog: `E0116 09:33:31.554816 19298 slave.cpp:2344] text`; since glog 0.5 with the year before the month. */
const GLOG =
  /(?:^|[\s\]:"])([IWEF])(?:\d{4})?\d{4} \d\d:\d\d:\d\d\.\d{1,9} {1,12}\d{1,10} ([\w.-]{1,64}):\d{1,7}\]/;
const AGENT_PROGRAM = /mesos-(?:slave|agent)/;
/** Sources that run in masters, schedulers and executors, not in agents. */
const NO_AGENT_FILE =
  /^(?:master|registrar|hierarchical|allocator|sorter|quota|replica|recover|coordinator|contender|sched|exec)\.\w{2,3}$/;

export type Glog = { severity: string; file: string };

/** Severity letter and source file of a glog line. Null: it is none. */
export function glogOf(line: LogLine): Glog | null {
  const [, severity, file] = GLOG.exec(line.raw.slice(0, 512)) ?? [];
  return severity === undefined || file === undefined ? null : { severity, file };
}

/** Whether a Mesos agent wrote the line: by its tag, else by a glog prefix naming one of its sources. */
export function isAgentLine(line: LogLine): boolean {
  const program = line.program ?? '';
  if (AGENT_PROGRAM.test(program)) return true;
  if (/mesos-master|marathon|chronos|kubelet|etcd/.test(program)) return false;
  const glog = glogOf(line);
  return glog !== null && /\.(?:cpp|hpp)$/.test(glog.file) && !NO_AGENT_FILE.test(glog.file);
}

/** True where the tag or the form does not say that something else than an agent wrote the line. */
export function mayBeAgentLine(line: LogLine): boolean {
  const glog = glogOf(line);
  if (glog !== null && line.program === null) return isAgentLine(line);
  return line.program === null || AGENT_PROGRAM.test(line.program);
}

/** Tags of shells, loggers and container runtimes, under which an agent that names itself nothing may come. */
const ANYBODYS_TAG = /^(?:sh|bash|docker|journal|logger|root|slave|agent|mesos)$/;

/**
 * False where another program wrote the line: a task's own output may be in the same log, and it can print whatever an
 * agent does, of any container and any task. Its tag may be its container's name, `mesos-` and an id.
 */
export function isNoOthersLine({ program }: LogLine): boolean {
  return program === null || AGENT_PROGRAM.test(program) || ANYBODYS_TAG.test(program);
}

const EXECUTOR =
  /\b(?:executor|task) '{0,2}([^'\s]{1,255})'? (?:\([^)]{0,300}\) )?(?:of|and|for) framework '{0,2}([^'\s,]{1,255})/;
const RUNNING_TASK = /\brunning task '?([^'\s]{1,255})/;

/**
 * Task and framework of an agent's line. An executor's id stands for its task's: they are equal for every task
 * that Mesos itself executes (commands, Docker); the id of a custom executor names no task and ties nothing.
 */
export function executorIn(text: string): { taskId: string | null; frameworkId: string | null } {
  const [, id, frameworkId] = EXECUTOR.exec(text) ?? [];
  return {
    taskId: RUNNING_TASK.exec(text)?.[1] ?? id ?? null,
    frameworkId: frameworkId?.replace(/[.:;)]+$/, '') ?? null,
  };
}

import type { LogSignal, LogSignature } from '@/lib/domain/log-signal';

/**
 * One plain sentence with the signal's own numbers: "The kernel killed java (pid 76513) in container 812c82c5a7a5:
 * 4,096 MB used of its 4,096 MB limit." Names come from the log and are cut and freed of control characters;
 * they are still text to be escaped.
 */
export function signalSentence(signal: LogSignal): string {
  return SENTENCES[signal.signature](signal);
}

const SENTENCES: Record<LogSignature, (signal: LogSignal) => string> = {
  memcg_oom: (s) => `${killOf(s)}${inContainer(s) || inCgroup(s)}${memoryOf(s) || ' at its memory limit'}.`,
  global_oom: (s) =>
    `The host ran out of memory: ${lower(killOf(s))}${inContainer(s) || inCgroup(s)}${rssOf(s)}.`,
  mesos_agent_oom_report: (s) =>
    `The Mesos agent found${ofContainer(s) || ' a container'} out of memory${memoryOf(s)}${ofTask(s)}.`,
  oom_kill_disable: (s) =>
    `A process is stuck at the memory limit${ofContainerBehind(s)}: its OOM killer is switched off, so nothing ends it.`,
  unregister_netdevice: (s) =>
    `The kernel waits for network device ${named(s.device)} to be released; until then no network can be set up or torn down.`,
  hung_task: (s) => `${processOf(s)} has been stuck in the kernel${forSeconds(s)}.`,
  soft_lockup: (s) => `A CPU made no progress${forSeconds(s)}, held by ${lower(processOf(s))}.`,
  kernel_slab_bug: () => 'The kernel found its slab memory broken or could not get slab memory.',
  kernel_oops: (s) =>
    `The kernel hit a bug of its own (oops)${s.killedComm ? ` in ${lower(processOf(s))}` : ''}.`,
  io_error: (s) => `Reading or writing ${deviceOr(s, 'a disk')} failed${inContainer(s)}.`,
  xfs_or_ext4_error: (s) => `The filesystem on ${deviceOr(s, 'a disk')} reported an error${metIn(s)}.`,
  filesystem_readonly: (s) => `The filesystem on ${deviceOr(s, 'a disk')} can no longer be written.`,
  memory_error: () => 'The memory controller reported a read error.',
  hardware_error: () => 'The hardware reported an error.',
  bad_disk: (s) =>
    `${s.device === null ? 'A disk' : `Disk ${named(s.device)}`} is failing: it has sectors that cannot be read.`,
  docker_kill_timeout: (s) =>
    s.source === 'mesos_agent'
      ? `${upper(theContainer(s))}${ofTask(s)} did not end when the agent killed it.`
      : `${upper(theContainer(s))} did not exit${s.seconds === null ? ' when told to' : ` within ${count(s.seconds, 'second')} of being told to`}.`,
  docker_hang: () => 'Docker or containerd did not answer.',
  docker_restart: () => 'Docker or containerd was started.',
  container_not_found: (s) =>
    `${s.source === 'mesos_agent' ? 'The agent' : 'Docker'} was told to act on${ofContainer(s) || ' a container'} and did not find it${prefixed(', for task ', s.taskId === null ? null : excerpt(s.taskId))}.`,
  container_start_failed: (s) =>
    `${upper(theContainer(s))} could not be started: its process was gone at once.`,
  layer_corruption: () => 'A layer of an image could not be unpacked or read.',
  devicemapper: (s) =>
    `The device mapper pool${s.device === null ? '' : ` ${named(s.device)}`} that holds containers is short of space or failing.`,
  no_space: (s) => `A write failed because the disk is full${inContainer(s)}.`,
  image_gc: () => 'Unused images could not be cleaned up to free the disk.',
  mesos_kill_ignored: (s) => `The Mesos agent ignored a request to kill${ofTaskPlain(s)}.`,
  mesos_registration_timeout: (s) =>
    `The executor${ofTask(s)} did not register with the agent${s.seconds === null ? ' in time' : ` within ${count(s.seconds, 'second')}`}, so it was ended.`,
  mesos_agent_abort: () => 'The Mesos agent aborted or was told to shut down.',
  process_crash: (s) => `${processOf(s)} crashed.`,
};

const MAX_NAME = 80;
/** Control characters, and those that turn or hide text. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

function excerpt(text: string): string {
  const clean = text
    .slice(0, 4 * MAX_NAME)
    .replace(UNSEEN, ' ')
    .trim();
  return clean.length <= MAX_NAME ? clean : `${clean.slice(0, MAX_NAME - 1)}…`;
}

function killOf(signal: LogSignal): string {
  if (signal.killedComm !== null || signal.killedPid !== null)
    return `The kernel killed ${lower(processOf(signal))}`;
  return 'The kernel killed a process';
}

function processOf({ killedComm, killedPid }: LogSignal): string {
  if (killedComm === null) return killedPid === null ? 'A process' : `A process (pid ${killedPid})`;
  return killedPid === null ? excerpt(killedComm) : `${excerpt(killedComm)} (pid ${killedPid})`;
}

/** `container 812c82c5a7a5`: Docker ids as `docker ps` shows them, Mesos ids whole. */
function containerName({ containerId }: LogSignal): string | null {
  if (containerId === null) return null;
  return `container ${/^[0-9a-f]{13,}$/.test(containerId) ? containerId.slice(0, 12) : excerpt(containerId)}`;
}

const theContainer = (s: LogSignal): string => containerName(s) ?? 'a container';
const inContainer = (s: LogSignal): string => prefixed(' in ', containerName(s));
const ofContainer = (s: LogSignal): string => prefixed(' ', containerName(s));
const ofContainerBehind = (s: LogSignal): string => prefixed(' of ', containerName(s));
const metIn = (s: LogSignal): string => prefixed('; met by ', containerName(s));
const ofTask = (s: LogSignal): string => prefixed(' of task ', s.taskId === null ? null : excerpt(s.taskId));
const ofTaskPlain = (s: LogSignal): string => (s.taskId === null ? ' a task' : ` task ${excerpt(s.taskId)}`);

function inCgroup({ cgroup }: LogSignal): string {
  return cgroup === null || cgroup === '/' ? '' : ` in ${excerpt(cgroup)}`;
}

function memoryOf({ limitKb, usageKb, anonRssKb }: LogSignal): string {
  if (limitKb !== null && usageKb !== null)
    return `: ${megabytes(usageKb)} used of its ${megabytes(limitKb)} limit`;
  if (limitKb !== null) return ` at its limit of ${megabytes(limitKb)}`;
  return anonRssKb === null ? '' : ` at its memory limit; it held ${megabytes(anonRssKb)}`;
}

function rssOf({ anonRssKb }: LogSignal): string {
  return anonRssKb === null ? '' : `, which held ${megabytes(anonRssKb)}`;
}

function forSeconds({ seconds }: LogSignal): string {
  return seconds === null ? '' : ` for ${count(seconds, 'second')}`;
}

function deviceOr({ device }: LogSignal, otherwise: string): string {
  return device === null ? otherwise : excerpt(device);
}

function named(device: string | null): string {
  return device === null ? 'that it does not name' : excerpt(device);
}

function prefixed(prefix: string, text: string | null): string {
  return text === null ? '' : `${prefix}${text}`;
}

/** KiB as MB with separators; below 10 MB with one digit behind the point. */
function megabytes(kb: number): string {
  const mb = kb / 1024;
  return `${mb < 10 ? Number(mb.toFixed(1)) : thousands(Math.round(mb))} MB`;
}

function count(value: number, unit: string): string {
  const rounded = Number(value.toFixed(1));
  return `${thousands(rounded)} ${unit}${rounded === 1 ? '' : 's'}`;
}

function thousands(value: number): string {
  const [whole = '', fraction] = String(value).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Only of our own words: a process called `A process` cannot be told apart, and names keep their case. */
function lower(text: string): string {
  if (text.startsWith('A process') || text.startsWith('The kernel'))
    return text.charAt(0).toLowerCase() + text.slice(1);
  return text;
}

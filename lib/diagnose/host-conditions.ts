import type { Cause } from '@/lib/domain/cause';
import type { Derived, HostCondition } from '@/lib/domain/derived';
import type { LogSignal, LogSignature } from '@/lib/domain/log-signal';

import { saysStuck } from './stuck-words';
import { thousands } from './ties';
import { excerpt, utc } from './wording';

export type StoredSignal = { id: string; at: Date; signal: LogSignal };

export type HostQuestion = {
  /** Of one host in a window, in any order. */
  signals: readonly StoredSignal[];
  now: Date;
  /** Failed task ends of the host in the window, by cause. */
  failures: Partial<Record<Cause, number>>;
  /** The host's clock less ours; null: not told. */
  skewMs: number | null;
  /** When its tasks failed for want of disk space. */
  diskFailures: readonly Date[];
};

type Found = { of: readonly StoredSignal[]; question: HostQuestion };

type Kind = {
  id: string;
  /** Which signals count. */
  takes(signal: LogSignal): boolean;
  /** The condition holds from this many on, within that time; 1 needs no time. */
  atLeast: number;
  withinMs?: number;
  /** Of these causes the host's failures are told beside it. */
  causes?: readonly Cause[];
  /** Bad at once, or only from so many on; a condition that has been quiet for an hour is `warn`. */
  badFrom: number;
  says(found: Found): string;
  advice: readonly string[];
};

const MINUTE_MS = 60_000;
const QUIET_MS = 60 * MINUTE_MS;
const MAX_SIGNALS = 5000;
const MAX_IDS = 20;
// Date headers tell whole seconds, and an answer takes its time.
const SKEW_WARN_MS = 5_000;
const SKEW_BAD_MS = 60_000;

const is =
  (...signatures: LogSignature[]) =>
  ({ signature }: LogSignal) =>
    signatures.includes(signature);

/** A process of Docker that the kernel calls hung: node-problem-detector's DockerHung. */
const isDockerHung = (signal: LogSignal) =>
  signal.signature === 'docker_hang' ||
  (signal.signature === 'hung_task' && /^(?:docker|containerd|runc)/.test(signal.killedComm ?? ''));

/** Thresholds of netdevice, Docker restarts and fatal signs are node-problem-detector's (kernel-monitor, systemd-monitor). */
const KINDS: readonly Kind[] = [
  {
    id: 'netdevice_hang',
    takes: is('unregister_netdevice'),
    atLeast: 3,
    withinMs: 20 * MINUTE_MS,
    badFrom: 1,
    says: (found) =>
      `The kernel does not let go of the network device ${namesOf(found, ({ device }) => device)}: ${times(found)}. Docker hangs behind it when it makes or ends containers.`,
    advice: [
      'Drain the host: what runs there goes on, but containers can be neither made nor ended reliably.',
      'Restart the host: nothing else frees the device.',
      'Install a newer kernel on all hosts of its kind: this is a known leak of a reference count (unregister_netdevice: waiting for … to become free).',
    ],
  },
  {
    id: 'docker_hung',
    takes: isDockerHung,
    atLeast: 1,
    causes: ['docker_daemon_unresponsive', 'executor_registration_timeout', 'kill_failed_container_stuck'],
    badFrom: 1,
    says: (found) => `Docker on this host hangs: ${times(found)}.`,
    advice: [
      'Drain the host, so that nothing new is placed there.',
      'See whether `docker ps` answers; if not, `systemctl restart docker`. Where that hangs too, processes are stuck in the kernel (state D): restart the host.',
      'Read what came first in the kernel log: a network device, storage, or memory.',
    ],
  },
  {
    id: 'docker_restarts',
    takes: is('docker_restart'),
    atLeast: 5,
    withinMs: 20 * MINUTE_MS,
    causes: ['docker_daemon_unresponsive'],
    badFrom: 1,
    says: (found) => `Docker or containerd keeps starting again: ${times(found)}.`,
    advice: [
      '`journalctl -u docker -u containerd`: the lines before each start tell why it ended.',
      'Containers end with Docker unless live-restore is on; drain the host until it stays up.',
    ],
  },
  {
    id: 'unkillable_containers',
    takes: (signal) => is('docker_kill_timeout', 'mesos_kill_ignored')(signal) && saysStuck(signal),
    atLeast: 1,
    causes: ['kill_failed_container_stuck'],
    badFrom: 1,
    says: (found) =>
      `${thousands(containersOf(found))} ${containersOf(found) === 1 ? 'container' : 'containers'} survived being killed: ${times(found)}. ${containersOf(found) === 1 ? 'It may hold its' : 'They may hold their'} ports and memory, which Mesos takes for free.`,
    advice: [
      'On the host, compare `docker ps` with what Mesos runs there; `ps axo pid,stat,wchan:30,cmd` shows state D for processes that hang in the kernel.',
      'Drain the host, then restart Docker; a process in state D needs the host restarted.',
    ],
  },
  {
    id: 'disk_filling',
    takes: is('image_gc', 'devicemapper'),
    atLeast: 1,
    badFrom: Number.POSITIVE_INFINITY,
    says: (found) => `Space for images and containers is running out: ${times(found)}.`,
    advice: [
      'Free it before it is full: `docker image prune`, `docker volume prune`, `docker system df`; for a thin pool see `docker info`.',
      'Look for logs that nobody rotates: `du -xh / --max-depth=3 | sort -h | tail`.',
    ],
  },
  {
    id: 'out_of_memory',
    takes: is('global_oom'),
    atLeast: 1,
    causes: ['oom_host'],
    badFrom: 1,
    says: (found) =>
      `The host itself ran out of memory and its kernel killed ${namesOf(found, ({ killedComm }) => killedComm)}: ${times(found)}.`,
    advice: [
      'See what runs outside Mesos (`ps aux --sort=-rss | head`), and lower the memory the agent offers (--resources) by what that needs.',
      'Tasks without a hard limit can take more than their `mem`: see that the agent isolates memory.',
    ],
  },
  {
    id: 'hung_tasks',
    takes: (signal) => is('hung_task', 'soft_lockup')(signal) && !isDockerHung(signal),
    atLeast: 1,
    badFrom: 3,
    says: (found) =>
      `Processes hang in the kernel (${namesOf(found, ({ killedComm }) => killedComm)}): ${times(found)}.`,
    advice: [
      'See `dmesg -T` for the stack of the first one: most wait for storage (NFS, a failing disk) or for a lock of Docker.',
      'If it goes on, drain the host and restart it.',
    ],
  },
  {
    id: 'filesystem_readonly',
    takes: is('filesystem_readonly'),
    atLeast: 1,
    badFrom: 1,
    says: (found) => `A filesystem went read-only${onDevice(found)}: ${times(found)}.`,
    advice: [
      'Drain the host: nothing can be written there.',
      'Check the disk (`smartctl -a`), then the filesystem (fsck) before it comes back.',
    ],
  },
  {
    id: 'filesystem_errors',
    takes: is('xfs_or_ext4_error', 'io_error'),
    atLeast: 1,
    badFrom: 3,
    says: (found) => `Filesystem or disk errors${onDevice(found)}: ${times(found)}.`,
    advice: [
      'Check the disk (`smartctl -a`, `dmesg -T | grep -i error`).',
      'Drain the host if they go on, and repair the filesystem unmounted.',
    ],
  },
  {
    id: 'disk_failing',
    takes: is('bad_disk'),
    atLeast: 1,
    badFrom: 1,
    says: (found) => `A disk is failing${onDevice(found)}: ${times(found)}.`,
    advice: ['Drain the host and have the disk replaced.'],
  },
  {
    id: 'hardware_errors',
    takes: is('hardware_error', 'memory_error'),
    atLeast: 1,
    badFrom: 10,
    says: (found) => `The hardware reports errors: ${times(found)}.`,
    advice: [
      '`ras-mc-ctl --errors` or the board’s event log names the part; drain the host if they go on, and have it replaced.',
    ],
  },
  {
    id: 'kernel_bugs',
    takes: is('kernel_oops', 'kernel_slab_bug'),
    atLeast: 1,
    badFrom: 3,
    says: (found) => `The kernel reports bugs of its own: ${times(found)}.`,
    advice: [
      'Drain and restart the host: after an oops a kernel is not to be trusted.',
      'Install a newer kernel; kernels 3.10 leak memory cgroups with kernel memory accounting, until no container can be made (cgroup.memory=nokmem).',
    ],
  },
  {
    id: 'corrupt_layers',
    takes: is('layer_corruption'),
    atLeast: 1,
    causes: ['image_pull_failure', 'launch_failure'],
    badFrom: 10,
    says: (found) => `Image layers on this host are corrupt: ${times(found)}.`,
    advice: [
      'Remove the image (`docker image rm`) and pull it again.',
      'If it comes back: stop Docker, empty /var/lib/docker on the drained host, start it again; and look at the disk.',
    ],
  },
  {
    id: 'agent_aborts',
    takes: is('mesos_agent_abort'),
    atLeast: 1,
    causes: ['agent_restart_or_reregistration', 'agent_lost_or_removed'],
    badFrom: 3,
    says: (found) => `The Mesos agent ended itself: ${times(found)}.`,
    advice: [
      "Read the agent's log before its end: it names the check that failed.",
      'If it says that its recovery failed, stop it, remove `meta/slaves/latest` of its work directory, and start it again: its tasks are lost by that.',
    ],
  },
];

/**
 * The conditions that a host's signals, failures and clock add up to, the worst first. A sign that is an event turns
 * into a condition at the counts that node-problem-detector uses (3 netdevice reports in 20 minutes, 5 Docker starts
 * in 20 minutes). Pure; linear in the signals, of which the newest 5,000 are looked at.
 */
export function hostConditions(question: HostQuestion): HostCondition[] {
  const signals = question.signals
    .filter(({ at }) => Number.isFinite(at.getTime()))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .slice(-MAX_SIGNALS);
  const disk = diskFull(signals, question);
  const conditions = KINDS.filter(({ id }) => id !== 'disk_filling' || disk === null).flatMap((kind) => {
    const found = { of: signals.filter(({ signal }) => kind.takes(signal)), question };
    return holds(kind, found.of) ? [conditionOf(kind, found)] : [];
  });
  const all = [...(disk === null ? [] : [disk]), ...conditions, ...clockSkew(question)];
  return all.toSorted(
    (a, b) => Number(b.tone === 'bad') - Number(a.tone === 'bad') || b.lastAt.getTime() - a.lastAt.getTime(),
  );
}

/** Whether `atLeast` of them lie within the time that the rule gives. */
function holds({ atLeast, withinMs }: Kind, of: readonly StoredSignal[]): boolean {
  if (of.length < atLeast) return false;
  if (withinMs === undefined) return true;
  return of.some(({ at }, index) => {
    const last = of[index + atLeast - 1];
    return last !== undefined && last.at.getTime() - at.getTime() <= withinMs;
  });
}

function conditionOf(kind: Kind, found: Found): HostCondition {
  const { since, lastAt } = span(
    found.of.map(({ at }) => at),
    found.question.now,
  );
  const isFatal = found.of.some(({ signal }) => saysFatal(signal));
  const isQuiet = found.question.now.getTime() - lastAt.getTime() > QUIET_MS;
  return {
    id: kind.id,
    tone: !isQuiet && (found.of.length >= kind.badFrom || isFatal) ? 'bad' : 'warn',
    sentence: kind.says(found),
    advice: [...kind.advice],
    since,
    lastAt,
    count: found.of.length,
    numbers: [countNumber(kind, found.of), ...failureNumbers(kind.causes ?? [], found.question)],
    signalIds: newestIds(found.of),
  };
}

/** Signs of which one is enough: node-problem-detector's permanent ones. */
function saysFatal({ lines }: LogSignal): boolean {
  return lines
    .slice(0, 20)
    .some((line) => /Shutting down filesystem|event severity: fatal/i.test(line.slice(0, 1000)));
}

function countNumber({ atLeast, withinMs }: Kind, of: readonly StoredSignal[]): Derived {
  const bySignature = new Map<LogSignature, number>();
  for (const { signal } of of)
    bySignature.set(signal.signature, (bySignature.get(signal.signature) ?? 0) + 1);
  const rule =
    withinMs === undefined ? '' : `; a condition from ${atLeast} within ${withinMs / MINUTE_MS} minutes on`;
  return {
    label: 'Reports',
    value: thousands(of.length),
    formula: `count of the host's signals${rule}`,
    inputs: [...bySignature].map(([name, count]) => ({ name, value: thousands(count), from: 'host log' })),
  };
}

function failureNumbers(causes: readonly Cause[], { failures }: HostQuestion): Derived[] {
  const known = causes.filter((cause) => (failures[cause] ?? 0) > 0);
  if (known.length === 0) return [];
  return [
    {
      label: 'Failed tasks that fit it',
      value: thousands(known.reduce((sum, cause) => sum + (failures[cause] ?? 0), 0)),
      formula: 'sum of the failures by these causes on this host',
      inputs: known.map((cause) => ({
        name: cause,
        value: thousands(failures[cause] ?? 0),
        from: 'task ends',
      })),
    },
  ];
}

/** `no space left on device` in its logs, or tasks that failed for it. */
function diskFull(signals: readonly StoredSignal[], question: HostQuestion): HostCondition | null {
  const of = signals.filter(({ signal }) => signal.signature === 'no_space');
  const ends = question.diskFailures.filter((at) => Number.isFinite(at.getTime()));
  if (of.length + ends.length === 0) return null;
  const { since, lastAt } = span([...of.map(({ at }) => at), ...ends], question.now);
  const isQuiet = question.now.getTime() - lastAt.getTime() > QUIET_MS;
  const tasks = ends.length === 0 ? '' : `, and ${count(ends.length, 'task')} failed for it`;
  return {
    id: 'disk_full',
    tone: isQuiet ? 'warn' : 'bad',
    sentence: `${isQuiet ? 'A disk of this host was full' : 'A disk of this host is full'}: ${count(of.length, 'report')} of "no space left on device"${tasks}, last at ${utc(lastAt)}.`,
    advice: [
      '`df -h` and `df -i` show which filesystem, and whether it lacks space or inodes.',
      '`du -xh --max-depth=2 /var | sort -h | tail`: logs that nobody rotates, sandboxes of dead tasks, old images (`docker system df`) are the usual finds.',
      'Drain the host until there is room: every launch on it fails, and a host that fails fast attracts tasks.',
      'Give the writer a limit: log rotation in the app, `max-size` of Docker’s log driver, a disk quota of the agent.',
    ],
    since,
    lastAt,
    count: of.length + ends.length,
    numbers: [
      {
        label: 'Reports',
        value: thousands(of.length + ends.length),
        formula: 'signals of a full disk + tasks that failed for it',
        inputs: [
          { name: 'no_space', value: thousands(of.length), from: 'host log' },
          { name: 'no_space_left_on_device', value: thousands(ends.length), from: 'task ends' },
        ],
      },
    ],
    signalIds: newestIds(of),
  };
}

function clockSkew({ skewMs, now }: HostQuestion): HostCondition[] {
  if (skewMs === null || !Number.isFinite(skewMs) || Math.abs(skewMs) < SKEW_WARN_MS) return [];
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return [
    {
      id: 'clock_skew',
      tone: Math.abs(skewMs) >= SKEW_BAD_MS ? 'bad' : 'warn',
      sentence: `The clock of this host is ${thousands(seconds)} s ${skewMs > 0 ? 'ahead of' : 'behind'} ours: times in its logs and statuses are off by that.`,
      advice: ['See whether its time service runs and is in sync (`timedatectl`, `chronyc tracking`).'],
      since: now,
      lastAt: now,
      count: 1,
      numbers: [
        {
          label: 'Clock skew',
          value: `${skewMs > 0 ? '+' : '−'}${thousands(seconds)} s`,
          formula: "Date of the agent's answer − our time",
          inputs: [{ name: 'skew', value: `${Math.round(skewMs)} ms`, from: 'agent' }],
        },
      ],
      signalIds: [],
    },
  ];
}

function span(times: readonly Date[], now: Date): { since: Date; lastAt: Date } {
  const sorted = times.toSorted((a, b) => a.getTime() - b.getTime());
  return { since: sorted[0] ?? now, lastAt: sorted.at(-1) ?? now };
}

function newestIds(of: readonly StoredSignal[]): string[] {
  return of
    .slice(-MAX_IDS)
    .map(({ id }) => id)
    .reverse();
}

/** `12 reports between … and …`; within one second `2 reports at …`. */
function times({ of, question }: Found): string {
  const { since, lastAt } = span(
    of.map(({ at }) => at),
    question.now,
  );
  return utc(since) === utc(lastAt)
    ? `${count(of.length, 'report')} at ${utc(lastAt)}`
    : `${count(of.length, 'report')} between ${utc(since)} and ${utc(lastAt)}`;
}

function count(amount: number, noun: string): string {
  return `${thousands(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

/** The most frequent names, at most three. */
function namesOf({ of }: Found, nameOf: (signal: LogSignal) => string | null): string {
  const counts = new Map<string, number>();
  for (const { signal } of of) {
    const name = nameOf(signal);
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts].toSorted((a, b) => b[1] - a[1]).map(([name]) => excerpt(name, 40));
  if (names.length === 0) return 'it does not name';
  return names.length <= 3
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

function onDevice(found: Found): string {
  return found.of.some(({ signal }) => signal.device !== null)
    ? ` on ${namesOf(found, ({ device }) => device)}`
    : '';
}

function containersOf({ of }: Found): number {
  const ids = new Set(
    of.map(({ signal }) => signal.containerId ?? signal.taskId).filter((id) => id !== null),
  );
  return Math.max(1, ids.size);
}

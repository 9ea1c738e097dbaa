/**
 * What a line or block of a host's log can tell, in one word each. The labels are what people read. Sources of the
 * texts: kernel mm/oom_kill.c and mm/memcontrol.c, moby, containerd, Mesos src/slave, node-problem-detector's rules.
 */
export const SIGNATURE_LABELS = {
  memcg_oom: 'Out of memory at a container’s limit',
  global_oom: 'Host out of memory',
  mesos_agent_oom_report: 'Mesos agent: memory limit reached',
  oom_kill_disable: 'Container stuck at its limit: OOM killer switched off',
  unregister_netdevice: 'Network device not released',
  hung_task: 'Task hung in the kernel',
  soft_lockup: 'CPU soft lockup',
  kernel_slab_bug: 'Kernel slab bug',
  kernel_oops: 'Kernel oops',
  io_error: 'Disk I/O error',
  xfs_or_ext4_error: 'Filesystem error',
  filesystem_readonly: 'Filesystem remounted read-only',
  memory_error: 'Memory read error',
  hardware_error: 'Hardware error',
  bad_disk: 'Disk failing',
  docker_kill_timeout: 'Docker: container did not exit in time',
  docker_hang: 'Docker did not answer',
  docker_restart: 'Docker or containerd started',
  container_not_found: 'Docker: container not found',
  container_start_failed: 'Container start failed',
  layer_corruption: 'Image layer corrupt',
  devicemapper: 'Device mapper pool short of space',
  no_space: 'No space left on device',
  image_gc: 'Image clean-up failed',
  mesos_kill_ignored: 'Mesos agent: kill ignored',
  mesos_registration_timeout: 'Mesos agent: executor did not register',
  mesos_agent_abort: 'Mesos agent aborted',
  process_crash: 'Process crashed',
} as const;

export type LogSignature = keyof typeof SIGNATURE_LABELS;
export const LOG_SIGNATURES = Object.keys(SIGNATURE_LABELS) as [LogSignature, ...LogSignature[]];

export const LOG_SOURCES = ['kernel', 'dockerd', 'mesos_agent', 'other'] as const;
export type LogSource = (typeof LOG_SOURCES)[number];

/**
 * Who runs what a cgroup path names. `docker`: Docker by itself or for Mesos (`/docker/<id>`, `docker-<id>.scope`
 * outside kubepods); `mesos`: the Mesos containerizer (`/mesos/<uuid>`). Everything else is none of ours.
 */
export const ORCHESTRATORS = ['docker', 'mesos', 'kubernetes', 'ecs', 'lxc', 'systemd', 'other'] as const;
export type Orchestrator = (typeof ORCHESTRATORS)[number];

/** A row of the process table in an out-of-memory report. `rssKb`: pages of 4 KiB; null: not told. */
export type OomProcess = { pid: number; name: string; rssKb: number | null };

/** A fact read from a host's log. Null: the lines do not tell it. */
export type LogSignal = {
  signature: LogSignature;
  source: LogSource;
  /** As printed; null: the line names none. */
  host: string | null;
  /** Null: no time was printed, or only seconds since boot. */
  at: Date | null;
  /** Seconds since boot, from a `[12345.678901]` stamp. */
  uptimeSeconds: number | null;
  /** Docker (64 hex, or as many as printed) or Mesos container id (uuid, `parent.child` for nested). */
  containerId: string | null;
  /** The cgroup of the victim (`task_memcg`, `Task in …`). */
  cgroup: string | null;
  /** The cgroup whose limit was reached (`oom_memcg`, `limit of …`); null for a kill by the whole host. */
  limitCgroup: string | null;
  orchestrator: Orchestrator | null;
  /** For a hung task or soft lockup: the stuck one, though nothing was killed. */
  killedPid: number | null;
  killedComm: string | null;
  /** Who asked for the memory that was not there; often not the victim. */
  invokedBy: string | null;
  limitKb: number | null;
  usageKb: number | null;
  failcnt: number | null;
  anonRssKb: number | null;
  totalVmKb: number | null;
  /** At most 256, the largest kept. */
  processes: OomProcess[];
  /** Network or block device. */
  device: string | null;
  /** From lines of the Mesos agent. */
  taskId: string | null;
  frameworkId: string | null;
  /** Seconds that a kill or a hung task took, where told. */
  seconds: number | null;
  /** The raw lines, in order: at most 200 of at most 1,000 characters, the process table's smallest left out first. */
  lines: string[];
};

/**
 * A line that names a container and a task together, or a task's status update: no sign of trouble, but what ties
 * signals to tasks. Never shown as a signal.
 */
export type LogSighting = {
  kind: 'container' | 'status_update';
  host: string | null;
  at: Date | null;
  /** Mesos container id. */
  mesosContainerId: string | null;
  /** Docker id, 64 hex. */
  dockerId: string | null;
  pid: number | null;
  taskId: string | null;
  frameworkId: string | null;
  /** `TASK_FAILED`, only of a status update; updates to states that are no end are not reported. */
  state: string | null;
  line: string;
};

export type LogFact = { signal: LogSignal } | { sighting: LogSighting };

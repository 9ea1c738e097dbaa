import type { Cause } from '@/lib/domain/cause';
import type { LogSignature } from '@/lib/domain/log-signal';

/** What a signal does to tasks where it is the reason, and what a person can do. */
export type SignalAdvice = { cause: Cause; advice: readonly string[] };

const DISK =
  'On the host, `df -h` and `df -i` show what is full, `du -xsh /var/lib/docker /var/log/*` what fills it.';
const HARDWARE = 'Drain the host in Mesos and have its hardware looked at.';
const BLOCKED =
  'Look at disk and network storage of that time (`iostat -x 1`, `dmesg`); a task in state D cannot be killed, only a reboot frees it.';

/** Of signals that no task's verdict speaks of. */
export const SIGNAL_ADVICE: Record<LogSignature, SignalAdvice> = {
  memcg_oom: {
    cause: 'oom_cgroup_limit',
    advice: ['Compare the limit with what the process needs at its peak.'],
  },
  global_oom: {
    cause: 'oom_host',
    advice: ['Give the agent fewer resources than the host has, or find what else uses its memory.'],
  },
  mesos_agent_oom_report: {
    cause: 'oom_cgroup_limit',
    advice: ['Compare the limit with what the task needs at its peak.'],
  },
  oom_kill_disable: {
    cause: 'kill_failed_container_stuck',
    advice: [
      'Run it without --oom-kill-disable; to free it now, raise its limit or kill its process by hand.',
    ],
  },
  unregister_netdevice: {
    cause: 'docker_daemon_unresponsive',
    advice: ['Drain the host and reboot it; the lasting cure is a newer kernel.'],
  },
  hung_task: { cause: 'unknown', advice: [BLOCKED] },
  soft_lockup: {
    cause: 'unknown',
    advice: ['Look for an overloaded hypervisor or a kernel bug; update the kernel.'],
  },
  kernel_slab_bug: {
    cause: 'launch_failure',
    advice: [
      'Kernel memory accounting of old kernels leaks slabs: update the kernel, or switch kmem limits off.',
    ],
  },
  kernel_oops: {
    cause: 'unknown',
    advice: ['Reboot the host: after an oops it cannot be relied on. Update the kernel.'],
  },
  io_error: { cause: 'unknown', advice: [HARDWARE] },
  xfs_or_ext4_error: {
    cause: 'unknown',
    advice: ['Drain the host, unmount the filesystem and check it (`fsck`, `xfs_repair`).'],
  },
  filesystem_readonly: {
    cause: 'unknown',
    advice: ['Drain the host and check the filesystem and its disk before it is mounted again.'],
  },
  memory_error: { cause: 'unknown', advice: [HARDWARE] },
  hardware_error: { cause: 'unknown', advice: [HARDWARE] },
  bad_disk: { cause: 'unknown', advice: ['Drain the host and replace the disk; `smartctl -a` tells more.'] },
  docker_kill_timeout: {
    cause: 'kill_failed_container_stuck',
    advice: [
      'See whether the program handles SIGTERM (a shell as first process does not pass it on), and whether it ends after SIGKILL.',
      'A container that survives SIGKILL hangs in the kernel or in containerd: look for hung tasks on the host, then restart Docker or the host.',
    ],
  },
  docker_hang: {
    cause: 'docker_daemon_unresponsive',
    advice: [
      'On the host: `journalctl -u docker -u containerd` of that time; restart Docker, and drain the host if it hangs again.',
    ],
  },
  docker_restart: {
    cause: 'unknown',
    advice: ['Without live-restore every restart of Docker ends its containers: find out who restarted it.'],
  },
  container_not_found: {
    cause: 'unknown',
    advice: ['If `docker ps` still lists the container, Docker has lost track of it: restart Docker.'],
  },
  container_start_failed: {
    cause: 'launch_failure',
    advice: ['If it repeats, the host has too little memory or processes left to start containers.'],
  },
  layer_corruption: {
    cause: 'image_pull_failure',
    advice: ['Remove the image (`docker rmi`) and pull it again; if it comes back, check the disk.'],
  },
  devicemapper: {
    cause: 'no_space_left_on_device',
    advice: [
      'Remove unused images and containers, extend the thin pool (data and metadata), or move to overlay2.',
    ],
  },
  no_space: { cause: 'no_space_left_on_device', advice: [DISK] },
  image_gc: { cause: 'no_space_left_on_device', advice: [DISK] },
  mesos_kill_ignored: {
    cause: 'kill_failed_container_stuck',
    advice: [
      'The executor is ending or gone: if the task stays listed, look for its container on the host and restart the agent.',
    ],
  },
  mesos_registration_timeout: {
    cause: 'executor_registration_timeout',
    advice: [
      'Mostly a slow image pull: pre-pull the image or raise the agent’s --executor_registration_timeout.',
    ],
  },
  mesos_agent_abort: {
    cause: 'agent_restart_or_reregistration',
    advice: [
      'The lines before it say why; `journalctl -u mesos-agent -u mesos-slave` shows whether it came back.',
    ],
  },
  process_crash: {
    cause: 'app_crash_signal',
    advice: ['`coredumpctl info` or abrt hold the dump and its stack.'],
  },
};

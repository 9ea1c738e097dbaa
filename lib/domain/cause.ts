/** Why a task ended. One word each; the labels are what people read. */
export const CAUSE_LABELS = {
  oom_cgroup_limit: 'Out of memory (container limit)',
  oom_host: 'Out of memory (host)',
  sigkill_137_unproven: 'SIGKILL, sender unknown',
  sigterm_143: 'SIGTERM from outside Mesos',
  killed_by_deploy_or_scale: 'Killed by deploy or scale',
  killed_by_operator: 'Killed by an operator',
  agent_draining: 'Agent drained',
  killed_unhealthy: 'Killed for failing health checks',
  preempted_or_oversubscription: 'Preempted',
  framework_removed: 'Framework removed',
  max_completion_time: 'Reached its run-time limit',
  app_exit_nonzero: 'Exited with an error code',
  app_crash_signal: 'Crashed by a signal',
  finished_unexpectedly: 'Exit 0 of a service',
  command_not_found_or_not_executable: 'Command not found or not executable',
  image_pull_failure: 'Image pull failed',
  fetch_failure: 'Artifact fetch failed',
  launch_failure: 'Launch failed',
  network_or_cni_failure: 'Network set-up failed',
  auth_failure: 'Authorization refused',
  executor_registration_timeout: 'Executor did not register in time',
  executor_terminated: 'Executor ended',
  agent_lost_or_removed: 'Agent lost or removed',
  agent_unreachable_or_partition: 'Agent unreachable',
  agent_restart_or_reregistration: 'Agent restarted',
  disk_limit: 'Over its disk quota',
  no_space_left_on_device: 'No space left on device',
  invalid_task_or_offers: 'Task or offers refused',
  resources_unknown_or_dropped: 'Dropped or unknown after reconciliation',
  docker_daemon_unresponsive: 'Docker did not answer',
  kill_failed_container_stuck: 'Kill failed, container stuck',
  health_check_config: 'Health check itself is wrong',
  finished: 'Finished its work',
  unknown: 'Unknown',
} as const;

export type Cause = keyof typeof CAUSE_LABELS;
export const CAUSES = Object.keys(CAUSE_LABELS) as [Cause, ...Cause[]];

/** `normal`: something explains the end as wanted. `unexplained`: KILLED and nothing says why. */
export const DISPOSITIONS = ['normal', 'failure', 'unexplained'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** `proven` only when the evidence names this very task or container. */
export const PROOFS = ['proven', 'likely', 'possible'] as const;
export type Proof = (typeof PROOFS)[number];

/** Causes whose fault lies with the host: their fingerprint carries the hostname. */
export const HOST_CAUSES: ReadonlySet<Cause> = new Set<Cause>([
  'oom_host',
  'agent_lost_or_removed',
  'agent_unreachable_or_partition',
  'agent_restart_or_reregistration',
  'no_space_left_on_device',
  'docker_daemon_unresponsive',
  'kill_failed_container_stuck',
]);

/** The few groups that colours stand for: a chart of 33 colours says nothing. */
export const CAUSE_GROUPS = ['oom', 'failure', 'infrastructure', 'killed', 'finished', 'unknown'] as const;
export type CauseGroup = (typeof CAUSE_GROUPS)[number];

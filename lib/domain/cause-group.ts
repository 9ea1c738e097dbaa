import type { Cause, CauseGroup, Disposition } from './cause';
import type { EndState } from './task';

/** The group a cause belongs to whatever the state says; null: the state decides. */
const GROUP_OF_CAUSE: Record<Cause, CauseGroup | null> = {
  oom_cgroup_limit: 'oom',
  oom_host: 'oom',
  sigkill_137_unproven: 'failure',
  sigterm_143: 'failure',
  killed_by_deploy_or_scale: 'killed',
  killed_by_operator: 'killed',
  agent_draining: 'killed',
  killed_unhealthy: 'failure',
  preempted_or_oversubscription: 'killed',
  framework_removed: 'killed',
  max_completion_time: 'failure',
  app_exit_nonzero: 'failure',
  app_crash_signal: 'failure',
  finished_unexpectedly: 'failure',
  command_not_found_or_not_executable: 'failure',
  image_pull_failure: 'infrastructure',
  fetch_failure: 'infrastructure',
  launch_failure: 'infrastructure',
  network_or_cni_failure: 'infrastructure',
  auth_failure: 'infrastructure',
  executor_registration_timeout: 'infrastructure',
  executor_terminated: 'infrastructure',
  agent_lost_or_removed: 'infrastructure',
  agent_unreachable_or_partition: 'infrastructure',
  agent_restart_or_reregistration: 'infrastructure',
  disk_limit: 'failure',
  no_space_left_on_device: 'infrastructure',
  invalid_task_or_offers: 'infrastructure',
  resources_unknown_or_dropped: 'infrastructure',
  docker_daemon_unresponsive: 'infrastructure',
  kill_failed_container_stuck: 'infrastructure',
  health_check_config: 'failure',
  finished: 'finished',
  unknown: null,
};

/**
 * The colour group of one task end. KILLED that is no failure stays `killed` even where nothing explains it;
 * a failure nobody can name is `unknown`.
 */
export function causeGroup(end: { cause: Cause; state: EndState; disposition: Disposition }): CauseGroup {
  const group = GROUP_OF_CAUSE[end.cause];
  if (group !== null) return group;
  return end.state === 'TASK_KILLED' && end.disposition !== 'failure' ? 'killed' : 'unknown';
}

export const CAUSE_GROUP_LABELS: Record<CauseGroup, string> = {
  oom: 'Out of memory',
  failure: 'Failed',
  infrastructure: 'Host or platform',
  killed: 'Killed',
  finished: 'Finished',
  unknown: 'Unknown failure',
};

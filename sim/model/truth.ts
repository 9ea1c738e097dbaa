/** Why a task really ended, in the words of shared vocabulary for causes; told to tests only, never by the cluster. */
export type TrueCause =
  | 'oom_cgroup_limit'
  | 'oom_host'
  | 'sigkill_137_unproven'
  | 'sigterm_143'
  | 'killed_by_deploy_or_scale'
  | 'killed_unhealthy'
  | 'framework_removed'
  | 'app_exit_nonzero'
  | 'app_crash_signal'
  | 'finished_unexpectedly'
  | 'finished'
  | 'image_pull_failure'
  | 'launch_failure'
  | 'executor_registration_timeout'
  | 'agent_lost_or_removed'
  | 'agent_unreachable_or_partition'
  | 'agent_restart_or_reregistration'
  | 'no_space_left_on_device'
  | 'docker_daemon_unresponsive'
  | 'kill_failed_container_stuck'
  | 'unknown';

export type Truth = {
  cause: TrueCause;
  /** The most that can be said with everything at hand: statuses, Marathon and the hosts' logs. */
  proof: 'proven' | 'likely' | 'possible';
  exitCode: number | null;
  /** Whose limit the kernel killed at; null: it killed nobody. */
  oom: 'container' | 'host' | null;
};

/** What follows from an exit code alone; 125 is the Docker client's own. */
export function truthOfExit(
  code: number,
  { isService, isDocker }: { isService: boolean; isDocker: boolean },
): Truth {
  const of = (cause: TrueCause, proof: Truth['proof']): Truth => ({
    cause,
    proof,
    exitCode: code,
    oom: null,
  });
  switch (code) {
    case 0:
      return of(isService ? 'finished_unexpectedly' : 'finished', 'proven');
    case 125:
      return isDocker ? of('launch_failure', 'likely') : of('app_exit_nonzero', 'proven');
    case 134:
    case 139:
      return of('app_crash_signal', 'proven');
    case 137:
      return of('sigkill_137_unproven', 'likely');
    case 143:
      return of('sigterm_143', 'likely');
    default:
      return of('app_exit_nonzero', 'proven');
  }
}

/** Something else than the container's own exit. */
export function truthOf(cause: TrueCause, proof: Truth['proof'] = 'proven'): Truth {
  return { cause, proof, exitCode: null, oom: null };
}

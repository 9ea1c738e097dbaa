import { type MesosVersion, since } from './mesos-version';
import type { Random } from './random';
import type { Report, Task } from './task';
import { type TrueCause, truthOf, truthOfExit } from './truth';

const SIGNALS: Record<number, string> = {
  6: 'Aborted',
  9: 'Killed',
  11: 'Segmentation fault',
  15: 'Terminated',
};

type ContainerOf = Pick<Task, 'kind' | 'appId'>;

/** A task that ended by itself with an exit code, as its executor words it. Zero is TASK_FINISHED. */
export function exited(version: MesosVersion, task: ContainerOf, code: number): Report {
  return {
    state: code === 0 ? 'TASK_FINISHED' : 'TASK_FAILED',
    message: exitMessage(version, task, code),
    reason: null,
    source: 'EXECUTOR',
    truth: truthOfExit(code, { isService: task.appId !== null, isDocker: task.kind === 'docker' }),
  };
}

/** The kernel killed it at its container's limit, or for the whole host: Docker says no more than 137. */
export function killedByKernel(
  version: MesosVersion,
  task: ContainerOf,
  whose: 'container' | 'host',
): Report {
  const cause = whose === 'container' ? 'oom_cgroup_limit' : 'oom_host';
  return { ...exited(version, task, 137), truth: { cause, proof: 'proven', exitCode: 137, oom: whose } };
}

/** A task that ended because its scheduler asked: TASK_KILLED whatever the code, for intent decides the state. */
export function killed(
  version: MesosVersion,
  task: ContainerOf,
  code: number,
  cause: TrueCause = 'killed_by_deploy_or_scale',
): Report {
  // The Docker executor of that time did not report the exit code of what it killed.
  const silent = task.kind === 'docker' && since(version, '0.23') && !since(version, '1.0');
  return {
    state: 'TASK_KILLED',
    message: silent ? null : exitMessage(version, task, code),
    reason: null,
    source: 'EXECUTOR',
    // Marathon's deployment or last failure, or Docker's log, tells of it beside the status.
    truth: { ...truthOf(cause, cause === 'unknown' ? 'possible' : 'proven'), exitCode: code },
  };
}

function exitMessage(version: MesosVersion, task: ContainerOf, code: number): string | null {
  if (task.kind === 'docker') {
    if (since(version, '1.0')) return `Container exited with status ${code}`;
    if (!since(version, '0.23')) return `Command exited with status ${code}`;
    return code === 0
      ? null
      : `Docker container run error: Container exited on error: exited with status ${code}`;
  }
  const signal = SIGNALS[code - 128];
  // The Mesos executor waits on the process itself, so a signal is told as one.
  return signal === undefined
    ? `Command exited with status ${code}`
    : `Command terminated with signal ${signal}`;
}

/** The memory isolator's own report. Only the Mesos containerizer has one; Docker never labels an OOM. */
export function memoryLimitExceeded(version: MesosVersion, memMb: number, random: Random): Report {
  // A command task is given 32 MB more, for its executor.
  const limitMb = memMb + 32;
  const rss = limitMb * 1024 * 1024 - random.int(1, 300) * 4096;
  const statistics = [
    `cache ${random.int(1, 90) * 4096}`,
    `rss ${rss}`,
    'rss_huge 0',
    `mapped_file ${random.int(0, 20) * 4096}`,
    `pgpgin ${random.int(400_000, 900_000)}`,
    `pgpgout ${random.int(10_000, 90_000)}`,
    'inactive_anon 0',
    `active_anon ${rss}`,
    'inactive_file 8192',
    'active_file 4096',
    'unevictable 0',
    `hierarchical_memory_limit ${limitMb * 1024 * 1024}`,
    `total_rss ${rss}`,
  ];
  return {
    state: 'TASK_FAILED',
    message: `Memory limit exceeded: Requested: ${limitMb}MB Maximum Used: ${limitMb}MB\n\nMEMORY STATISTICS: \n${statistics.join('\n')}\n`,
    reason: since(version, '0.26') ? 'CONTAINER_LIMITATION_MEMORY' : 'MEMORY_LIMIT',
    source: 'SLAVE',
    limitationMb: limitMb,
    truth: { cause: 'oom_cgroup_limit', proof: 'proven', exitCode: null, oom: 'container' },
  };
}

/** A container that could not be made or started: `cause` as the agent joins it into its message. */
export function launchFailed(
  version: MesosVersion,
  cause: string,
  trueCause: TrueCause = 'launch_failure',
): Report {
  const truth = truthOf(trueCause);
  if (!since(version, '0.26')) {
    return {
      state: 'TASK_FAILED',
      message: 'Abnormal executor termination',
      reason: 'EXECUTOR_TERMINATED',
      source: 'SLAVE',
      truth,
    };
  }
  return {
    state: 'TASK_FAILED',
    message: `Failed to launch container: ${cause}`,
    reason: 'CONTAINER_LAUNCH_FAILED',
    source: 'SLAVE',
    truth,
  };
}

/** A pull that Docker refused with the daemon's text `stderr`. */
export function pullFailed(
  version: MesosVersion,
  image: string,
  stderr: string,
  trueCause: TrueCause = 'image_pull_failure',
): Report {
  const socket = 'unix:///var/run/docker.sock';
  const cause = since(version, '1.0')
    ? `Failed to run 'docker -H ${socket} pull ${image}': exited with status 1; stderr='${stderr}\n'`
    : `Failed to 'docker pull ${image}': exit status = exited with status 1 stderr = ${stderr}\n`;
  return launchFailed(version, cause, trueCause);
}

/** Docker took the order and never came back: the agent gave the executor up. */
export function executorDidNotRegister(version: MesosVersion): Report {
  const isNamed = since(version, '0.26');
  return {
    state: 'TASK_FAILED',
    message: isNamed ? 'Executor did not register within 1mins' : 'Abnormal executor termination',
    reason: isNamed ? 'EXECUTOR_REGISTRATION_TIMEOUT' : 'EXECUTOR_TERMINATED',
    source: 'SLAVE',
    truth: truthOf('docker_daemon_unresponsive', 'likely'),
  };
}

/** An executor that was still there when its restarted agent asked, and did not answer. */
export function executorDidNotReturn(version: MesosVersion, partitionAware: boolean): Report {
  return {
    state: partitionAware ? 'TASK_GONE' : 'TASK_LOST',
    message: `Executor did not ${since(version, '1.6') ? 'reregister' : 're-register'} within 2secs`,
    reason: 'EXECUTOR_REREGISTRATION_TIMEOUT',
    source: 'SLAVE',
    truth: truthOf('agent_restart_or_reregistration'),
  };
}

/** An operator declared the agent gone. */
export function markedGone(partitionAware: boolean): Report {
  return {
    state: partitionAware ? 'TASK_GONE_BY_OPERATOR' : 'TASK_LOST',
    message: 'Agent has been marked gone',
    reason: partitionAware ? 'SLAVE_REMOVED_BY_OPERATOR' : 'SLAVE_REMOVED',
    source: 'MASTER',
    truth: truthOf('agent_lost_or_removed'),
  };
}

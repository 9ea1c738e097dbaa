import { type MesosVersion, since } from './mesos-version';
import type { Random } from './random';
import type { Report, Task } from './task';

const SIGNALS: Record<number, string> = {
  6: 'Aborted',
  9: 'Killed',
  11: 'Segmentation fault',
  15: 'Terminated',
};

type ContainerOf = Pick<Task, 'kind'>;

/** A task that ended by itself with an exit code, as its executor words it. Zero is TASK_FINISHED. */
export function exited(version: MesosVersion, task: ContainerOf, code: number): Report {
  return {
    state: code === 0 ? 'TASK_FINISHED' : 'TASK_FAILED',
    message: exitMessage(version, task, code),
    reason: null,
    source: 'EXECUTOR',
  };
}

/** A task that ended because its scheduler asked: TASK_KILLED whatever the code, for intent decides the state. */
export function killed(version: MesosVersion, task: ContainerOf, code: number): Report {
  // The Docker executor of that time did not report the exit code of what it killed.
  const silent = task.kind === 'docker' && since(version, '0.23') && !since(version, '1.0');
  return {
    state: 'TASK_KILLED',
    message: silent ? null : exitMessage(version, task, code),
    reason: null,
    source: 'EXECUTOR',
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
  };
}

/** A container that could not be made or started: `cause` as the agent joins it into its message. */
export function launchFailed(version: MesosVersion, cause: string): Report {
  if (!since(version, '0.26')) {
    return {
      state: 'TASK_FAILED',
      message: 'Abnormal executor termination',
      reason: 'EXECUTOR_TERMINATED',
      source: 'SLAVE',
    };
  }
  return {
    state: 'TASK_FAILED',
    message: `Failed to launch container: ${cause}`,
    reason: 'CONTAINER_LAUNCH_FAILED',
    source: 'SLAVE',
  };
}

/** A pull that Docker refused with the daemon's text `stderr`. */
export function pullFailed(version: MesosVersion, image: string, stderr: string): Report {
  const socket = 'unix:///var/run/docker.sock';
  const cause = since(version, '1.0')
    ? `Failed to run 'docker -H ${socket} pull ${image}': exited with status 1; stderr='${stderr}\n'`
    : `Failed to 'docker pull ${image}': exit status = exited with status 1 stderr = ${stderr}\n`;
  return launchFailed(version, cause);
}

/** An executor that was still there when its restarted agent asked, and did not answer. */
export function executorDidNotReturn(version: MesosVersion, partitionAware: boolean): Report {
  return {
    state: partitionAware ? 'TASK_GONE' : 'TASK_LOST',
    message: `Executor did not ${since(version, '1.6') ? 'reregister' : 're-register'} within 2secs`,
    reason: 'EXECUTOR_REREGISTRATION_TIMEOUT',
    source: 'SLAVE',
  };
}

/** An operator declared the agent gone. */
export function markedGone(partitionAware: boolean): Report {
  return {
    state: partitionAware ? 'TASK_GONE_BY_OPERATOR' : 'TASK_LOST',
    message: 'Agent has been marked gone',
    reason: partitionAware ? 'SLAVE_REMOVED_BY_OPERATOR' : 'SLAVE_REMOVED',
    source: 'MASTER',
  };
}

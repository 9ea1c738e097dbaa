import { penOf } from '../hosts/host-events';
import { agentLine, dockerLine, plainLine } from '../hosts/write-line';
import type { Agent } from '../model/agent';
import { exited, launchFailed, pullFailed } from '../model/endings';
import type { Random } from '../model/random';
import type { Report, Task } from '../model/task';
import type { World } from '../model/world';

const PATHS = ['/usr/lib/jvm/lib/modules', '/usr/lib/python3/dist-packages', '/app/node_modules'] as const;

/** A launch on a host whose disk is full: the image's layers find no room, or the sandbox does not. */
export function noSpace(world: World, task: Task, random: Random): Report {
  if (task.kind !== 'docker' || task.image === null) {
    return launchFailed(
      world.version,
      `Failed to create directory '/var/lib/mesos/slave/provisioner': No space left on device`,
      'no_space_left_on_device',
    );
  }
  const path = random.pick(PATHS);
  const stderr = `failed to register layer: Error processing tar file(exit status 1): write ${path}: no space left on device`;
  return pullFailed(world.version, task.image, stderr, 'no_space_left_on_device');
}

/** A program that could not write and gave up: Mesos sees its exit code, its log and its host say why. */
export function gaveUpWriting(world: World, task: Task): Report {
  const report = exited(world.version, task, 1);
  return {
    ...report,
    truth: { cause: 'no_space_left_on_device', proof: 'likely', exitCode: 1, oom: null },
  };
}

/** What else such a host writes, now and then. */
export function complainOfFullDisk(world: World, agent: Agent, random: Random): void {
  const pen = penOf(world, agent);
  switch (random.int(0, 2)) {
    case 0:
      plainLine(
        pen,
        'rsyslogd',
        null,
        `file '/var/log/app/access.log'[9] write error - see https://www.rsyslog.com/solving-rsyslog-write-errors/ for help OS error: No space left on device [v8.2102.0 try https://www.rsyslog.com/e/2027 ]`,
      );
      break;
    case 1:
      dockerLine(
        pen,
        'error',
        'Download failed, retrying: write /var/lib/docker/tmp/GetImageBlob402113877: no space left on device',
      );
      break;
    default:
      agentLine(
        pen,
        'slave.cpp:7712',
        "Failed to write '/var/lib/mesos/meta/slaves/latest': No space left on device",
        'E',
      );
      break;
  }
}

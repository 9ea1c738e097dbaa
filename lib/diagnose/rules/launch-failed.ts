import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const REASONS: ReadonlySet<string> = new Set([
  'CONTAINER_LAUNCH_FAILED',
  'CONTAINER_UPDATE_FAILED',
  'GC_ERROR',
]);
const PHRASES: readonly string[] = [
  'failed to launch',
  'failed to create container',
  'failed to create pod sandbox',
  'createcontainerconfigerror',
  'createcontainererror',
  'runcontainererror',
  'docker-runc',
  'failed to create root container',
  'failed to create docker run options',
  'failed to create shim',
  'failed to start container',
  'failed to run docker container',
  'cannot start container',
  'cannot restart container',
  'could not start container',
  'container launch failed',
  'container update failed',
  'oci runtime',
  'error response from daemon',
  'starting container process',
  'enabled containerizers',
  'failed to update resources for container',
  'failed to unschedule directories',
  'failed to prepare isolator',
  'failed to isolate',
  'failed to initialize sandbox',
  'sandbox to initialize',
  'task initialization failed',
  'waiting for task to start',
  'task did not start',
  'announcer serverset timed out',
  'unknown user',
  'attempted to run multiple tasks using',
  'error creating container',
  'error mounting',
  'invalid mount config',
  'conflict. the container name',
  'failed to setup rootfs',
  'failed to find user',
  'unable to find user',
  'no matching entries in passwd',
  'while launching child container',
  'shim error',
  'devmapper',
  'dm_task_run',
  'driver devicemapper failed',
  'device or resource busy',
  'structure needs cleaning',
  'mounts denied',
  'could not select device driver',
  'unknown flag',
  'flag provided but not defined',
  'minimum memory limit',
  'invalid volume specification',
];
// ENOSPC that no full disk explains.
const CGROUP_WORDS: readonly string[] = ['cpuset', 'cgroup', 'inotify'];

/** The container could not be made or started, and no rule before this one knows the reason better. */
export const launchFailed: Rule = {
  id: 'launch-failed',
  matches(facts, reading) {
    const isReason = reading.reason !== null && REASONS.has(reading.reason);
    const isText = mentions(reading, PHRASES) !== null || reading.lower.startsWith('docker: ');
    const isCgroup =
      reading.lower.includes('no space left on device') && mentions(reading, CGROUP_WORDS) !== null;
    if (!isReason && !isText && !isCgroup) return null;
    return {
      cause: 'launch_failure',
      disposition: 'failure',
      // That it did not start is certain; what this rule adds is only that nothing better is known.
      proof: 'likely',
      summary: `The container${ofApp(facts)} could not be ${reading.reason === 'CONTAINER_UPDATE_FAILED' ? 'given its resources' : 'started'}: ${reading.excerpt === '' ? 'Mesos gave no words for it.' : reading.excerpt}`,
      because: isCgroup
        ? ['No space left on device is about a cgroup or a kernel limit here, not about a disk.']
        : [],
      advice: [
        isCgroup
          ? 'Look at the cpuset of the parent cgroup and at how many cgroups the host holds (/proc/cgroups); a kernel that leaks memory cgroups needs a restart.'
          : "Read the agent's log around the end, and check mounts, parameters, user and devices in the app definition against that host.",
      ],
    };
  },
};

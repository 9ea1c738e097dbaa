import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'no space left on device',
  'enospc',
  'free data blocks which is less than minimum required',
  'free metadata blocks which is less than minimum required',
  'failed to garbage collect required amount of images',
  'not enough disk space',
  'not enough free disk space',
  'insufficient disk space',
  'out of disk space',
  'disk is full',
  'disk full',
  'no usable temporary file',
];
// The kernel gives ENOSPC for these too, and no disk is full: an empty cpuset, too many cgroups, the watch limit.
const NOT_A_DISK: readonly string[] = [
  'cpuset',
  'cgroup',
  'inotify',
  'inotify_add_watch',
  'watches',
  'watchers',
];

/** The host or a volume is full, whatever was being done at that moment: pulling, fetching, starting. */
export const noSpace: Rule = {
  id: 'no-space',
  matches(facts, reading) {
    if (mentions(reading, PHRASES) === null) return null;
    if (mentions(reading, NOT_A_DISK) !== null) return null;
    const isPool = reading.lower.includes('blocks which is less than');
    return {
      cause: 'no_space_left_on_device',
      disposition: 'failure',
      proof: 'likely',
      summary: `The host had no disk space left${isPool ? " in Docker's thin pool" : ''} for the task${ofApp(facts)}.`,
      because: [],
      advice: [
        isPool
          ? 'Free the thin pool (`docker image prune`, `docker volume prune`) or grow it; `docker info` shows what it has.'
          : 'On the host, see `df -h` and `df -i`; old images, sandboxes and logs are the usual find (`docker system df`).',
      ],
    };
  },
};

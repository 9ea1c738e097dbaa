import type { Rule } from '../rule';
import { ofApp } from '../wording';

/** The host's own out-of-memory killer, where the message carries the kernel's line and no memory cgroup is named. */
export const hostOutOfMemory: Rule = {
  id: 'host-out-of-memory',
  matches(facts, reading) {
    const isGlobal =
      reading.lower.includes('out of memory: kill') && !reading.lower.includes('memory cgroup out of memory');
    if (!isGlobal) return null;
    return {
      cause: 'oom_host',
      disposition: 'failure',
      proof: 'likely',
      summary: `The host ran out of memory and its kernel killed a process${ofApp(facts)}.`,
      because: [
        "The message holds the kernel's line of a kill for the whole host, not for one container's limit.",
      ],
      advice: [
        'Compare what the containers of this host use with what the agent offers: a process outside Mesos may have taken the rest.',
      ],
    };
  },
};

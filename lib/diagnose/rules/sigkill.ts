import type { Facts } from '@/lib/domain/verdict';

import { dockerClientNote, isDockerContainer } from '../container';
import type { Rule } from '../rule';
import { kernelLogCommand, limitNote, ofApp } from '../wording';

/**
 * SIGKILL of a task that nobody asked Mesos to kill. Neither Docker nor an exit code of 137 tells an
 * out-of-memory kill from any other, so none is claimed here.
 */
export const sigkill: Rule = {
  id: 'sigkill',
  matches(facts, reading) {
    if (facts.state !== 'TASK_FAILED' || reading.signal?.name !== 'SIGKILL') return null;
    const isDocker = isDockerContainer(facts, reading);
    return {
      cause: 'sigkill_137_unproven',
      disposition: 'failure',
      proof: reading.signal.from === 'text' || reading.exit?.from === 'text' ? 'possible' : 'likely',
      summary: `SIGKILL (137) ended the task${ofApp(facts)}${limitNote(facts)}: sent by the kernel's out-of-memory killer, a docker stop or kill from outside, or an operator; nothing here proves which.`,
      because: ['TASK_FAILED: nobody asked Mesos to kill it.', ...dockerClientNote(facts, reading)],
      advice: [
        `On the host: ${kernelLogCommand(facts)}`,
        isDocker
          ? `Docker never tells Mesos of an out-of-memory kill. If the container still exists, this tells it: ${inspectCommand(facts)}`
          : 'The kernel can end the process before the memory isolator reports its limit: compare its last memory use with the limit.',
        ...(facts.memMb === null
          ? []
          : [`Do not raise mem (${facts.memMb} MB) before the kernel log shows that memory was it.`]),
      ],
    };
  },
};

// The container's name is mesos-<container id>, with the agent's id between in Mesos 0.23 to 1.3.
function inspectCommand({ statuses }: Facts): string {
  const id = statuses.findLast(({ containerId }) => containerId !== null)?.containerId ?? null;
  const name = id !== null && /^[\w.-]{1,200}$/.test(id) ? id : 'CONTAINER_ID';
  return `docker inspect -f '{{.State.OOMKilled}}' $(docker ps -aq --filter name=${name})`;
}

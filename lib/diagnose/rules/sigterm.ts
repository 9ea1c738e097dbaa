import { dockerClientNote } from '../container';
import type { Rule } from '../rule';
import { ofApp, utc } from '../wording';

// STATUS_CONTROL_C_EXIT of Windows: the console was told to end.
const WINDOWS_CONTROL_C = 0xc000013a;

/** SIGTERM that Mesos did not send: somebody on the host, an init system shutting down, or the app itself. */
export const sigterm: Rule = {
  id: 'sigterm',
  matches(facts, reading) {
    if (facts.state !== 'TASK_FAILED') return null;
    const isControlC = reading.exit?.code === WINDOWS_CONTROL_C;
    if (reading.signal?.name !== 'SIGTERM' && !isControlC) return null;
    const what = isControlC ? 'Ctrl-C (0xC000013A)' : 'SIGTERM (143)';
    const when = facts.onlyStatus === true ? 'that time' : utc(facts.finishedAt);
    return {
      cause: 'sigterm_143',
      disposition: 'failure',
      proof: 'likely',
      summary: `${what} ended the task${ofApp(facts)}, and Mesos had not been asked to kill it: somebody or something on the host did.`,
      because: ['TASK_FAILED: nobody asked Mesos to kill it.', ...dockerClientNote(facts, reading)],
      advice: [
        `See on the host what stopped containers or services at ${when}: docker stop, a Docker or host restart, a supervisor inside the container.`,
      ],
    };
  },
};

import type { Facts } from '@/lib/domain/verdict';
import { isDockerContainer } from '../container';
import { mentions } from '../reading';
import type { Finding, Rule } from '../rule';
import { imageName, ofApp } from '../wording';

const DOCKER_RUN_FAILED = 125;
const UNTOLD_CODE: readonly string[] = [
  'exited non-zero',
  'non-zero exit',
  'nonzero exit',
  'exited with an error',
];

/** The program ended by itself with an error code; 125 of a Docker container is `docker run` itself. */
export const exitCode: Rule = {
  id: 'exit-code',
  matches(facts, reading) {
    if (facts.state !== 'TASK_FAILED') return null;
    if (reading.exit === null) return mentions(reading, UNTOLD_CODE) === null ? null : untoldCode(facts);
    if (reading.exit.from === 'docker') return null;
    const { code } = reading.exit;
    if (code === 0) return null;
    if (code === DOCKER_RUN_FAILED && isDockerContainer(facts, reading)) {
      return {
        cause: 'launch_failure',
        disposition: 'failure',
        proof: 'likely',
        summary: `docker run itself failed (exit code 125), so the container${ofApp(facts)} did not start.`,
        because: ['Docker keeps exit code 125 for errors of its own.'],
        advice: [
          "Read stderr in the sandbox: Docker's complaint stands there. Often a parameter, a mount or a port of the app definition is wrong.",
        ],
      };
    }
    return {
      cause: 'app_exit_nonzero',
      disposition: 'failure',
      // The code is certain, its origin is not: launchers of Mesos end with 1 too, and a child killed for memory
      // can make its parent end with any code.
      proof: 'likely',
      summary: `The program${ofApp(facts)} ended by itself with exit code ${code}${neverRan(facts.everRan)}.`,
      because: [],
      advice: [
        `The code is the program's own: read the end of its stderr in the sandbox, and try ${imageName(facts)} with the same environment.`,
      ],
    };
  },
};

function untoldCode(facts: Facts): Finding {
  return {
    cause: 'app_exit_nonzero',
    disposition: 'failure',
    proof: 'likely',
    summary: `The program${ofApp(facts)} ended by itself with an error code that the message does not name${neverRan(facts.everRan)}.`,
    because: [],
    advice: ["Read the end of its stderr in the sandbox: the code is the program's own."],
  };
}

function neverRan(everRan: boolean | null): string {
  return everRan === false ? ', before Mesos saw it running' : '';
}

import { mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'uses invalid health check',
  'uses invalid check',
  'invalid health check',
  'health check must',
  'health check validation failed',
  'malformed health check',
  'unsupported health check',
  'supports one command health check per task',
];

/** Refused for a health check that is itself wrong. */
export const healthCheckConfig: Rule = {
  id: 'health-check-config',
  matches(facts, reading) {
    if (mentions(reading, PHRASES) === null) return null;
    const isRefusal = facts.state === 'TASK_ERROR';
    return {
      cause: 'health_check_config',
      disposition: 'failure',
      proof: isRefusal ? 'proven' : 'likely',
      summary: `The health check${ofApp(facts)} is defined in a way that Mesos refuses: ${reading.excerpt}`,
      because: [],
      advice: ['Correct the health check in the app definition; the message names the field.'],
    };
  },
};

import type { Facts } from '@/lib/domain/verdict';

import { mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { excerpt, graceSentence, ofApp, utc } from '../wording';

// Marathon stores this text in lastTaskFailure at the moment it sends the kill (1.1+).
const MARATHON_SAYS = 'task was killed since health check failed';
const EXECUTOR_SAYS: readonly string[] = [
  'failed health check!',
  'killed by health check',
  'failing health checks',
  'failed health checks',
  'health-check failed',
  'healthcheck failed',
  'healthcheck_failed',
  'did not become healthy',
  'liveness probe failed',
];
const UNHEALTHY_WORDS: readonly string[] = [
  'failed health check',
  'health check failed',
  'failed its health check',
  'health-check failed',
  'healthcheck failed',
  'healthcheck_failed',
  'unhealthy',
];

type Evidence = { proof: 'proven' | 'likely'; line: string };

/** Killed for failing health checks, by Mesos's executor or by Marathon. */
export const killedUnhealthy: Rule = {
  id: 'killed-unhealthy',
  matches(facts, reading) {
    const evidence = evidenceOf(facts, reading);
    if (evidence === null) return null;
    const grace = graceSentence(reading.signal?.name ?? null, facts.marathon?.killGraceSeconds ?? null);
    const why = reasonOf(facts, reading);
    return {
      cause: 'killed_unhealthy',
      disposition: 'failure',
      proof: evidence.proof,
      summary: `The task${ofApp(facts)} was killed because its health check failed${why === null ? '' : ` (${why})`}.${grace}`,
      because: [evidence.line],
      advice: [
        'See whether the app was truly stuck or only slow: compare its response times with the check’s timeout, and its start-up time with the grace period of the check.',
        'If all instances of the app went at about the same time, look at what they share (database, network) before the check.',
      ],
    };
  },
};

function evidenceOf(facts: Facts, reading: Reading): Evidence | null {
  const announced = facts.marathon?.announcedKill ?? null;
  // A task whose agent was lost meanwhile did not end by the kill.
  if (announced !== null && (facts.state === 'TASK_KILLED' || facts.state === 'TASK_FAILED')) {
    const why = announced.reason === null ? '' : `: ${excerpt(announced.reason)}`;
    return {
      proof: 'proven',
      line: `Marathon announced at ${utc(announced.at)} that it kills this task for failing its health checks${why}.`,
    };
  }
  const own = facts.marathon?.ownFailure ?? null;
  if (own?.message?.toLowerCase().startsWith(MARATHON_SAYS) === true) {
    return { proof: 'proven', line: `Marathon's lastTaskFailure of this task: ${excerpt(own.message)}` };
  }
  if (reading.lower.startsWith(MARATHON_SAYS)) {
    return { proof: 'proven', line: 'Marathon wrote the message when it sent the kill.' };
  }
  if (facts.state !== 'TASK_KILLED') {
    // Executors with a check of their own (Aurora's Thermos) report FAILED.
    return facts.state === 'TASK_FAILED' && mentions(reading, EXECUTOR_SAYS) !== null
      ? { proof: 'likely', line: 'The executor says that its own health check failed.' }
      : null;
  }
  const last = facts.statuses.at(-1);
  if (last?.state === 'TASK_KILLED' && last.healthy === false) {
    // Executors set healthy on a KILLED status only when their own check gave the order.
    return { proof: 'proven', line: 'The TASK_KILLED status itself says healthy: false.' };
  }
  if (facts.healthy === false && facts.marathon?.deployment == null) {
    return { proof: 'likely', line: 'It was killed while its last health report said not healthy.' };
  }
  return mentions(reading, UNHEALTHY_WORDS) === null
    ? null
    : { proof: 'likely', line: 'The message names a failed health check.' };
}

function reasonOf(facts: Facts, reading: Reading): string | null {
  const announced = facts.marathon?.announcedKill?.reason ?? null;
  if (announced !== null) return excerpt(announced, 120);
  const text = facts.marathon?.ownFailure?.message ?? reading.text;
  const at = text.indexOf('Reason: ');
  return at === -1 ? null : excerpt(text.slice(at + 'Reason: '.length), 120);
}

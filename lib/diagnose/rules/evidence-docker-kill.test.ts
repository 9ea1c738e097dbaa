import { describe, expect, it } from 'vitest';

import { diagnose } from '../diagnose';
import {
  beforeEnd,
  CONTAINER,
  factsOf,
  hostSignalOf,
  marathonOf,
  type Row,
  statusOf,
  tieOf,
  verdictOf,
} from '../facts-for-tests';

const said = (
  line: string,
  signature: 'docker_kill_timeout' | 'container_not_found' = 'docker_kill_timeout',
) => tieOf({ signal: hostSignalOf(signature, { containerId: CONTAINER, source: 'dockerd', lines: [line] }) });
const stuck = said(`Container ${CONTAINER} failed to exit within 10 seconds of kill - trying direct SIGKILL`);
const escalated = said(
  `Container ${CONTAINER} failed to exit within 10 seconds of signal 15 - using the force`,
);
const ignored = tieOf({
  by: 'task_id',
  signal: hostSignalOf('mesos_kill_ignored', { source: 'mesos_agent' }),
});
const deployment = { deploymentId: 'd-42', actions: ['RestartApplication'], startedAt: beforeEnd(400) };
const asked = (seconds: number) => [
  statusOf('TASK_KILLING', { at: beforeEnd(seconds) }),
  statusOf('TASK_KILLED'),
];

describe('evidenceDockerKill', () => {
  it.each<Row>([
    {
      when: 'KILLED minutes after the request',
      facts: {
        state: 'TASK_KILLED',
        statuses: asked(300),
        marathon: marathonOf({ deployment }),
        evidence: [stuck],
      },
      want: 'evidence-docker-kill kill_failed_container_stuck failure proven',
    },
    {
      when: 'KILLED in time: the deployment explains it',
      facts: {
        state: 'TASK_KILLED',
        statuses: asked(15),
        marathon: marathonOf({ deployment }),
        evidence: [stuck],
      },
      want: 'killed-by-deployment killed_by_deploy_or_scale normal proven',
    },
    {
      when: 'SIGKILL after the grace period is how a kill works',
      facts: {
        state: 'TASK_KILLED',
        statuses: asked(300),
        marathon: marathonOf({ deployment }),
        evidence: [escalated],
      },
      want: 'killed-by-deployment killed_by_deploy_or_scale normal proven',
    },
    {
      when: 'KILLED, nothing explains it',
      facts: { state: 'TASK_KILLED', marathon: marathonOf(), evidence: [stuck] },
      want: 'evidence-docker-kill kill_failed_container_stuck failure likely',
    },
    {
      when: 'LOST',
      facts: { state: 'TASK_LOST', message: 'Executor terminated', evidence: [stuck] },
      want: 'evidence-docker-kill kill_failed_container_stuck failure proven',
    },
    {
      when: "the agent's kill was ignored",
      facts: { state: 'TASK_LOST', evidence: [ignored] },
      want: 'evidence-docker-kill kill_failed_container_stuck failure proven',
    },
    {
      when: 'another container of the host, by time',
      facts: { state: 'TASK_LOST', evidence: [{ ...stuck, by: 'time', proof: 'possible' }] },
      want: 'state-alone unknown failure possible',
    },
    {
      when: 'a program that failed by itself',
      facts: { message: 'Container exited with status 3', evidence: [stuck] },
      want: 'exit-code app_exit_nonzero failure likely',
    },
  ])('$when: $want', ({ facts, want }) => expect(verdictOf(facts)).toBe(want));

  it('cites the line and says why it was to end', () => {
    const verdict = diagnose(
      factsOf({
        state: 'TASK_KILLED',
        statuses: asked(300),
        marathon: marathonOf({ deployment }),
        evidence: [stuck],
      }),
    );
    expect(verdict.because[0]).toContain('trying direct SIGKILL');
    expect(verdict.because.join(' ')).toContain(
      'Why it was to end: The task of /shop/cart was killed by deployment d-42',
    );
    expect(verdict.advice[0]).toContain('grep 812c82c5a7a5');
  });

  it.each([
    [1, 'did not on h1 at 2026-03-01 11:59:59 UTC; it may still be there'],
    [2640, '; its end was told 44 minutes later, and it may still be there'],
  ])('Docker gave up %s s before the status', (seconds, words) => {
    const late = { ...stuck, signal: { ...stuck.signal, at: beforeEnd(seconds) } };
    const facts = factsOf({ state: 'TASK_KILLED', marathon: marathonOf(), evidence: [late] });
    expect(diagnose(facts).summary).toContain(words);
  });
});

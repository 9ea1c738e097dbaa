import { describe, expect, it } from 'vitest';

import { beforeEnd, marathonOf, type Row, signalOf, statusOf, tieOf, verdictOf } from '../facts-for-tests';

const message = 'Container exited with status 137';
const deployment = { deploymentId: 'd-42', actions: ['RestartApplication'], startedAt: beforeEnd(40) };
const asked = (seconds: number) => [
  statusOf('TASK_KILLING', { at: beforeEnd(seconds) }),
  statusOf('TASK_KILLED'),
];

describe('evidenceKilledMemory', () => {
  it.each<Row>([
    {
      when: 'a deployment explains it: the request came before the kill',
      facts: { message, marathon: marathonOf({ deployment }), statuses: asked(30), evidence: [tieOf()] },
      want: 'killed-by-deployment killed_by_deploy_or_scale normal proven',
    },
    {
      when: 'a deployment, and the kernel was first',
      facts: {
        message,
        marathon: marathonOf({ deployment }),
        statuses: asked(1),
        evidence: [tieOf({ signal: signalOf({ at: beforeEnd(3) }) })],
      },
      want: 'evidence-killed-memory oom_cgroup_limit failure likely',
    },
    {
      when: 'a deployment, and nobody knows when the request came',
      facts: { message, marathon: marathonOf({ deployment }), evidence: [tieOf()] },
      want: 'killed-by-deployment killed_by_deploy_or_scale normal proven',
    },
    {
      when: 'nothing explains the request, SIGKILL was the end',
      facts: { message, marathon: marathonOf(), evidence: [tieOf()] },
      want: 'evidence-killed-memory oom_cgroup_limit failure possible',
    },
    {
      when: 'nothing explains the request, SIGTERM was the end',
      facts: { message: 'Container exited with status 143', marathon: marathonOf(), evidence: [tieOf()] },
      want: 'killed-unexplained unknown unexplained possible',
    },
    {
      when: 'nothing explains the request, and the kill is tied by time alone',
      facts: { message, marathon: marathonOf(), evidence: [tieOf({ by: 'time', proof: 'likely' })] },
      want: 'killed-unexplained unknown unexplained possible',
    },
    {
      when: 'a minute before, it was a child',
      facts: {
        message,
        marathon: marathonOf(),
        evidence: [tieOf({ signal: signalOf({ at: beforeEnd(60) }) })],
      },
      want: 'killed-unexplained unknown unexplained possible',
    },
  ])('$when: $want', ({ facts, want }) => expect(verdictOf({ state: 'TASK_KILLED', ...facts })).toBe(want));
});

import { describe, expect, it } from 'vitest';

import { diagnose } from '../diagnose';
import {
  beforeEnd,
  factsOf,
  marathonOf,
  type Row,
  signalOf,
  statusOf,
  tieOf,
  verdictOf,
} from '../facts-for-tests';

const kill = tieOf({ signal: signalOf({ killedComm: 'node', killedPid: 4242 }) });

describe('evidenceChildKill', () => {
  it.each<Row>([
    {
      when: 'exit 1 just after: the kill is most likely its reason',
      facts: { message: 'Container exited with status 1', evidence: [kill] },
      want: 'evidence-child-kill oom_cgroup_limit failure likely',
    },
    {
      when: 'exit 1 ten minutes later keeps its cause',
      facts: {
        message: 'Container exited with status 1',
        evidence: [tieOf({ signal: signalOf({ at: beforeEnd(600) }) })],
      },
      want: 'evidence-child-kill app_exit_nonzero failure likely',
    },
    {
      when: 'exit 1 and a kill tied by time says nothing of this task',
      facts: {
        message: 'Container exited with status 1',
        evidence: [tieOf({ by: 'time', proof: 'likely' })],
      },
      want: 'exit-code app_exit_nonzero failure likely',
    },
    {
      when: 'exit 0 of a service keeps its cause and cites the kill',
      facts: {
        state: 'TASK_FINISHED',
        message: 'Container exited with status 0',
        marathon: marathonOf(),
        evidence: [kill],
      },
      want: 'evidence-child-kill finished_unexpectedly failure proven',
    },
    {
      when: 'a job that finished stays finished',
      facts: { state: 'TASK_FINISHED', evidence: [kill] },
      want: 'evidence-child-kill finished normal proven',
    },
    {
      when: 'killed for its health check: the kill may be why it was unhealthy',
      facts: {
        state: 'TASK_KILLED',
        message: 'Container exited with status 143',
        statuses: [statusOf('TASK_KILLED', { healthy: false })],
        evidence: [kill],
      },
      want: 'evidence-child-kill killed_unhealthy failure proven',
    },
    {
      when: 'a crash keeps its cause',
      facts: { message: 'Command terminated with signal Segmentation fault', evidence: [kill] },
      want: 'evidence-child-kill app_crash_signal failure proven',
    },
  ])('$when: $want', ({ facts, want }) => expect(verdictOf(facts)).toBe(want));

  it('says that it was a child, and keeps the exit code', () => {
    const verdict = diagnose(factsOf({ message: 'Container exited with status 1', evidence: [kill] }));
    expect(verdict.summary).toBe(
      'The kernel on h1 killed node (pid 4242) in container 812c82c5a7a5 at 2026-03-01 11:59:59 UTC, at the memory limit of 4,096 MB; it was a child of the main process, which then ended with exit code 1, most likely for that.',
    );
    expect(verdict).toMatchObject({ exitCode: 1, signal: null });
  });

  it('adds the kill to the sentence of an end that keeps its cause', () => {
    const { summary } = diagnose(
      factsOf({ state: 'TASK_FINISHED', marathon: marathonOf(), evidence: [kill] }),
    );
    expect(summary).toContain('with exit code 0');
    expect(summary).toContain('Before that the kernel had killed node (pid 4242) in its container');
  });
});

import { describe, expect, it } from 'vitest';

import { diagnose } from '../diagnose';
import { factsOf, type Row, signalOf, tieOf, verdictOf } from '../facts-for-tests';

const message = 'Container exited with status 137';
const signal = signalOf({
  signature: 'global_oom',
  limitCgroup: null,
  limitKb: null,
  usageKb: null,
  processes: [
    { pid: 1, name: 'agent', rssKb: 1024 },
    { pid: 2, name: 'backup', rssKb: 50_000_000 },
    { pid: 76513, name: 'java', rssKb: 4_189_536 },
    { pid: 4, name: 'sshd', rssKb: null },
  ],
});

describe('evidenceHostMemory', () => {
  it.each<Row>([
    {
      when: 'the victim is in this container',
      facts: { message, evidence: [tieOf({ signal })] },
      want: 'evidence-host-memory oom_host failure proven',
    },
    {
      when: 'by time',
      facts: { message, evidence: [tieOf({ signal, by: 'time', proof: 'likely' })] },
      want: 'evidence-host-memory oom_host failure likely',
    },
    {
      when: 'by time, several could be meant',
      facts: { evidence: [tieOf({ signal, by: 'time', proof: 'possible', candidates: 3 })] },
      want: 'evidence-host-memory oom_host failure possible',
    },
    {
      when: "a kill at a container's limit that is tied more loosely does not outdo it",
      facts: { message, evidence: [tieOf({ by: 'time', proof: 'likely' }), tieOf({ signal })] },
      want: 'evidence-host-memory oom_host failure proven',
    },
    {
      when: 'nor it a kill at the limit that is tied more tightly',
      facts: { message, evidence: [tieOf(), tieOf({ signal, by: 'time', proof: 'likely' })] },
      want: 'evidence-container-memory oom_cgroup_limit failure proven',
    },
    {
      when: 'the program ended by itself after a child was killed',
      facts: { message: 'Container exited with status 1', evidence: [tieOf({ signal })] },
      want: 'evidence-child-kill oom_host failure likely',
    },
  ])('$when: $want', ({ facts, want }) => expect(verdictOf(facts)).toBe(want));

  it('does not call likely what is possible', () => {
    const evidence = [tieOf({ signal, by: 'time', proof: 'possible', candidates: 3 })];
    expect(diagnose(factsOf({ evidence })).summary).toContain('it may have been this task');
  });

  it('names the largest processes of the host, and says that mem does not help', () => {
    const verdict = diagnose(factsOf({ message, memMb: 4096, evidence: [tieOf({ signal })] }));
    expect(verdict.summary).toContain(
      'The host h1 ran out of memory, and its kernel killed java (pid 76513)',
    );
    expect(verdict.because.join(' ')).toContain(
      'backup (pid 2) 48,828 MB, java (pid 76513) 4,091 MB, agent (pid 1) 1 MB',
    );
    expect(verdict.advice[0]).toContain('`mem` (4096 MB) does not help');
  });
});

import { describe, expect, it } from 'vitest';

import { diagnose } from '../diagnose';
import {
  beforeEnd,
  CONTAINER,
  factsOf,
  hostSignalOf,
  type Row,
  signalOf,
  tieOf,
  verdictOf,
} from '../facts-for-tests';

const message = 'Container exited with status 137';
const byTime = { by: 'time', proof: 'likely' } as const;
const bySize = { by: 'time_and_size', proof: 'likely' } as const;

describe('evidenceContainerMemory', () => {
  it.each<Row>([
    {
      when: '137 and the kernel names this container',
      facts: { message, evidence: [tieOf()] },
      want: 'evidence-container-memory oom_cgroup_limit failure proven',
    },
    {
      when: 'by pid',
      facts: { message, evidence: [tieOf({ by: 'pid' })] },
      want: 'evidence-container-memory oom_cgroup_limit failure proven',
    },
    {
      when: 'by the task id of an agent line, likely as the tie says',
      facts: { message, evidence: [tieOf({ by: 'task_id', proof: 'likely' })] },
      want: 'evidence-container-memory oom_cgroup_limit failure likely',
    },
    {
      when: "the host's clock is 80 s behind the end's",
      facts: { message, evidence: [tieOf({ signal: signalOf({ at: beforeEnd(-80) }) })] },
      want: 'evidence-container-memory oom_cgroup_limit failure proven',
    },
    {
      when: 'a kill ten minutes before is no reason for this SIGKILL',
      facts: { message, evidence: [tieOf({ signal: signalOf({ at: beforeEnd(600) }) })] },
      want: 'evidence-child-kill sigkill_137_unproven failure likely',
    },
    {
      when: 'a kill hours before is not mentioned',
      facts: { message, evidence: [tieOf({ signal: signalOf({ at: beforeEnd(36_000) }) })] },
      want: 'sigkill sigkill_137_unproven failure likely',
    },
    {
      when: 'by time and size, one kill',
      facts: { message, memMb: 4096, evidence: [tieOf(bySize)] },
      want: 'evidence-container-memory oom_cgroup_limit failure likely',
    },
    {
      when: 'by time and size, two kills: each was at this limit',
      facts: {
        message,
        memMb: 4096,
        evidence: [tieOf({ by: 'time_and_size', proof: 'possible', candidates: 2 })],
      },
      want: 'evidence-container-memory oom_cgroup_limit failure likely',
    },
    {
      when: 'by time and size, one kill that may have been of another end',
      facts: {
        message,
        memMb: 4096,
        evidence: [tieOf({ by: 'time_and_size', proof: 'possible', candidates: 1 })],
      },
      want: 'evidence-container-memory oom_cgroup_limit failure possible',
    },
    {
      when: 'two kills, and nothing says SIGKILL',
      facts: { memMb: 4096, evidence: [tieOf({ by: 'time_and_size', proof: 'possible', candidates: 2 })] },
      want: 'evidence-container-memory oom_cgroup_limit failure possible',
    },
    {
      when: 'by time alone is never proven, whatever the tie says',
      facts: { message, evidence: [tieOf({ by: 'time', proof: 'proven' })] },
      want: 'evidence-container-memory oom_cgroup_limit failure likely',
    },
    {
      when: 'by time, but the limit is of another size than mem',
      facts: { message, memMb: 512, evidence: [tieOf(byTime)] },
      want: 'sigkill sigkill_137_unproven failure likely',
    },
    {
      when: 'by time, the limit being mem and the 32 MB of the executor',
      facts: { message, memMb: 4064, evidence: [tieOf(byTime)] },
      want: 'evidence-container-memory oom_cgroup_limit failure likely',
    },
    {
      when: 'no message at all, a second before',
      facts: { evidence: [tieOf()] },
      want: 'evidence-container-memory oom_cgroup_limit failure proven',
    },
    {
      when: 'no message at all, a minute before',
      facts: { evidence: [tieOf({ signal: signalOf({ at: beforeEnd(60) }) })] },
      want: 'evidence-container-memory oom_cgroup_limit failure likely',
    },
    {
      when: 'the executor ended',
      facts: { state: 'TASK_LOST', message: 'Abnormal executor termination', evidence: [tieOf()] },
      want: 'evidence-container-memory oom_cgroup_limit failure proven',
    },
    {
      when: "the agent's own report of its memory isolator",
      facts: {
        message: 'Command terminated with signal Killed',
        evidence: [
          tieOf({
            signal: hostSignalOf('mesos_agent_oom_report', {
              containerId: 'c-1',
              usageKb: 65_536,
              limitKb: 65_536,
            }),
          }),
        ],
      },
      want: 'evidence-container-memory oom_cgroup_limit failure proven',
    },
    {
      when: 'Mesos said it itself: the log adds its numbers',
      facts: { reason: 'REASON_CONTAINER_LIMITATION_MEMORY', evidence: [tieOf()] },
      want: 'evidence-container-memory oom_cgroup_limit failure proven',
    },
    {
      when: 'Mesos said it itself: a log tied by time adds nothing',
      facts: { reason: 'REASON_CONTAINER_LIMITATION_MEMORY', evidence: [tieOf(byTime)] },
      want: 'memory-limit oom_cgroup_limit failure proven',
    },
    {
      when: 'an image that cannot be pulled has its own cause',
      facts: { message: 'docker: manifest unknown', evidence: [tieOf(byTime)] },
      want: 'image-pull image_pull_failure failure likely',
    },
    {
      when: 'the agent was lost: a kill does not explain that',
      facts: {
        state: 'TASK_LOST',
        reason: 'REASON_SLAVE_REMOVED',
        message: 'Agent h1 removed',
        evidence: [tieOf()],
      },
      want: 'agent-lost agent_lost_or_removed failure proven',
    },
  ])('$when: $want', ({ facts, want }) => expect(verdictOf(facts)).toBe(want));

  it('tells container, process, numbers, host and time, and why the log is about this task', () => {
    const verdict = diagnose(factsOf({ message, memMb: 4096, evidence: [tieOf()] }));
    expect(verdict.summary).toBe(
      'The kernel on h1 killed java (pid 76513) in container 812c82c5a7a5 at 2026-03-01 11:59:59 UTC, at its memory limit of 4,096 MB, 4,096 MB in use.',
    );
    expect(verdict.because).toEqual([
      'Log on h1: Mar 1 11:59:59 h1 kernel: Killed process 76513 (java) total-vm:11000000kB, anon-rss:4189536kB, file-rss:0kB',
      "The kernel's numbers: memory used 4,194,304 kB, limit 4,194,304 kB, the limit was hit 25,581 times, the process held 4,189,536 kB (anon-rss).",
      "The limit, 4,096 MB, is the app's `mem`.",
      'Tied to this task: The log names container 812c82c5a7a5, which is this task’s.',
      "It happened 1 s before the task's status.",
      'Exit code 137 is 128 + 9: SIGKILL, which the kernel sends.',
      'State TASK_FAILED.',
      'Message: Container exited with status 137',
    ]);
    expect(verdict).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
  });

  it('says SIGKILL where no status told how it ended', () => {
    expect(diagnose(factsOf({ evidence: [tieOf()] }))).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  it('says whose limit it was where a cgroup above the container was full', () => {
    const signal = signalOf({ limitCgroup: '/docker', limitKb: 8_388_608 });
    const verdict = diagnose(factsOf({ message, memMb: 4096, evidence: [tieOf({ signal })] }));
    expect(verdict.summary).toContain('at the memory limit of the cgroup above it, /docker of 8,192 MB');
    expect(verdict.because.join(' ')).toContain("The limit is not the container's own");
  });

  it('takes a nested cgroup of the container for its own', () => {
    const signal = signalOf({ cgroup: `/docker/${CONTAINER}/init`, limitCgroup: `/docker/${CONTAINER}` });
    expect(diagnose(factsOf({ message, evidence: [tieOf({ signal })] })).summary).toContain(
      'at its memory limit of',
    );
  });

  it('gives a JVM its own numbers to set', () => {
    const jvm = { flags: [], image: 'openjdk:8u121-jre', cmd: 'java -jar a.jar', hostMemMb: 262_144 };
    const { advice } = diagnose(factsOf({ message, memMb: 4096, evidence: [tieOf()], jvm }));
    expect(advice[0]).toContain('Set `-Xmx3072m` to `-Xmx3276m`');
    expect(advice.join(' ')).toContain('its heap may grow to 30,718 MB');
  });

  it('does not call likely what is possible', () => {
    const evidence = [tieOf({ by: 'time_and_size', proof: 'possible', candidates: 1 })];
    expect(diagnose(factsOf({ message, memMb: 4096, evidence })).summary).toContain(
      'The container may have been killed at its memory limit',
    );
    expect(diagnose(factsOf({ message, memMb: 4096, evidence: [tieOf({ ...bySize })] })).summary).toContain(
      'was most likely killed at its memory limit',
    );
  });

  it('does not blame the JVM for another process of its container', () => {
    const jvm = { flags: [], image: 'openjdk:8u121-jre', cmd: 'java -jar a.jar', hostMemMb: 262_144 };
    const signal = signalOf({ killedComm: 'ffmpeg' });
    const { advice } = diagnose(factsOf({ message, memMb: 4096, evidence: [tieOf({ signal })], jvm }));
    expect(advice.join(' ')).not.toMatch(/Xmx|heap/);
  });

  it('does not speak of Java to a program that is none', () => {
    const jvm = { flags: [], image: 'python:3', cmd: 'python app.py', hostMemMb: null };
    const signal = signalOf({ killedComm: 'python' });
    const { advice } = diagnose(factsOf({ message, memMb: 4096, evidence: [tieOf({ signal })], jvm }));
    expect(advice).toEqual([
      'Find what grew before raising `mem` (now 4096 MB): a leak only dies later with more.',
    ]);
  });
});

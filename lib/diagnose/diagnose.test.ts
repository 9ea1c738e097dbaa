import { describe, expect, it } from 'vitest';

import { CAUSES, DISPOSITIONS, PROOFS } from '@/lib/domain/cause';
import { END_STATES } from '@/lib/domain/task';
import type { Facts } from '@/lib/domain/verdict';

import { diagnose } from './diagnose';
import { beforeEnd, factsOf, marathonOf, type Row, statusOf } from './facts-for-tests';
import { RULES } from './rules/index';

function verdictLine(facts: Partial<Facts>): string {
  const { cause, disposition, proof } = diagnose(factsOf(facts));
  return `${cause} ${disposition} ${proof}`;
}

const deployment = { deploymentId: 'd-42', actions: ['RestartApplication'], startedAt: beforeEnd(40) };

describe('diagnose: one text, many causes', () => {
  const message = 'Container exited with status 137';
  it.each<Row>([
    { when: 'FAILED', facts: { message }, want: 'sigkill_137_unproven failure likely' },
    {
      when: 'FAILED with 1 MB of memory proves nothing',
      facts: { message, memMb: 1 },
      want: 'sigkill_137_unproven failure likely',
    },
    {
      when: 'KILLED by a deployment',
      facts: { state: 'TASK_KILLED', message, marathon: marathonOf({ deployment }) },
      want: 'killed_by_deploy_or_scale normal proven',
    },
    {
      when: 'KILLED and unhealthy',
      facts: {
        state: 'TASK_KILLED',
        message,
        healthy: false,
        statuses: [statusOf('TASK_KILLED', { healthy: false })],
      },
      want: 'killed_unhealthy failure proven',
    },
    {
      when: 'KILLED and nothing explains it',
      facts: { state: 'TASK_KILLED', message, marathon: marathonOf() },
      want: 'unknown unexplained possible',
    },
    {
      when: 'KILLED under another framework',
      facts: { state: 'TASK_KILLED', message },
      want: 'unknown unexplained possible',
    },
    {
      when: 'the run-time limit',
      facts: { message, reason: 'REASON_MAX_COMPLETION_TIME_REACHED' },
      want: 'max_completion_time failure proven',
    },
    {
      when: 'the memory limit',
      facts: { message, reason: 'REASON_CONTAINER_LIMITATION_MEMORY' },
      want: 'oom_cgroup_limit failure proven',
    },
    {
      when: 'a drain',
      facts: { state: 'TASK_KILLED', message, reason: 'REASON_SLAVE_DRAINING' },
      want: 'agent_draining normal proven',
    },
  ])('$when: $want', ({ facts, want }) => expect(verdictLine(facts)).toBe(want));
});

describe('diagnose: what naive rules get wrong', () => {
  it.each<Row>([
    {
      when: 'KILLED with the memory reason is a failure',
      facts: {
        state: 'TASK_KILLED',
        reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
        marathon: marathonOf({ deployment }),
      },
      want: 'oom_cgroup_limit failure proven',
    },
    {
      when: "the master's ping is no health check of the app",
      facts: {
        state: 'TASK_LOST',
        source: 'SOURCE_MASTER',
        message: 'Slave h9 removed: health check timed out',
      },
      want: 'agent_lost_or_removed failure proven',
    },
    {
      when: 'destroyed while pulling is no pull error',
      facts: { reason: 'REASON_EXECUTOR_TERMINATED', message: 'Container destroyed while pulling image' },
      want: 'executor_terminated failure likely',
    },
    {
      when: 'a pull onto a full disk',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message:
          "Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull r/x:2': exited with status 1; stderr='failed to register layer: write /lib/libc.so: no space left on device'",
      },
      want: 'no_space_left_on_device failure likely',
    },
    {
      when: '127 inside a fetch failure',
      facts: {
        message: "Failed to fetch 's3://b/x.tgz': Failed to execute 'hadoop version'; exit status: 127",
      },
      want: 'fetch_failure failure likely',
    },
    {
      when: 'ENOSPC of a cpuset',
      facts: {
        message:
          'docker: Error response from daemon: process_linux.go:258: write /sys/fs/cgroup/cpuset/docker/c1/cpuset.cpus: no space left on device.',
      },
      want: 'launch_failure failure likely',
    },
    {
      when: 'exit 0 with OOMKilled false',
      facts: { state: 'TASK_FINISHED', message: '"OOMKilled": false, "ExitCode": 0' },
      want: 'finished normal proven',
    },
    {
      when: "the program that invoked the OOM killer says nothing of this task's end",
      facts: { message: 'java invoked oom-killer: gfp_mask=0x201da, order=0' },
      want: 'unknown failure possible',
    },
    {
      when: "the task's executor was not registered in time; the pull was only under way",
      facts: {
        reason: 'REASON_EXECUTOR_REGISTRATION_TIMEOUT',
        message: 'Executor did not register within 1mins; Container destroyed while pulling image',
      },
      want: 'executor_registration_timeout failure proven',
    },
    {
      when: 'a missing file named by a failing health check',
      facts: { state: 'TASK_KILLED', healthy: false, message: 'sh: 1: curl: not found' },
      want: 'killed_unhealthy failure likely',
    },
    {
      when: 'killed in the middle of a deployment after an earlier unhealthy report',
      facts: { state: 'TASK_KILLED', healthy: false, marathon: marathonOf({ deployment }) },
      want: 'killed_by_deploy_or_scale normal proven',
    },
  ])('$when: $want', ({ facts, want }) => expect(verdictLine(facts)).toBe(want));
});

describe('diagnose: the message styles of Mesos', () => {
  it.each<Row>([
    {
      when: 'command executor',
      facts: { source: 'SOURCE_EXECUTOR', message: 'Command exited with status 1' },
      want: 'app_exit_nonzero failure likely',
    },
    {
      when: 'Docker executor 1.x',
      facts: { source: 'SOURCE_EXECUTOR', message: 'Container exited with status 1' },
      want: 'app_exit_nonzero failure likely',
    },
    {
      when: 'Docker executor 0.23 to 0.28',
      facts: { message: 'Docker container run error: Container exited on error: exited with status 1' },
      want: 'app_exit_nonzero failure likely',
    },
    {
      when: 'default executor, agent text appended',
      facts: { message: 'Command exited with status 9: Executor terminated' },
      want: 'app_exit_nonzero failure likely',
    },
    {
      when: 'a container that ended before its inspect',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message: 'Failed to launch container: Container exited with status 127',
      },
      want: 'command_not_found_or_not_executable failure likely',
    },
    {
      when: 'several parts joined',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message:
          "Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull r/x:2': exited with status 1; stderr='Error response from daemon: manifest unknown'; Container destroyed while pulling image",
      },
      want: 'image_pull_failure failure proven',
    },
    {
      when: 'a pod without its exit',
      facts: { message: "Unable to retrieve command's termination information" },
      want: 'unknown failure possible',
    },
    {
      when: 'Windows',
      facts: { message: 'Container exited with status 3221225477' },
      want: 'app_crash_signal failure likely',
    },
    {
      when: 'unallocated port',
      facts: {
        reason: 'REASON_CONTAINER_LIMITATION',
        message: 'Container c1 is listening on unallocated port(s): [8080-8080]',
      },
      want: 'network_or_cni_failure failure likely',
    },
    {
      when: 'task unknown to the agent',
      facts: {
        state: 'TASK_GONE',
        reason: 'REASON_RECONCILIATION',
        message: 'Reconciliation: Task is unknown to the agent',
      },
      want: 'resources_unknown_or_dropped failure likely',
    },
  ])('$when: $want', ({ facts, want }) => expect(verdictLine(facts)).toBe(want));
});

describe('diagnose: a state and nothing else (Mesos before 1.0)', () => {
  it.each([
    ['TASK_FAILED', 'unknown failure possible'],
    ['TASK_FINISHED', 'finished normal proven'],
    ['TASK_KILLED', 'unknown unexplained possible'],
    ['TASK_ERROR', 'invalid_task_or_offers failure likely'],
    ['TASK_LOST', 'unknown failure possible'],
    ['TASK_DROPPED', 'resources_unknown_or_dropped failure likely'],
    ['TASK_UNREACHABLE', 'agent_unreachable_or_partition failure proven'],
    ['TASK_GONE', 'agent_lost_or_removed failure likely'],
    ['TASK_GONE_BY_OPERATOR', 'agent_lost_or_removed failure proven'],
  ] as const)('%s: %s', (state, want) => expect(verdictLine({ state })).toBe(want));

  it('says that Mesos does not tell, and where to look', () => {
    const { summary, advice, exitCode, signal } = diagnose(factsOf());
    expect(summary).toBe('The task failed; nothing that Mesos shows tells why.');
    expect(advice[0]).toContain('stderr');
    expect({ exitCode, signal }).toEqual({ exitCode: null, signal: null });
  });
});

describe('diagnose: what a person reads', () => {
  it('FAILED with 137 is said to be SIGKILL, and out-of-memory is one of three possible senders', () => {
    const verdict = diagnose(
      factsOf({ message: 'Container exited with status 137', memMb: 512, containerizer: 'DOCKER' }),
    );
    expect(verdict.summary).toBe(
      "SIGKILL (137) ended the task (mem is 512 MB): sent by the kernel's out-of-memory killer, a docker stop or kill from outside, or an operator; nothing here proves which.",
    );
    expect(verdict.advice[0]).toContain(
      "--since '2026-03-01 11:58:00 UTC' --until '2026-03-01 12:00:30 UTC'",
    );
    expect(verdict.advice.join(' ')).toContain('512 MB');
    expect(verdict).toMatchObject({ exitCode: 137, signal: 'SIGKILL', ruleId: 'sigkill' });
  });

  it('a deploy kill names the deployment and says that SIGTERM was ignored for the whole grace period', () => {
    const marathon = marathonOf({ deployment, killGraceSeconds: 30 });
    const verdict = diagnose(
      factsOf({ state: 'TASK_KILLED', message: 'Container exited with status 137', marathon }),
    );
    expect(verdict.summary).toBe(
      'The task of /shop/cart was killed by deployment d-42 (RestartApplication). It ignored SIGTERM and was killed by SIGKILL when the grace period of 30 s had run out.',
    );
    expect(verdict.because[0]).toBe(
      'Deployment d-42 (RestartApplication) ran since 2026-03-01 11:59:20 UTC; the task ended at 2026-03-01 12:00:00 UTC.',
    );
    expect(verdict.advice).toEqual([]);
  });

  it('a kill that SIGTERM did says so', () => {
    const { summary } = diagnose(
      factsOf({
        state: 'TASK_KILLED',
        message: 'Container exited with status 143',
        marathon: marathonOf({ deployment }),
      }),
    );
    expect(summary).toContain('SIGTERM ended it, within the grace period.');
  });

  it("an out-of-memory kill shows the isolator's numbers", () => {
    const { summary, because } = diagnose(
      factsOf({
        reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
        message: 'Memory limit exceeded: Requested: 544MB Maximum Used: 545MB\n',
      }),
    );
    expect(summary).toBe(
      'The container reached its memory limit: it used 545MB of 544MB and was killed for it.',
    );
    expect(because).toContain('Memory limit of the container: 544MB.');
  });

  it('because cites state, reason, source and the message', () => {
    const { because } = diagnose(
      factsOf({
        reason: 'REASON_EXECUTOR_TERMINATED',
        source: 'SOURCE_SLAVE',
        message: 'Abnormal executor termination',
      }),
    );
    expect(because).toEqual([
      'State TASK_FAILED, reason REASON_EXECUTOR_TERMINATED, from SOURCE_SLAVE.',
      'Message: Abnormal executor termination',
    ]);
  });

  it('a 32-bit code of Windows is no 0 to 255: its verdict has no exit code', () => {
    expect(diagnose(factsOf({ message: 'Command exited with status 1603' })).exitCode).toBeNull();
  });

  it('a signal that ended the docker run client is told from one in the container', () => {
    const { because } = diagnose(
      factsOf({ message: 'Container terminated with signal Killed', containerizer: 'DOCKER' }),
    );
    expect(because.join(' ')).toContain('docker run client');
  });
});

describe('the registry', () => {
  it('has an id of its own for every rule', () => {
    const ids = RULES.map((rule) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain('state-alone');
  });
});

// A small generator with a fixed seed: the same cases on every run.
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const FRAGMENTS = [
  'Container exited with status ',
  'exited with status',
  '137',
  '-1',
  '99999999999',
  'terminated with signal ',
  'Killed',
  'signal: ',
  'Failed to launch container: ',
  "'docker ",
  ' pull ',
  'Memory limit exceeded: Requested: ',
  'Maximum Used: ',
  'exit code ',
  '(',
  ')',
  '"',
  'sh: ',
  ': not found',
  'killed by ',
  'Slave ',
  ' removed',
  'Reason: ',
  '\n',
  '\u0000',
  '\ud800',
  '\u202e',
  '🙂',
  'İ',
  'x'.repeat(300),
  ' ',
  'OOMKilled',
  ': true',
  'Disk usage (',
  ') exceeds quota (',
  'no space left on device',
  'Framework ',
  'by the ',
  'image ',
  ' not found',
  '<script>',
  '$&',
];
const REASONS = [
  null,
  '',
  'REASON_',
  'REASON_MEMORY_LIMIT',
  'REASON_AGENT_DRAINING',
  'REASON_RECONCILIATION',
  'REASON_CONTAINER_LAUNCH_FAILED',
  'nonsense',
  'x'.repeat(10_000),
];

describe('diagnose: hostile input', () => {
  it('answers within its vocabulary, in bounded text, on 3,000 random facts', () => {
    const random = randomNumbers(137);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    for (let round = 0; round < 3000; round += 1) {
      const message = Array.from({ length: Math.floor(random() * 12) }, () => pick(FRAGMENTS)).join('');
      const facts = factsOf({
        state: pick(END_STATES),
        reason: pick(REASONS),
        source: pick([null, 'SOURCE_MASTER', 'x'.repeat(500)]),
        message: pick([null, message]),
        healthy: pick([null, true, false]),
        everRan: pick([null, true, false]),
        image: pick([null, message]),
        memMb: pick([null, 0, -1, Number.NaN, 512]),
        statuses: pick([[], [statusOf('TASK_RUNNING', { at: null }), statusOf('TASK_LOST')]]),
        marathon: pick([
          null,
          marathonOf({ appId: message, deployment, ownFailure: { state: 'TASK_FAILED', message } }),
        ]),
        finishedAt: pick([beforeEnd(0), new Date(Number.NaN)]),
      });
      const verdict = diagnose(facts);
      expect(CAUSES).toContain(verdict.cause);
      expect(DISPOSITIONS).toContain(verdict.disposition);
      expect(PROOFS).toContain(verdict.proof);
      for (const line of [verdict.summary, ...verdict.because, ...verdict.advice]) {
        expect(line.length).toBeLessThan(1000);
        expect(line).not.toMatch(/\p{Cc}|\u202e/u);
      }
    }
  });

  it.each([
    ['one phrase over and over', 'exited with status '.repeat(20_000)],
    ['quotes and commands', "'docker ".repeat(20_000)],
    ['a shell that never ends', 'sh: '.repeat(20_000)],
    ['image image image', 'image '.repeat(20_000)],
    ['killed by the', 'killed by the '.repeat(20_000)],
    ['exit with a', 'exit with a non-zero '.repeat(20_000)],
    ['spaces', ' '.repeat(400_000)],
    ['digits', '1'.repeat(400_000)],
    ['brackets', 'Disk usage ('.repeat(20_000)],
    ['signals', 'terminated with signal SIG'.repeat(20_000)],
    ['one letter', 'a'.repeat(400_000)],
    ['memory usage', 'memory usage '.repeat(20_000)],
    ['exceeded its', 'exceeded its memory '.repeat(20_000)],
    ['env', 'env: '.repeat(20_000)],
    ['a command in quotes', "container command '".repeat(20_000)],
    ['exec of a file', 'exec /a'.repeat(20_000)],
    ['task timed out', 'task x timed out after '.repeat(20_000)],
  ])('%s: under 5 ms for the 16 KiB that are looked at', (_what, message) => {
    const facts = factsOf({ message });
    diagnose(facts);
    // The fastest of several: the machine may be busy, the work is the same.
    const times = Array.from({ length: 7 }, () => {
      const from = performance.now();
      diagnose(facts);
      return performance.now() - from;
    });
    expect(Math.min(...times)).toBeLessThan(5);
  });
});

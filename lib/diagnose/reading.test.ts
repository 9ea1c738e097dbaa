import { describe, expect, it } from 'vitest';

import { factsOf, marathonOf } from './facts-for-tests';
import { normalizeReason, readFacts } from './reading';

type Row = { message: string; code: number | null; signal: string | null };

describe('readFacts', () => {
  it.each<Row>([
    { message: 'Command exited with status 0', code: 0, signal: null },
    { message: 'Command exited with status 255', code: 255, signal: null },
    { message: 'Container exited with status 137', code: 137, signal: 'SIGKILL' },
    { message: 'Failed to launch container: Container exited with status 127', code: 127, signal: null },
    {
      message: 'Docker container run error: Container exited on error: exited with status 143',
      code: 143,
      signal: 'SIGTERM',
    },
    { message: 'exited with status 139', code: 139, signal: 'SIGSEGV' },
    { message: 'Command exited with status 137: Container killed', code: 137, signal: 'SIGKILL' },
    { message: 'Command terminated with signal Killed', code: null, signal: 'SIGKILL' },
    { message: 'Command terminated with signal Terminated', code: null, signal: 'SIGTERM' },
    { message: 'Command terminated with signal Aborted (core dumped)', code: null, signal: 'SIGABRT' },
    { message: 'Container terminated with signal Trace/breakpoint trap', code: null, signal: 'SIGTRAP' },
    { message: 'Command stopped on signal Quit', code: null, signal: 'SIGQUIT' },
    { message: 'Task killed by signal 9.', code: null, signal: 'SIGKILL' },
    { message: 'wait: signal: killed', code: null, signal: 'SIGKILL' },
    { message: '# SIGSEGV (0xb) at pc=0x00007f, pid=1', code: null, signal: 'SIGSEGV' },
    { message: 'worker exited with code 3', code: 3, signal: null },
    { message: 'first step: exit code 0, second step: exit code 4', code: 4, signal: null },
    { message: '{"State": {"OOMKilled": false, "ExitCode": 134}}', code: 134, signal: 'SIGABRT' },
    { message: 'Exited (137) 2 minutes ago', code: 137, signal: 'SIGKILL' },
    { message: "The command '/bin/sh -c make' returned a non-zero code: 2", code: 2, signal: null },
    { message: 'Command exited with status: 1603', code: 1603, signal: null },
    { message: 'Command exited with status 3221225477', code: 3221225477, signal: null },
    { message: 'Command exited with status -1073741819', code: 3221225477, signal: null },
    // Docker's own exit codes, by what its client printed.
    {
      message: 'docker: Error response from daemon: invalid mount config for type "bind".',
      code: 125,
      signal: null,
    },
    {
      message:
        'docker: Error response from daemon: oci runtime error: exec: "x": executable file not found in $PATH.',
      code: 127,
      signal: null,
    },
    {
      message: 'docker: Error response from daemon: oci runtime error: exec: "/x": permission denied.',
      code: 126,
      signal: null,
    },
    { message: 'Cannot connect to the Docker daemon at unix:///run/docker.sock.', code: 1, signal: null },
    // Not the task's: a helper of Mesos, a wait status, an HTTP status.
    {
      message: "Failed to run 'docker pull r/x:1': exited with status 1; stderr='x'",
      code: null,
      signal: null,
    },
    {
      message: "Failed to fetch all URIs for container 'c1' with exit status: 256",
      code: null,
      signal: null,
    },
    { message: 'upstream answered with status code 503', code: null, signal: null },
    { message: 'kill: signal sent', code: null, signal: null },
    { message: 'Container failed to stop after sending SIGKILL', code: null, signal: null },
    { message: '', code: null, signal: null },
  ])('$message: $code $signal', ({ message, code, signal }) => {
    const reading = readFacts(factsOf({ message }));
    expect({ code: reading.exit?.code ?? null, signal: reading.signal?.name ?? null }).toEqual({
      code,
      signal,
    });
  });

  it("reads Marathon's lastTaskFailure where Mesos told nothing", () => {
    const ownFailure = { state: 'TASK_FAILED', message: 'Command exited with status 3' };
    expect(readFacts(factsOf({ message: ' ', marathon: marathonOf({ ownFailure }) })).exit?.code).toBe(3);
    expect(
      readFacts(factsOf({ message: 'Container exited with status 4', marathon: marathonOf({ ownFailure }) }))
        .exit?.code,
    ).toBe(4);
  });

  it('shows at most 200 characters on one line, without control characters', () => {
    const { excerpt } = readFacts(factsOf({ message: `a\u0000\u001b[31m\n\tb\u202e${'x'.repeat(5000)}` }));
    expect(excerpt.length).toBeLessThanOrEqual(200);
    expect(excerpt).toMatch(/^a \[31m b x+…$/);
  });
});

describe('normalizeReason', () => {
  it.each([
    ['REASON_SLAVE_REMOVED', 'SLAVE_REMOVED'],
    ['REASON_AGENT_REMOVED', 'SLAVE_REMOVED'],
    ['AGENT_REMOVED_BY_OPERATOR', 'SLAVE_REMOVED_BY_OPERATOR'],
    ['REASON_MEMORY_LIMIT', 'CONTAINER_LIMITATION_MEMORY'],
    ['REASON_EXECUTOR_PREEMPTED', 'CONTAINER_PREEMPTED'],
    ['', null],
    [null, null],
  ])('%s is %s', (reason, want) => {
    expect(normalizeReason(reason)).toBe(want);
  });
});

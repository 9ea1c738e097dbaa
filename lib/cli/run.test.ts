import { spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { run, USAGE } from './run';

function collector() {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}

async function runWith(args: string[], input: string) {
  const out = collector();
  const err = collector();
  const status = await run(args, { stdin: Readable.from([input]), stdout: out.stream, stderr: err.stream });
  return { status, out: out.text(), err: err.text() };
}

describe('exit137 diagnose --jsonl', () => {
  it('gives one verdict per line, in order', async () => {
    const input = [
      { id: 'a', state: 'TASK_FAILED', message: 'Container exited with status 137' },
      { id: 'b', state: 'TASK_KILLED', message: 'Container exited with status 143' },
      { id: 'd', state: 'TASK_KILLED', context: { marathon_event: 'deployment_success' } },
      { id: 'c', state: 'TASK_FAILED', message: 'Command exited with status 3221225477' },
    ];
    const { status, out } = await runWith(
      ['diagnose', '--jsonl'],
      `${input.map((line) => JSON.stringify(line)).join('\n')}\n\n`,
    );
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(status).toBe(0);
    expect(answers).toMatchObject([
      {
        id: 'a',
        cause: 'sigkill_137_unproven',
        disposition: 'failure',
        proof: 'likely',
        exit_code: 137,
        signal: 'SIGKILL',
      },
      {
        id: 'b',
        cause: 'killed_by_deploy_or_scale',
        disposition: 'unexplained',
        proof: 'possible',
        exit_code: 143,
      },
      { id: 'd', cause: 'killed_by_deploy_or_scale', disposition: 'normal', proof: 'likely' },
      { id: 'c', cause: 'app_crash_signal', exit_code: 3221225477 },
    ]);
    expect(Object.keys(answers[0])).toEqual([
      'id',
      'cause',
      'disposition',
      'proof',
      'exit_code',
      'signal',
      'summary',
      'because',
      'advice',
    ]);
    expect(JSON.stringify(answers)).not.toContain('1970');
  });

  it('answers a malformed line with its error, goes on, and ends with 1', async () => {
    const input = `nonsense\n{"id":"a","state":"TASK_FINISHED"}\n{"id":"long","message":"${'x'.repeat(1024 * 1024)}"}\n`;
    const { status, out, err } = await runWith(['diagnose', '--jsonl'], input);
    expect(status).toBe(1);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { id: null, error: 'not JSON' },
      { id: 'a', cause: 'finished_unexpectedly' },
      { id: null, error: 'line longer than 1048576 characters' },
    ]);
    expect(err).toBe('2 lines were not understood.\n');
  });

  it('takes a log beside the task as evidence, never as more than the log gives', async () => {
    const at = (proof: string) => ({
      cause: 'oom_cgroup_limit',
      disposition: 'failure',
      proof,
      signal: 'SIGKILL',
    });
    const id = '812c82c5a7a5c0ffee5c1e0f4d3b8a79b1d2e3f405162738495a6b7c8d9eaf0b';
    const kernel_log = [
      `Task in /docker/${id} killed as a result of limit of /docker/${id}`,
      'memory: usage 1048576kB, limit 1048576kB, failcnt 7',
      'Killed process 7 (java) total-vm:2000000kB, anon-rss:1000000kB, file-rss:0kB',
    ];
    const global_log = [
      'Out of memory: Killed process 7 (java) total-vm:2000000kB, anon-rss:1000000kB, file-rss:0kB',
    ];
    const tasks = [
      { id: 'a', state: 'TASK_FAILED', message: '', context: { kernel_log } },
      { id: 'b', state: 'TASK_FAILED', message: '', context: { kernel_log: global_log.join('\n') } },
      { id: 'c', state: 'TASK_FAILED', message: 'Container exited with status 1', context: { kernel_log } },
    ];
    const { out } = await runWith(
      ['diagnose', '--jsonl'],
      tasks.map((task) => JSON.stringify(task)).join('\n'),
    );
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      at('likely'),
      { ...at('likely'), cause: 'oom_host' },
      { cause: 'app_exit_nonzero', exit_code: 1 },
    ]);
  });

  it('nothing asked: usage on stderr, status 2', async () => {
    expect(await runWith([], '')).toEqual({ status: 2, out: '', err: USAGE });
  });

  it('help: usage on stdout, status 0', async () => {
    expect(await runWith(['help'], '')).toEqual({ status: 0, out: USAGE, err: '' });
  });
});

describe('the exit137 process', () => {
  it('reads standard input and ends with the status of the run', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'lib/cli/main.ts', 'diagnose', '--jsonl'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end('{"id":"a","state":"TASK_UNREACHABLE"}\n');
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      id: 'a',
      cause: 'agent_unreachable_or_partition',
      proof: 'proven',
    });
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DiagnoseBody } from '@/lib/contracts/evidence';
import { run } from './run';

const STORY = 'lib/evidence/fixtures/story.log';
const TASK = 'deploy-to-docker-business-product-rpc-test.a22e5797-897e-11e7-9837-f2f3c189fa2c';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exit137-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

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

async function exit137(args: readonly string[], input: string | Buffer = '') {
  const out = collector();
  const err = collector();
  const stdin = Readable.from([Buffer.from(input)]);
  const status = await run(args, { stdin, stdout: out.stream, stderr: err.stream });
  return { status, out: out.text(), err: err.text() };
}

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('exit137 diagnose FILE', () => {
  it('names container, process, usage, limit, task, host, time, proof and advice of the story', async () => {
    const { status, out, err } = await exit137(['diagnose', STORY, '--time-zone', 'UTC']);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^20\d\d-09-08 10:23:41 UTC {2}mesos-agent-07\n/);
    expect(out).toContain(
      'The kernel killed java (pid 76513) in container 812c82c5a7a5: 4,096 MB used of its 4,096 MB limit.',
    );
    expect(out).toMatch(/Container +812c82c5a7a5[0-9a-f]{52}\n/);
    expect(out).toMatch(/Process +java \(pid 76513\)\n/);
    expect(out).toMatch(/Memory +used 4,194,304 kB, limit 4,194,304 kB, limit hit 25,581 times/);
    expect(out).toContain(`Task       ${TASK}, TASK_FAILED 16 ms later\n`);
    expect(out).toMatch(/Proof +likely\n/);
    expect(out).toMatch(/Cause +Out of memory \(container limit\)\n/);
    expect(out).toMatch(/Advice +.*-Xmx/);
    expect(out).toMatch(
      /35 lines read, 1 signal, 1 host, 20\d\d-09-08 10:23:41 UTC to 20\d\d-09-08 10:23:41 UTC\.\n$/,
    );
  });

  it('reads standard input, in the zone asked for, and counts a last line without an end', async () => {
    const story = (await readFile(STORY, 'utf8')).trimEnd();
    const { out } = await exit137(['diagnose', '--time-zone', 'Asia/Shanghai'], story);
    expect(out).toMatch(/^20\d\d-09-08 10:23:41 Asia\/Shanghai /);
    expect(out).toMatch(/\n35 lines read, /);
  });

  it('--json: one document in the shape of the API', async () => {
    const { status, out } = await exit137(['diagnose', '--json', '--time-zone', 'UTC', STORY]);
    const body = DiagnoseBody.strict().parse(JSON.parse(out));
    expect(status).toBe(0);
    expect(body).toMatchObject({
      lines: 35,
      signalsFound: 1,
      stored: false,
      hosts: ['mesos-agent-07'],
      signals: [
        {
          signal: { killedPid: 76513, atKnown: true, printedHost: 'mesos-agent-07', host: null },
          verdict: { cause: 'oom_cgroup_limit', proof: 'likely' },
          tasks: [
            {
              taskId: TASK,
              appId: '/deploy-to-docker-business-product-rpc-test',
              tie: 'time',
              proof: 'likely',
            },
          ],
        },
      ],
    });
  });

  it('shows what repeats once, with its count and span', async () => {
    const lines = ['10', '20', '30'].map(
      (second) =>
        `May 31 10:00:${second} h1 kernel: unregister_netdevice: waiting for veth1 to become free. Usage count = 1`,
    );
    const { out } = await exit137(['diagnose', '--time-zone', 'UTC'], lines.join('\n'));
    expect(out.match(/Network device not released/g)).toHaveLength(1);
    expect(out).toMatch(/Can cause +Docker did not answer\n +Proof +possible\n/);
    expect(out).toMatch(/Repeated +3 times, 20\d\d-05-31 10:00:10 UTC to 20\d\d-05-31 10:00:30 UTC\n/);
    expect(out).toContain('3 lines read, 3 signals, 1 host');
  });

  it.each([
    ['Nothing in this 1 line', 'hello\n'],
    ['Nothing in these 0 lines', ''],
    ['Nothing in these 3 lines', 'a\nb\nc'],
  ])('says so where there is nothing: %s', async (start, input) => {
    const { status, out } = await exit137(['diagnose'], input);
    expect(out).toBe(`${start} tells of a kill or a host fault.\n`.replace('lines tells', 'lines tells'));
    expect(status).toBe(0);
  });

  it('makes terminal escapes of a log harmless, and colours nothing that is no terminal', async () => {
    const evil = '\u001b]0;pwned\u0007\u001b[31m';
    const { out } = await exit137(
      ['diagnose', '--time-zone', 'UTC'],
      `May 31 10:00:00 h1${evil} kernel: Killed process 7 (ja${evil}va\u202e) total-vm:1kB, anon-rss:1kB, file-rss:0kB\n`,
    );
    expect(out).toContain('Killed process 7');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the point.
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('reads several files, complains of the one that cannot be read, and ends with 1', async () => {
    const missing = join(folder, 'missing.log');
    const { status, out, err } = await exit137(['diagnose', missing, STORY]);
    expect(status).toBe(1);
    expect(err).toBe(`exit137: ${missing}: there is no such file.\n`);
    expect(out).toContain('35 lines read, 1 signal');
  });

  it.each([
    { when: 'a directory', make: async () => folder, why: 'it is a directory; name the files in it' },
    { when: 'gzip', make: () => file('x.gz', Buffer.from([0x1f, 0x8b, 8, 0])), why: 'it is compressed' },
    {
      when: 'a program',
      make: () => file('x.bin', Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 7) % 251))),
      why: 'it is no text',
    },
    { when: 'UTF-16', make: () => file('x.txt', Buffer.from('\ufeffhello', 'utf16le')), why: 'it is UTF-16' },
    { when: 'a journal', make: () => file('x.journal', 'LPKSHHRH\u0000\u0000'), why: 'it is a journal' },
  ])('$when is no log: nothing on standard output, status 1', async ({ make, why }) => {
    const path = await make();
    const { status, out, err } = await exit137(['diagnose', path]);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain(`exit137: ${path}: ${why}`);
  });

  it('a log with runs of NULs, as a power cut leaves them, is a log', async () => {
    const path = await file('nul.log', Buffer.concat([Buffer.alloc(10_000), await readFile(STORY)]));
    const { status, out } = await exit137(['diagnose', path]);
    expect(status).toBe(0);
    expect(out).toContain('java (pid 76513)');
  });

  it.each([
    [['diagnose', '--time-zone', 'Mars/Olympus'], "'Mars/Olympus' is no time zone"],
    [['diagnose', '--colour'], "Unknown option '--colour'"],
    [['diagnose', '--jsonl', 'x.log'], '--jsonl reads standard input'],
    [['diagnose', '--jsonl', '--json'], '--jsonl reads standard input'],
    [['logs'], 'logs needs --jsonl'],
    [['explode'], "there is no command 'explode'"],
  ])('%j: what is wrong and the usage on standard error, status 2', async (args, why) => {
    const { status, out, err } = await exit137(args);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(why);
    expect(err).toContain('Usage: exit137');
  });
});

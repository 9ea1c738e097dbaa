import { describe, expect, it } from 'vitest';

import { kernelLogEvidence } from './kernel-log-evidence';
import { logLines } from './log-lines';

const NOW = new Date('2021-06-01T00:00:00Z');
const ID = '812c82c5a7a5c0ffee5c1e0f4d3b8a79b1d2e3f405162738495a6b7c8d9eaf0b';

async function answersTo(lines: readonly string[]) {
  const written: string[] = [];
  const result = await logLines(
    (async function* () {
      yield lines.join('\n');
    })(),
    async (line) => {
      written.push(line);
    },
    NOW,
  );
  return { ...result, answers: written.map((line) => JSON.parse(line)) };
}

const OOM = [
  `May 31 10:00:00 h1 kernel: Task in /docker/${ID} killed as a result of limit of /docker/${ID}`,
  'May 31 10:00:00 h1 kernel: memory: usage 1048576kB, limit 1048576kB, failcnt 7',
  'May 31 10:00:00 h1 kernel: Memory cgroup out of memory: Kill process 8 (java) score 1000 or sacrifice child',
  'May 31 10:00:00 h1 kernel: Killed process 7 (java) total-vm:2000000kB, anon-rss:1000000kB, file-rss:0kB',
];

describe('logLines', () => {
  it('answers each line, in order, with all fields', async () => {
    const { answers, malformed } = await answersTo([
      JSON.stringify({ id: 'a', os_kernel: '3.10', lines: OOM }),
      JSON.stringify({
        id: 2,
        lines: [
          'unregister_netdevice: waiting for veth1 to become free. Usage count = 1\nand a second line in it',
        ],
      }),
      JSON.stringify({ id: 'c', lines: ['May 31 10:00:00 h1 sshd[1]: hello'] }),
      '',
    ]);
    expect(malformed).toBe(0);
    expect(answers).toEqual([
      {
        id: 'a',
        signals: [
          {
            signature: 'memcg_oom',
            killed_pid: 7,
            killed_comm: 'java',
            container_id: ID,
            limit_kb: 1_048_576,
            usage_kb: 1_048_576,
            anon_rss_kb: 1_000_000,
            veth: null,
            host: 'h1',
            at: '2021-05-31T10:00:00.000Z',
          },
        ],
      },
      {
        id: 2,
        signals: [
          expect.objectContaining({ signature: 'unregister_netdevice', veth: 'veth1', host: null, at: null }),
        ],
      },
      { id: 'c', signals: [] },
    ]);
  });

  it('answers what it does not understand with the reason, and goes on', async () => {
    const { answers, malformed } = await answersTo([
      'nonsense',
      '{"id":"b"}',
      '{"id":"c","lines":[1]}',
      '{"id":"d","lines":[]}',
    ]);
    expect(answers).toEqual([
      { id: null, error: 'not JSON' },
      { id: 'b', error: expect.stringContaining('lines: ') },
      { id: 'c', error: expect.stringContaining('lines.0: ') },
      { id: 'd', signals: [] },
    ]);
    expect(malformed).toBe(3);
  });

  it('gives at most 1,000 signals for one line', async () => {
    const lines = Array.from(
      { length: 3_000 },
      (_, index) => `unregister_netdevice: waiting for veth${index} to become free. Usage count = 1`,
    );
    const { answers } = await answersTo([JSON.stringify({ id: 'a', lines })]);
    expect(answers[0].signals).toHaveLength(1_000);
  });
});

describe('kernelLogEvidence', () => {
  it.each([
    {
      when: 'the status names the container',
      words: `Container ${ID.slice(0, 12)} was killed`,
      want: { by: 'container_id', proof: 'proven' },
    },
    {
      when: 'the status names none',
      words: 'Container exited with status 137',
      want: { by: 'time', proof: 'likely' },
    },
    {
      when: 'the status names another',
      words: `Container ${'f0'.repeat(32)} was killed`,
      want: { by: 'time', proof: 'likely' },
    },
  ])('$when', ({ words, want }) => {
    expect(kernelLogEvidence(OOM, words, NOW)).toMatchObject([want]);
  });

  it('is possible where the log tells of several kills, and takes a text too', () => {
    const second = OOM.map((line) =>
      line.replaceAll(ID, ID.replace('8', '9')).replace('process 7', 'process 9'),
    );
    expect(kernelLogEvidence([...OOM, ...second].join('\n'), '', NOW)).toMatchObject([
      { proof: 'possible', candidates: 2 },
      { proof: 'possible', candidates: 2 },
    ]);
  });

  it('leaves out what Kubernetes runs', () => {
    const pods = OOM.map((line) => line.replaceAll('/docker/', '/kubepods/burstable/pod1/'));
    expect(kernelLogEvidence(pods, '', NOW)).toEqual([]);
  });
});

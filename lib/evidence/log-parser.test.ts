import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import type { LogFact } from '@/lib/domain/log-signal';
import { fuzzCase } from './fuzz-log';
import { createLogParser, NEEDLES, parseLog } from './log-parser';

const OPTIONS = { receivedAt: new Date('2026-11-25T12:00:00Z'), timeZone: 'UTC', host: null };
const STORY = readFileSync(new URL('fixtures/story.log', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const A = '3b7e1f'.repeat(11).slice(0, 64);
/** The story, another host's report among it, lines broken in two, a report that is cut off, one without a host. */
const MIXED = [
  ...STORY.flatMap((line, index) =>
    index % 4 === 0 ? [line, line.replaceAll('mesos-agent-07', 'n2')] : [line],
  ),
  `[ 12.5] Task in /docker/${A.slice(0, 40)}`,
  `${A.slice(40)} killed as a result of limit of /docker/${A}`,
  'a line of nobody',
  'memory: usage 8kB, limit 8kB, failcnt 1',
  'OOM detected for container 4f2a5b0c-1c1e-4b6d-9a43-0d9c3a7f2b11',
  'Memory limit exceeded: Requested: 160MB Maximum Used: 160MB',
  'MEMORY STATISTICS: ',
  'rss 167768064',
  `SLUB: Unable to allocate memory on node -1, gfp=0xdc0(GFP_KERNEL)`,
  `  cache: signal_cache(7:${A}), object size: 1056, buffer size: 1088, default order: 3, min order: 0`,
  'oom_kill_disable 1',
  'another line of nobody',
  'under_oom 1',
];

function feed(lines: readonly string[]) {
  const parser = createLogParser(OPTIONS);
  for (const line of lines) parser.feed(line);
  return parser;
}

async function factsOf(chunks: readonly Uint8Array[]): Promise<LogFact[]> {
  async function* source() {
    yield* chunks;
  }
  const facts: LogFact[] = [];
  for await (const fact of parseLog(source(), OPTIONS)) facts.push(fact);
  return facts;
}

const sorted = (facts: readonly LogFact[]): string[] => facts.map((fact) => JSON.stringify(fact)).sort();

describe('a log is read line by line', () => {
  it('tells a whole report with its last line, not later', () => {
    const last = STORY.findIndex((line) => line.includes('Killed process'));
    const parser = feed(STORY.slice(0, last));
    expect(parser.take()).toEqual([]);
    parser.feed(STORY[last] ?? '');
    expect(parser.take()).toMatchObject([{ signal: { killedPid: 76_513 } }]);
    expect(parser.open()).toEqual([]);
  });

  it('ties the story’s kill to the update that follows 16 ms later', () => {
    expect(feed(STORY).end()).toMatchObject([
      { signal: { signature: 'memcg_oom', at: new Date('2026-09-08T10:23:41.000Z') } },
      {
        sighting: {
          kind: 'status_update',
          state: 'TASK_FAILED',
          taskId: 'deploy-to-docker-business-product-rpc-test.a22e5797-897e-11e7-9837-f2f3c189fa2c',
          at: new Date('2026-09-08T10:23:41.016Z'),
        },
      },
    ]);
  });

  it('goes on from stored lines at every place with the same facts, and tells none twice', () => {
    const whole = sorted(feed(MIXED).end());
    for (let split = 0; split <= MIXED.length; split += 1) {
      const first = feed(MIXED.slice(0, split));
      const before = first.take();
      const second = feed(first.open().flatMap(({ lines }) => lines));
      expect(second.take()).toEqual([]);
      for (const line of MIXED.slice(split)) second.feed(line);
      expect(sorted([...before, ...second.end()])).toEqual(whole);
    }
  });

  it('names the hosts that wait', () => {
    const on = (host: string): string =>
      `Sep  8 10:00:00 ${host}kernel: Task in /docker/${A} killed as a result of limit of /docker/${A}`;
    expect(
      feed([on('n1 '), on('n2 '), on('')])
        .open()
        .map(({ host }) => host),
    ).toEqual(['n1', 'n2', '']);
  });

  it('closes a report without any time after 64 lines of others, not after 63', () => {
    const head = `Task in /docker/${A} killed as a result of limit of /docker/${A}`;
    const strangers = (count: number): string[] =>
      Array.from({ length: count }, (_, index) => `line ${index}`);
    expect(feed([head, ...strangers(63)]).take()).toEqual([]);
    expect(feed([head, ...strangers(64)]).take()).toHaveLength(1);
  });

  it('keeps no more than 256 reports open', () => {
    const heads = Array.from(
      { length: 300 },
      (_, index) =>
        `Sep  8 10:00:00 n${index} kernel: Task in /docker/${A} killed as a result of limit of /docker/${A}`,
    );
    const parser = feed(heads);
    expect([parser.take().length, parser.open().length]).toEqual([44, 256]);
  });

  it('reads each line of a record that holds several', () => {
    const message = [
      `Task in /docker/${A} killed as a result of limit of /docker/${A}`,
      'Memory cgroup out of memory: Killed process 5 (a) total-vm:1kB, anon-rss:1kB',
    ].join('\n');
    expect(feed([JSON.stringify({ message, host: 'n1' })]).take()).toMatchObject([
      { signal: { host: 'n1', killedPid: 5, containerId: A } },
    ]);
  });
});

describe('a log is read as bytes', () => {
  const text = new TextEncoder().encode(`${MIXED.join('\r\n')}\n`);
  const whole = sorted(feed(MIXED).end());

  it.each([1, 7, 64, 1_000, 100_000])('in pieces of %d bytes, with the same facts', async (size) => {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      text.subarray(index * size, (index + 1) * size),
    );
    expect(sorted(await factsOf(chunks))).toEqual(whole);
  });

  it('with a line of megabytes and bytes that are no text in between', async () => {
    const noise = new Uint8Array(3_000_000).fill(0x78);
    noise.set(new TextEncoder().encode('Killed process '), 1_500_000);
    const broken = Uint8Array.from([0xff, 0xfe, 0x00, 0xc3, 0x0a]);
    const head = new TextEncoder().encode('Killed ');
    expect(sorted(await factsOf([text, broken, head, noise, Uint8Array.from([10]), broken, text]))).toEqual(
      sorted(feed([...MIXED, ...MIXED]).end()),
    );
  });

  it('to its last line, which has no end', async () => {
    const last = new TextEncoder().encode(
      'unregister_netdevice: waiting for lo to become free. Usage count = 1',
    );
    expect(await factsOf([last])).toMatchObject([
      { signal: { signature: 'unregister_netdevice', device: 'lo' } },
    ]);
  });
});

it('has no needle short enough to slow the search', () => {
  expect(NEEDLES.filter((needle) => needle.length < 8)).toEqual([]);
});

it('holds what it promises for logs made by chance', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    expect(await fuzzCase(seed, () => performance.now())).toBeNull();
  }
}, 60_000);

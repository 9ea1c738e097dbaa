/**
 * Reads what a master of 10,000 agents, 200,000 running and 50 x 1,000 completed tasks answers, beside JSON.parse of the
 * same bytes: each way in a process of its own, so that its peak of memory is its own. Then a body beyond 512 MB, of
 * which V8 can make no string.
 *
 *   npx tsx bench/read-state.ts [--rounds 3] [--only plain,gzip,huge] [--quick]
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import type { SeenEnd } from '@/lib/domain/seen-ends';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import { createMasterReader } from '@/lib/mesos/read-master';

import { type ClusterSize, startBigMaster } from './big-master';
import { report } from './report';

const WAYS = ['drain', 'parse', 'first', 'steady'] as const;
type Way = (typeof WAYS)[number];
const DOCUMENTS = { state: '/state', tasks: 'GET_TASKS', both: '/state and GET_TASKS' };
type What = keyof typeof DOCUMENTS;

type Result = {
  wallMs: number;
  cpuMs: number;
  peakMb: number;
  longestBlockMs: number;
  bytes: number;
  ended: number;
  unchanged: number;
  live: number;
};
type Found = Pick<Result, 'bytes' | 'ended' | 'unchanged' | 'live'>;

const { values } = parseArgs({
  options: {
    role: { type: 'string', default: 'all' },
    url: { type: 'string', default: '' },
    what: { type: 'string', default: 'both' },
    encoding: { type: 'string', default: 'plain' },
    agents: { type: 'string', default: '10000' },
    tasks: { type: 'string', default: '200000' },
    frameworks: { type: 'string', default: '50' },
    completed: { type: 'string', default: '1000' },
    new: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'plain,gzip,huge' },
    quick: { type: 'boolean', default: false },
  },
});
const size: ClusterSize = {
  agents: values.quick ? 2_000 : Number(values.agents),
  tasks: values.quick ? 40_000 : Number(values.tasks),
  frameworks: Number(values.frameworks),
  completed: values.quick ? 200 : Number(values.completed),
};
const rounds = values.quick ? 1 : Number(values.rounds);
const newEnds = Number(values.new);
// 200,000 running tasks are some 380 MB of /state.
const hugeTasks = values.quick ? 60_000 : 360_000;

/** What a collector that stored everything would know of it, see `seenNow` in lib/ingest. */
function seenOf({ ended, wordsOf }: MasterSnapshot): Map<string, SeenEnd> {
  const seen = new Map<string, SeenEnd>();
  for (const task of ended) {
    const words = wordsOf.get(task) ?? [];
    const { frameworkId, taskId, agentId, list, statuses } = task;
    const [firstStatusAt, finishedAt] = [statuses[0]?.at ?? null, statuses.at(-1)?.at ?? null];
    const key = `${frameworkId}\0${taskId}\0${agentId}\0${firstStatusAt?.getTime() ?? ''}`;
    for (const one of words) {
      seen.set(one, { key, frameworkId, agentId, list, firstStatusAt, finishedAt, words });
    }
  }
  return seen;
}

async function readSnapshot(url: string, seen: Map<string, SeenEnd>): Promise<MasterSnapshot> {
  const reader = createMasterReader({ urls: [url], credentials: null, timeoutMs: 600_000, ca: null });
  const snapshot = await reader.read(new AbortController().signal, seen);
  await reader.close();
  if (!snapshot.complete || snapshot.rejects.count > 0) throw new Error('the made body was not understood');
  return snapshot;
}

function foundIn({ bytes, ended, unchanged, live }: MasterSnapshot): Found {
  return { bytes, ended: ended.length, unchanged: unchanged.length, live: live.length };
}

type AnyTask = { state: string };
const NONE = { tasks: [], completed_tasks: [] };
type Parsed = {
  frameworks?: { tasks: AnyTask[]; completed_tasks: AnyTask[] }[];
  get_tasks?: { tasks: AnyTask[]; completed_tasks: AnyTask[] };
};

/** One document after the other, as no one would keep both. */
async function readPlainly(url: string, what: What, parse: boolean): Promise<Found> {
  const found: Found = { bytes: 0, ended: 0, unchanged: 0, live: 0 };
  for (const path of what === 'both' ? ['state', 'api/v1'] : what === 'state' ? ['state'] : ['api/v1']) {
    const response = await fetch(`${url}/${path}`, { method: path === 'state' ? 'GET' : 'POST' });
    if (!parse) {
      for await (const chunk of response.body ?? []) found.bytes += chunk.length;
      continue;
    }
    const text = await response.text();
    found.bytes += text.length;
    const document = JSON.parse(text) as Parsed; // Made by big-master.ts.
    for (const { tasks, completed_tasks: completed } of document.frameworks ?? [document.get_tasks ?? NONE]) {
      found.ended = Math.max(found.ended, completed.length);
      found.live = Math.max(found.live, tasks.length);
    }
  }
  return found;
}

async function measure(way: Way): Promise<void> {
  const { url } = values;
  const what = values.what as What; // The parent passes one of DOCUMENTS.
  const at = (variant: string) => `${url}/${variant}/${what}/${values.encoding}`;
  let seen = new Map<string, SeenEnd>();
  if (way === 'steady') seen = seenOf(await readSnapshot(at('first'), seen));
  let longestBlockMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longestBlockMs = Math.max(longestBlockMs, performance.now() - last - 1);
    last = performance.now();
  }, 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  longestBlockMs = 0;
  last = performance.now();
  forgetPeak();
  const began = performance.now();
  const cpuBegan = process.cpuUsage();
  const found =
    way === 'first' || way === 'steady'
      ? foundIn(await readSnapshot(at(way === 'first' ? 'first' : 'later'), seen))
      : await readPlainly(at('first'), what, way === 'parse');
  const wallMs = performance.now() - began;
  const cpu = process.cpuUsage(cpuBegan);
  const cpuMs = (cpu.user + cpu.system) / 1000;
  await new Promise((resolve) => setTimeout(resolve, 20));
  clearInterval(timer);
  const result: Result = { wallMs, cpuMs, peakMb: peakMb(), longestBlockMs, ...found };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Linux counts the peak of a process anew from here; elsewhere it is that of its whole life. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Told by the doc above.
  }
}

function peakMb(): number {
  try {
    const kib = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kib !== undefined) return Number(kib) / 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS / 1024;
}

async function run(way: Way, url: string, what: What, encoding: string): Promise<Result> {
  const args = ['--role', way, '--url', url, '--what', what, '--encoding', encoding];
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const part of child.stdout) text += String(part);
  if (text === '') throw new Error(`${way} of ${what} ended without a word`);
  return JSON.parse(text);
}

async function compare(): Promise<void> {
  const only = values.only.split(',');
  const encodings = ['plain', 'gzip'].filter((one) => only.includes(one));
  if (encodings.length > 0) {
    const variants = ['first', 'later'] as const;
    const withGzip = encodings.includes('gzip');
    const master = await startBigMaster({ size, newEnds, variants, withGzip, withTasks: true });
    try {
      for (const encoding of encodings) {
        for (const what of Object.keys(DOCUMENTS) as What[]) await compareWays(master.url, what, encoding);
      }
    } finally {
      master.close();
    }
  }
  if (only.includes('huge')) await readHuge();
}

async function compareWays(url: string, what: What, encoding: string): Promise<void> {
  const results = new Map<Way, Result[]>(WAYS.map((way) => [way, []]));
  // The ways take turns, so that a slow moment of the machine hits all of them.
  for (let round = 0; round < rounds; round += 1) {
    for (const way of WAYS) results.get(way)?.push(await run(way, url, what, encoding));
  }
  const median = (way: Way, field: keyof Result) => middle((results.get(way) ?? []).map((one) => one[field]));
  const title = `${DOCUMENTS[what]}${encoding === 'gzip' ? ', gzip' : ''}`;
  console.log(`\n${title}, ${(median('drain', 'bytes') / 1e6).toFixed(0)} MB, median of ${rounds}`);
  console.table(
    Object.fromEntries(
      WAYS.map((way) => [
        way,
        {
          'wall ms': Math.round(median(way, 'wallMs')),
          'x JSON.parse': Number((median(way, 'wallMs') / median('parse', 'wallMs')).toFixed(3)),
          // Steadier than the wall where others use the machine.
          'cpu ms': Math.round(median(way, 'cpuMs')),
          'cpu x': Number((median(way, 'cpuMs') / median('parse', 'cpuMs')).toFixed(3)),
          'peak MB': Math.round(median(way, 'peakMb')),
          'block ms': Math.round(median(way, 'longestBlockMs')),
          ended: median(way, 'ended'),
          unchanged: median(way, 'unchanged'),
          live: median(way, 'live'),
        },
      ]),
    ),
  );
  for (const way of ['first', 'steady'] as const) {
    const measure = `${way} read of ${title}`;
    const floor = 'JSON.parse';
    report({
      measure: `${measure}: wall`,
      value: median(way, 'wallMs'),
      unit: 'ms',
      floor,
      floorValue: median('parse', 'wallMs'),
      bar: { most: way === 'first' ? 0.25 : 0.2 },
    });
    report({
      measure: `${measure}: peak memory`,
      value: median(way, 'peakMb'),
      unit: 'MB',
      floor,
      floorValue: median('parse', 'peakMb'),
      bar: { most: 0.15 },
    });
    report({
      measure: `${measure}: longest block`,
      value: median(way, 'longestBlockMs'),
      unit: 'ms',
      bar: { most: 30 },
    });
  }
}

async function readHuge(): Promise<void> {
  const huge = { ...size, tasks: hugeTasks };
  const variants = ['first'] as const;
  const master = await startBigMaster({ size: huge, newEnds, variants, withGzip: false, withTasks: false });
  try {
    const [drained, read] = [
      await run('drain', master.url, 'state', 'plain'),
      await run('first', master.url, 'state', 'plain'),
    ];
    const speed = ({ bytes, wallMs }: Result) => bytes / 1e3 / wallMs;
    if (read.ended !== huge.frameworks * huge.completed || read.live !== huge.tasks) {
      throw new Error(`of a huge body ${read.ended} ended and ${read.live} live tasks were found`);
    }
    console.log(
      `\n/state of ${(read.bytes / 1e6).toFixed(0)} MB: all ${read.ended} ended and ${read.live} live tasks were found, peak ${read.peakMb.toFixed(0)} MB, longest block ${read.longestBlockMs.toFixed(0)} ms`,
    );
    report({
      measure: `first read of a /state of ${(read.bytes / 1e6).toFixed(0)} MB`,
      value: speed(read),
      unit: 'MB/s',
      floor: 'drain',
      floorValue: speed(drained),
    });
    report({
      measure: 'the same: longest block',
      value: read.longestBlockMs,
      unit: 'ms',
      bar: { most: 30 },
    });
  } finally {
    master.close();
  }
}

function middle(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

if (values.role === 'all') await compare();
else await measure(values.role as Way); // The parent passes one of WAYS.

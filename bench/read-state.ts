/**
 * Reads a made /state over loopback HTTP three ways in one run: bytes only (the floor), text and JSON.parse, and
 * the reader of this program. The body is made piece by piece into a file that a process of its own serves, so
 * no copy of the whole stands in memory but in the way that asks for one.
 *
 *   npx tsx bench/read-state.ts [--agents 3000] [--tasks 60000] [--frameworks 50] [--completed 300] [--rounds 3]
 */
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { mkdtemp, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { createMasterReader } from '@/lib/mesos/read-master';

type Size = { agents: number; tasks: number; frameworks: number; completed: number };
type Result = {
  wallMs: number;
  cpuMs: number;
  peakMb: number;
  longestBlockMs: number;
  bytes: number;
  ends: number;
};

const WAYS = ['drain', 'parse', 'reader'] as const;
type Way = (typeof WAYS)[number];

const { values } = parseArgs({
  options: {
    role: { type: 'string', default: 'all' },
    url: { type: 'string', default: '' },
    agents: { type: 'string', default: '3000' },
    tasks: { type: 'string', default: '60000' },
    frameworks: { type: 'string', default: '50' },
    completed: { type: 'string', default: '300' },
    rounds: { type: 'string', default: '3' },
  },
});
const size: Size = {
  agents: Number(values.agents),
  tasks: Number(values.tasks),
  frameworks: Number(values.frameworks),
  completed: Number(values.completed),
};

function taskText(framework: number, index: number, state: string): string {
  const id = `team${framework}_app${index % 97}.instance-${String(index).padStart(8, '0')}-0000-11ea-8000-0242ac110002._app.1`;
  const agent = `0b0c1d2e-0000-4000-8000-000000000001-S${index % size.agents}`;
  const at = 1_700_000_000 + index / 7;
  const container = `"container_status":{"container_id":{"value":"${id.slice(-36)}"},"network_infos":[{"ip_addresses":[{"ip_address":"172.17.${index % 250}.4","protocol":"IPv4"}]}]}`;
  const end =
    state === 'TASK_RUNNING'
      ? ''
      : `,{"state":"${state}","timestamp":${(at + 3_600).toFixed(5)},${container}}`;
  return `{"id":"${id}","name":"app${index % 97}.team${framework}","framework_id":"0b0c1d2e-0000-4000-8000-000000000001-${framework}","executor_id":"","slave_id":"${agent}","state":"${state}","resources":{"cpus":0.5,"gpus":0,"mem":512,"disk":0,"ports":"[31005-31005]"},"role":"*","statuses":[{"state":"TASK_STARTING","timestamp":${at.toFixed(5)},${container}},{"state":"TASK_RUNNING","timestamp":${(at + 3).toFixed(5)},"healthy":true,${container}}${end}],"labels":[{"key":"team","value":"team${framework}"},{"key":"note","value":"a \\"quoted\\" {word}"}],"discovery":{"visibility":"FRAMEWORK","name":"app.team${framework}","ports":{"ports":[{"number":31005,"protocol":"tcp"}]}},"container":{"type":"DOCKER","docker":{"image":"registry.example.test/team/app${index % 97}:1","network":"BRIDGE","privileged":false,"force_pull_image":false,"parameters":[{"key":"memory-swap","value":"512m"}],"port_mappings":[{"host_port":31005,"container_port":8080,"protocol":"tcp"}]}}}`;
}

function* listOf(count: number, make: (index: number) => string): Generator<string> {
  yield '[';
  for (let index = 0; index < count; index += 1) yield (index === 0 ? '' : ',') + make(index);
  yield ']';
}

function* stateText(): Generator<string> {
  yield '{"version":"1.11.0","start_time":1699990000.5,"elected_time":1699990001.25,"id":"m1","pid":"master@127.0.0.1:5050","hostname":"127.0.0.1","flags":{"max_completed_tasks_per_framework":"1000"},"slaves":';
  yield* listOf(
    size.agents,
    (index) =>
      `{"id":"0b0c1d2e-0000-4000-8000-000000000001-S${index}","hostname":"agent${index}.example.test","port":5051,"pid":"slave(1)@10.0.0.1:5051","registered_time":1699990010.1,"resources":{"cpus":32,"mem":131072,"disk":1000000,"ports":"[31000-32000]"},"used_resources":{"cpus":8,"mem":4096},"attributes":{"rack":"r${index % 40}"},"active":true,"version":"1.11.0"}`,
  );
  yield ',"frameworks":[';
  const perFramework = Math.floor(size.tasks / size.frameworks);
  for (let framework = 0; framework < size.frameworks; framework += 1) {
    yield `${framework === 0 ? '' : ','}{"id":"0b0c1d2e-0000-4000-8000-000000000001-${framework}","name":"framework${framework}","active":true,"tasks":`;
    yield* listOf(perFramework, (index) => taskText(framework, index, 'TASK_RUNNING'));
    yield ',"unreachable_tasks":[],"completed_tasks":';
    yield* listOf(size.completed, (index) =>
      taskText(framework, 1_000_000 + index, index % 3 === 0 ? 'TASK_FAILED' : 'TASK_FINISHED'),
    );
    yield ',"offers":[],"executors":[]}';
  }
  yield '],"completed_frameworks":[]}';
}

async function serve(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'exit137-bench-'));
  const file = join(folder, 'state.json');
  await pipeline(Readable.from(batches(stateText(), 256 * 1024)), createWriteStream(file));
  const bytes = (await stat(file)).size;
  const server = createServer((request, response) => {
    if (request.url !== '/state') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-length': String(bytes) });
    createReadStream(file, { highWaterMark: 1024 * 1024 }).pipe(response);
  });
  process.once('SIGTERM', () => {
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`); // A TCP server has this form.
  });
}

function* batches(pieces: Iterable<string>, atLeast: number): Generator<string> {
  let batch: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    batch.push(piece);
    length += piece.length;
    if (length < atLeast) continue;
    yield batch.join('');
    batch = [];
    length = 0;
  }
  yield batch.join('');
}

async function read(way: Way, url: string): Promise<{ bytes: number; ends: number }> {
  if (way === 'reader') {
    const reader = createMasterReader({ urls: [url], credentials: null, timeoutMs: 600_000, ca: null });
    const snapshot = await reader.read(new AbortController().signal, new Map());
    await reader.close();
    if (!snapshot.complete || snapshot.rejects.count > 0) throw new Error('the made body was not understood');
    return { bytes: snapshot.bytes, ends: snapshot.ended.length };
  }
  const response = await fetch(`${url}/state`);
  if (way === 'drain') {
    let bytes = 0;
    for await (const chunk of response.body ?? []) bytes += chunk.length;
    return { bytes, ends: 0 };
  }
  const text = await response.text();
  const state = JSON.parse(text) as { frameworks: { completed_tasks: unknown[] }[] }; // Made above.
  return {
    bytes: text.length,
    ends: state.frameworks.reduce((sum, one) => sum + one.completed_tasks.length, 0),
  };
}

async function measure(way: Way, url: string): Promise<void> {
  let longestBlockMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longestBlockMs = Math.max(longestBlockMs, performance.now() - last - 1);
    last = performance.now();
  }, 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  longestBlockMs = 0;
  last = performance.now();
  const began = performance.now();
  const cpuBegan = process.cpuUsage();
  const { bytes, ends } = await read(way, url);
  const wallMs = performance.now() - began;
  const cpu = process.cpuUsage(cpuBegan);
  const cpuMs = (cpu.user + cpu.system) / 1000;
  await new Promise((resolve) => setTimeout(resolve, 20));
  clearInterval(timer);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(
    `${JSON.stringify({ wallMs, cpuMs, peakMb, longestBlockMs, bytes, ends } satisfies Result)}\n`,
  );
}

function child(args: string[]) {
  const self = fileURLToPath(import.meta.url);
  return spawn(process.execPath, [...process.execArgv, self, ...process.argv.slice(2), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function firstLine(started: ReturnType<typeof child>): Promise<string> {
  let text = '';
  for await (const part of started.stdout) {
    text += String(part);
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  throw new Error('a child ended without a word');
}

async function compare(): Promise<void> {
  const server = child(['--role', 'server']);
  try {
    const url = await firstLine(server);
    const results = new Map<Way, Result[]>(WAYS.map((way) => [way, []]));
    // The ways take turns, so that a slow moment of the machine hits all of them.
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const way of WAYS) {
        const line = await firstLine(child(['--role', way, '--url', url]));
        results.get(way)?.push(JSON.parse(line));
      }
    }
    const median = (way: Way, field: keyof Result) =>
      (results.get(way) ?? []).map((one) => one[field]).sort((a, b) => a - b)[
        Math.floor(Number(values.rounds) / 2)
      ] ?? 0;
    const ratio = (way: Way, field: 'wallMs' | 'cpuMs') =>
      Number((median(way, field) / median('parse', field)).toFixed(2));
    console.log(
      `/state of ${(median('drain', 'bytes') / 1e6).toFixed(0)} MB, ${JSON.stringify(size)}, median of ${values.rounds}`,
    );
    console.table(
      Object.fromEntries(
        WAYS.map((way) => [
          way,
          {
            'wall ms': Math.round(median(way, 'wallMs')),
            'x JSON.parse': ratio(way, 'wallMs'),
            // Steadier than the wall where others use the machine.
            'cpu ms': Math.round(median(way, 'cpuMs')),
            'cpu x JSON.parse': ratio(way, 'cpuMs'),
            'peak RSS MB': Math.round(median(way, 'peakMb')),
            'longest block ms': Math.round(median(way, 'longestBlockMs')),
            'ends read': median(way, 'ends'),
          },
        ]),
      ),
    );
  } finally {
    server.kill();
  }
}

if (values.role === 'server') await serve();
else if (values.role === 'all') await compare();
else await measure(values.role as Way, values.url); // The parent passes one of WAYS.

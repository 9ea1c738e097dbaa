/**
 * How fast a page answers while the collector reads and stores a poll of a cluster of 10,000 agents, beside the same
 * page between two polls. The production server, its embedded Postgres and the master share this machine.
 *
 *   npx tsx bench/page-while-polling.ts [--polls 6] [--quick]
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startProductionServer } from '../scripts/production-server.mjs';
import { type ClusterSize, startBigMaster } from './big-master';
import { report } from './report';

const { values } = parseArgs({
  options: {
    role: { type: 'string', default: 'bench' },
    polls: { type: 'string', default: '6' },
    interval: { type: 'string', default: '30000' },
    quick: { type: 'boolean', default: false },
  },
});
const size: ClusterSize = values.quick
  ? { agents: 2_000, tasks: 40_000, frameworks: 50, completed: 200 }
  : { agents: 10_000, tasks: 200_000, frameworks: 50, completed: 1_000 };
const POLLS = values.quick ? 3 : Number(values.polls);
const INTERVAL_MS = values.quick ? 10_000 : Number(values.interval);
// The first polls store 50,000 ends, and fill caches.
const WARM_POLLS = 2;
// A poll is stored after its last request: seconds for 200,000 live tasks. Idle begins well behind that.
const STORING_MS = values.quick ? 2_000 : 6_000;
const PAUSE_MS = 20;
const PATHS = ['/', '/api/v1/overview'] as const;

if (values.role === 'master') await serve();
else await bench();

/** A process of its own, which tells each request on its standard output. */
async function serve(): Promise<void> {
  const master = await startBigMaster({
    size,
    newEnds: 200,
    variants: ['first', 'later'],
    withGzip: false,
    withTasks: true,
    onRequest: (path) => process.stdout.write(`${path}\n`),
  });
  process.once('SIGTERM', () => {
    master.close();
    process.exit(0);
  });
  process.stdout.write(`${master.url}\n`);
}

async function bench(): Promise<void> {
  const args = ['--role', 'master', ...(values.quick ? ['--quick'] : [])];
  const master = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let polls = 0;
  let pollBegan = Number.NEGATIVE_INFINITY;
  let lastAsked = Number.NEGATIVE_INFINITY;
  const url = await new Promise<string>((resolve, reject) => {
    master.once('exit', () => reject(new Error('the master ended')));
    master.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        if (line.startsWith('http')) resolve(line);
        if (line === 'state') {
          polls += 1;
          pollBegan = performance.now();
        }
        lastAsked = performance.now();
      }
    });
  });
  const server = await startProductionServer({
    env: {
      MESOS_MASTER_URLS: `${url}/turns/both/plain`,
      POLL_INTERVAL_MS: String(INTERVAL_MS),
      POLL_TIMEOUT_MS: '120000',
      AGENT_SAMPLE_INTERVAL_MS: '0',
      SANDBOX_TAILS: 'false',
    },
  });
  try {
    while (polls <= WARM_POLLS) await sleep(100);
    const idle = new Map<string, number[]>(PATHS.map((path) => [path, []]));
    const busy = new Map<string, number[]>(PATHS.map((path) => [path, []]));
    while (polls <= WARM_POLLS + POLLS) {
      for (const path of PATHS) {
        const began = performance.now();
        const before = polls;
        const answer = await fetch(`${server.url}${path}`);
        await answer.arrayBuffer();
        const ended = performance.now();
        if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
        // The last request of a poll is for its counters; then it is stored.
        const isReading =
          polls !== before || ended - pollBegan < STORING_MS || ended - lastAsked < STORING_MS;
        (isReading ? busy : idle).get(path)?.push(ended - began);
        await sleep(PAUSE_MS);
      }
    }
    for (const path of PATHS) tell(path, idle.get(path) ?? [], busy.get(path) ?? []);
  } finally {
    await server.stop();
    master.kill();
  }
}

function tell(path: string, idle: number[], busy: number[]): void {
  console.log(
    `${path}: between polls ${idle.length} answers, p50 ${at(idle, 0.5)} ms, p99 ${at(idle, 0.99)} ms; during polls ${busy.length} answers, p50 ${at(busy, 0.5)} ms, p99 ${at(busy, 0.99)} ms, longest ${at(busy, 1)} ms`,
  );
  report({
    measure: `GET ${path} during a poll, p99`,
    value: at(busy, 0.99),
    unit: 'ms',
    floor: 'p99 between polls',
    floorValue: at(idle, 0.99),
    bar: { most: 2 },
  });
}

function at(times: number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.floor(part * sorted.length));
  return Number((sorted[index] ?? Number.NaN).toFixed(1));
}

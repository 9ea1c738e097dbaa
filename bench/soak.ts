/**
 * A day in the life, faster: the real server watches the simulated cluster at `--speed` times its pace while pages are
 * asked for all the time. Once a minute it prints the memory of the server (collector and pages) and how fast pages
 * answer; at the end it holds the last third of the run against the first.
 *
 *   npm run soak [-- --minutes 30] [--speed 48]
 *
 * 30 minutes at 48 are 24 hours of the cluster's life; polls stay one a second, so there are 1,800 of them.
 */
import { parseArgs } from 'node:util';

import { startProductionServer } from '../scripts/production-server.mjs';
import { report } from './report';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, speed: { type: 'string', default: '48' } },
});
const MINUTES = Number(values.minutes);
const SAMPLE_MS = Math.min(60_000, (MINUTES * 60_000) / 12);
const PAGES = ['/', '/hosts', '/apps', '/tasks', '/status', '/api/v1/overview', '/api/v1/tasks'];
/** The last third may be this much above the first. */
const FLAT = 1.25;

type Sample = { minute: number; rssMb: number; p50: number; p99: number; dbMb: number; ends: number };

const server = await startProductionServer({
  env: { POLL_INTERVAL_MS: '1000', LOG_LEVEL: 'warn' },
  simArgs: [`--speed=${values.speed}`, '--history=1d'],
});
const samples: Sample[] = [];
let failures = 0;
try {
  const began = Date.now();
  while (Date.now() - began < MINUTES * 60_000) {
    const until = Date.now() + SAMPLE_MS;
    const times: number[] = [];
    while (Date.now() < until) {
      for (const page of PAGES) {
        const started = performance.now();
        const answer = await fetch(server.url + page).catch(() => null);
        await answer?.arrayBuffer().catch(() => null);
        if (!answer?.ok) failures += 1;
        times.push(performance.now() - started);
        // One reader who never tires, not a load test.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
    const status = await (await fetch(`${server.url}/api/v1/status`)).json();
    const sample: Sample = {
      minute: (Date.now() - began) / 60_000,
      rssMb: (await metric('process_resident_memory_bytes')) / 1e6,
      p50: at(0.5),
      p99: at(0.99),
      dbMb: status.database.sizeBytes / 1e6,
      ends: status.clusters.reduce((sum: number, one: { taskEnds: number }) => sum + one.taskEnds, 0),
    };
    samples.push(sample);
    console.log(
      `${sample.minute.toFixed(1).padStart(6)} min  ${sample.rssMb.toFixed(0).padStart(5)} MB  pages p50 ${sample.p50.toFixed(0)} ms, p99 ${sample.p99.toFixed(0)} ms  database ${sample.dbMb.toFixed(0)} MB, ${sample.ends} ends`,
    );
  }
} finally {
  await server.stop();
}

// The first samples are of a process that warms up.
const third = Math.floor((samples.length - 1) / 3);
const mean = (part: readonly Sample[], of: 'rssMb' | 'p50' | 'p99') =>
  part.reduce((sum, one) => sum + one[of], 0) / part.length;
for (const [of, unit] of [
  ['rssMb', 'MB'],
  ['p50', 'ms'],
  ['p99', 'ms'],
] as const) {
  report({
    measure: `soak, ${MINUTES} min at ${values.speed} x: ${of} of the last third`,
    value: mean(samples.slice(-third), of),
    unit,
    floor: 'first third',
    floorValue: mean(samples.slice(1, 1 + third), of),
    bar: { most: FLAT },
  });
}
report({ measure: 'soak: requests that failed', value: failures, unit: '', bar: { most: 0 } });

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^${name} ([\\d.e+]+)`, 'm').exec(text)?.[1] ?? Number.NaN);
}

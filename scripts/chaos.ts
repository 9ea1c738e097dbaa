// `npm run chaos -- --minutes 10 --replicas 3`: collectors on one database, the leader killed at random; then what is
// stored is held against what happened. Exits with 1 where anything was lost or doubled.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { migrate } from '../lib/db/migrate';
import { createPool } from '../lib/db/pool';
import { isExact } from './chaos/compare-with-truth';
import { CHAOS_INTERVAL_MS, type ChaosReport, canBeApart, runChaos } from './chaos/run-chaos';
import { startPostgres } from './postgres.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    replicas: { type: 'string', default: '3' },
    speed: { type: 'string', default: '30' },
    seed: { type: 'string', default: '137' },
    // Each collector with a host name of its own: a lost leader is replaced once its lease runs out.
    apart: { type: 'boolean', default: false },
  },
});
const log = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
if (values.apart && !canBeApart()) throw new Error('--apart needs root (unshare --uts).');

const folder = mkdtempSync(join(tmpdir(), 'exit137-chaos-'));
const server = await startPostgres({ dataDir: folder });
const db = createPool(server.url);
try {
  await migrate({ url: server.url });
  const report = await runChaos({
    databaseUrl: server.url,
    db,
    seconds: Number(values.minutes) * 60,
    replicas: Number(values.replicas),
    speed: Number(values.speed),
    seed: Number(values.seed),
    apart: values.apart,
    log,
  });
  print(report);
  process.exitCode = isExact(report.comparison) && report.comparison.gaps.length === 0 ? 0 : 1;
} finally {
  await db.end();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

function print({ comparison, faults, terms, withoutLeader }: ChaosReport): void {
  const { ends, lost, doubled, drift, gaps, escaped } = comparison;
  console.log(`
ends that happened      ${ends}
lost                    ${lost.length === 0 ? 0 : lost.join('\n                        ')}
doubled                 ${doubled.length === 0 ? 0 : doubled.join('\n                        ')}
hours of wrong rollups  ${drift}
gaps                    ${gaps.length === 0 ? 0 : gaps.join('\n                        ')}
ledger, escaped         ${JSON.stringify(escaped)}
faults                  ${JSON.stringify(faults)}
terms of the lease      ${terms}
without a leader        killed:  ${spread(withoutLeader.killed)}
                        stopped: ${spread(withoutLeader.stopped)}
                        (three intervals: ${3 * CHAOS_INTERVAL_MS} ms; the lease runs 10 s at least)`);
}

function spread(sorted: readonly number[]): string {
  if (sorted.length === 0) return 'never';
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  return `${sorted.length} times, p50 ${at(0.5)} ms, max ${sorted.at(-1)} ms`;
}

/**
 * How soon a task end is stored after the master knew it, polls being 30 s apart, and what following the stream costs:
 * the collector in this process, the simulated cluster in another one, a Postgres of its own.
 *
 *   LOG_LEVEL=warn npx tsx bench/stream-latency.ts [--ends 200] [--speed 40]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';

import { migrate } from '@/lib/db/migrate';
import { createPool } from '@/lib/db/pool';
import { createMasterReader } from '@/lib/mesos/read-master';
import { newHolder } from '@/lib/poller/holder';
import { runLoop } from '@/lib/poller/loop';
import { createPollKick } from '@/lib/poller/poll-kick';
import { createStreams } from '@/lib/poller/streams';

import { startPostgres } from '../scripts/postgres.mjs';

const { values } = parseArgs({
  options: { ends: { type: 'string', default: '200' }, speed: { type: 'string', default: '40' } },
});
const ENDS = Number(values.ends);
const BAR_MS = 2_000;
const LONGEST_MS = 180_000;
// Nobody asks meanwhile: the bench's own questions would be most of it.
const CPU_PHASE_MS = 20_000;

type Sim = { child: ChildProcess; masters: string[]; control: string };
type TrueEnd = { taskId: string; agentId: string; finishedAt: string };

async function startSim(): Promise<Sim> {
  const args = ['--port=0', '--json-ready', '--with-parent', `--speed=${values.speed}`];
  const child = spawn(process.execPath, ['--import', 'tsx', 'sim/main.ts', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as Omit<Sim, 'child'>) };
}

async function truth(sim: Sim): Promise<TrueEnd[]> {
  const answer = await fetch(`${sim.control}/sim/truth`);
  return ((await answer.json()) as { ends: TrueEnd[] }).ends;
}

/** Milliseconds from the master's own time of each end to the row; asked for every 20 ms. */
async function latencies(pool: Pool, sim: Sim): Promise<number[]> {
  const seen = new Set((await truth(sim)).map(keyOf));
  const waiting = new Map<string, TrueEnd>();
  const found: number[] = [];
  const until = Date.now() + LONGEST_MS;
  while (found.length < ENDS && Date.now() < until) {
    for (const end of await truth(sim)) {
      if (!seen.has(keyOf(end))) waiting.set(keyOf(end), end);
      seen.add(keyOf(end));
    }
    for (let look = 0; look < 10; look += 1) {
      const ends = [...waiting.values()];
      const { rows } = await pool.query<{ task_id: string; agent_id: string; finished_at: Date }>(
        'SELECT task_id, agent_id, finished_at FROM task_end WHERE cluster_id = 1 AND task_id = ANY($1)',
        [ends.map(({ taskId }) => taskId)],
      );
      for (const row of rows) {
        const key = keyOf({
          taskId: row.task_id,
          agentId: row.agent_id,
          finishedAt: row.finished_at.toISOString(),
        });
        if (waiting.delete(key)) found.push(Date.now() - row.finished_at.getTime());
      }
      await pause(20);
    }
  }
  // What is not stored by now counts as late as it is.
  for (const end of waiting.values()) found.push(Date.now() - Date.parse(end.finishedAt));
  return found.sort((a, b) => a - b);
}

function keyOf({ taskId, agentId, finishedAt }: TrueEnd): string {
  return `${taskId} ${agentId} ${finishedAt}`;
}

function tell(line: {
  measure: string;
  value: number;
  unit: string;
  floor: string | null;
  floorValue: number | null;
  bar: string;
  pass: boolean;
}): void {
  const ratio = line.floorValue ? Number((line.value / line.floorValue).toFixed(3)) : null;
  process.stdout.write(`BENCH ${JSON.stringify({ ...line, ratio })}\n`);
}

const dataDir = await mkdtemp(join(tmpdir(), 'exit137-bench-'));
const server = await startPostgres({ dataDir });
const sim = await startSim();
const stop = new AbortController();
try {
  await migrate({ url: server.url });
  const pool = createPool(server.url, { max: 6 });
  const asking = createPool(server.url, { max: 1 });
  const source = { urls: sim.masters, credentials: null, timeoutMs: 20_000, ca: null };
  const master = createMasterReader(source);
  const kick = createPollKick();
  let updates = 0;
  const streams = createStreams({
    pool,
    master,
    marathons: [],
    kick: kick.kick,
    onUpdate: () => {
      updates += 1;
    },
  });
  const loop = runLoop(
    {
      pool,
      clusterName: 'bench',
      simulated: true,
      holder: newHolder(),
      intervalMs: 30_000,
      timeoutMs: 20_000,
      sources: { master, masterUrl: sim.masters.join(','), marathons: [], streams },
      followers: [streams],
      kick,
    },
    stop.signal,
  );
  await pause(10_000);
  const startedAt = Date.now();
  const found = await latencies(asking, sim);
  const tookMs = Date.now() - startedAt;
  const before = updates;
  const cpuBefore = process.cpuUsage();
  await pause(CPU_PHASE_MS);
  const cpu = process.cpuUsage(cpuBefore);
  const events = updates - before;
  const quantile = (share: number) => found[Math.ceil(share * found.length) - 1] ?? Number.NaN;

  const readBefore = process.cpuUsage();
  await master.read(stop.signal, new Map());
  const read = process.cpuUsage(readBefore);
  const msOf = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1_000;

  const roundTrips: number[] = [];
  for (let turn = 0; turn < 200; turn += 1) {
    const at = performance.now();
    await asking.query('SELECT 1');
    roundTrips.push(performance.now() - at);
  }
  roundTrips.sort((a, b) => a - b);
  const floor = { floor: 'SELECT 1, p99 (ms)', floorValue: roundTrips[197] ?? null };
  const [p50, p99] = [quantile(0.5), quantile(0.99)];
  process.stdout.write(
    `${found.length} ends in ${tookMs} ms, then ${events} updates in ${CPU_PHASE_MS} ms\n`,
  );
  const bar = `<= ${BAR_MS} ms`;
  tell({
    measure: 'end stored after the master knew it, p50',
    value: p50,
    unit: 'ms',
    ...floor,
    bar,
    pass: p50 <= BAR_MS,
  });
  tell({
    measure: 'end stored after the master knew it, p99',
    value: p99,
    unit: 'ms',
    ...floor,
    bar,
    pass: p99 <= BAR_MS,
  });
  const cpuMs = Math.round((msOf(cpu) / Math.max(1, events)) * 200);
  tell({
    measure: 'CPU of following 200 updates, their ends stored',
    value: cpuMs,
    unit: 'ms',
    floor: 'CPU of reading the same master once (ms)',
    floorValue: Math.round(msOf(read)),
    bar: '<= 2000 ms',
    pass: cpuMs <= 2_000,
  });
  stop.abort();
  await loop;
  await Promise.all([master.close(), pool.end(), asking.end()]);
} finally {
  stop.abort();
  sim.child.kill();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';

import { SCENARIO_NAMES, type ScenarioName } from '../../sim/scenarios/scenario';
import { startTestCluster } from '../../sim/test-cluster';
import { makeBundles } from '../bundles.mjs';
import { ROOT } from '../root.mjs';
import { type Comparison, compareWithTruth } from './compare-with-truth';

export type ChaosOptions = {
  /** For the collectors. */
  databaseUrl: string;
  /** For the questions asked here. */
  db: Pool;
  seconds: number;
  replicas: number;
  /** Model seconds per second of the simulated cluster. */
  speed: number;
  seed: number;
  /** Each collector under a host name of its own, so that none can see that another's process is gone. Needs root. */
  apart: boolean;
  log(line: string): void;
};

export type ChaosReport = {
  comparison: Comparison;
  /** What was done to leaders and others, by name. */
  faults: Record<string, number>;
  /** Holders of the lease, one after the other. */
  terms: number;
  /** Milliseconds from a leader's loss to the next one's lease, sorted. `stopped`: it stood still, and its lease ran out. */
  withoutLeader: { killed: number[]; stopped: number[] };
};

export const CHAOS_INTERVAL_MS = 1_000;
const TIMEOUT_MS = 2_000;
const LOOK_MS = 25;
/** More than the ring of completed tasks holds: what is lost by it is the master's loss. */
const OVERRUNS: ScenarioName = 'storm';

type Replica = { name: string; child: ChildProcess };

/**
 * Several collectors on one database, and a cluster whose tasks go on ending: the leader is killed with -9, stopped and
 * let go on, asked to end, at random moments; the dead are started again. At the end all is read once more and held
 * against what really happened.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { db, log } = options;
  await makeBundles(['poller']);
  const random = randomOf(options.seed);
  const between = (from: number, to: number) => from + random() * (to - from);
  let stoppedAt: number | null = null;
  const cluster = await startTestCluster({
    speed: options.speed,
    historySeconds: 3_600,
    ringSize: 20_000,
    seed: options.seed,
    realNow: () => stoppedAt ?? Date.now() / 1_000,
  });
  const faults: Record<string, number> = {};
  const withoutLeader = { killed: [] as number[], stopped: [] as number[] };
  let started = 0;
  const start = (): Replica => {
    started += 1;
    const name = `chaos-${started}`;
    return { name, child: startCollector(name, options, cluster) };
  };
  const replicas = Array.from({ length: options.replicas }, start);
  const triggered = SCENARIO_NAMES.filter((name) => name !== OVERRUNS);

  async function restart(replica: Replica, how: NodeJS.Signals): Promise<void> {
    replica.child.kill(how);
    await exited(replica.child);
    await pause(between(0, 3_000));
    Object.assign(replica, start());
  }

  try {
    const until = Date.now() + options.seconds * 1_000;
    const restarts: Promise<void>[] = [];
    let current = await leaderOf(db, replicas, null, until + 60_000);
    while (Date.now() < until) {
      await pause(between(500, 6_000));
      if (random() < 0.3) {
        const name = triggered[Math.trunc(random() * triggered.length)];
        if (name) cluster.simulation.trigger(name);
      }
      const leader = replicas.find(({ child }) => child.pid === current.pid);
      const other = replicas.find((one) => one !== leader && one.child.exitCode === null);
      const lot = random();
      const fault =
        lot < 0.65 ? 'killed' : lot < 0.85 ? 'stopped' : lot < 0.95 ? 'asked to end' : 'standby killed';
      if (fault === 'standby killed') {
        if (!other) continue;
        faults[fault] = (faults[fault] ?? 0) + 1;
        restarts.push(restart(other, 'SIGKILL'));
        continue;
      }
      if (!leader) {
        current = await leaderOf(db, replicas, null, until + 60_000);
        continue;
      }
      faults[fault] = (faults[fault] ?? 0) + 1;
      const since = Date.now();
      if (fault === 'stopped') {
        const stillFor = between(1_000, 20_000);
        leader.child.kill('SIGSTOP');
        const next = await Promise.race([
          leaderOf(db, replicas, current.token, until + 60_000),
          pause(stillFor, null),
        ]);
        if (next !== null) withoutLeader.stopped.push(Date.now() - since);
        // Let go on while the other leads, and in the middle of whatever it was doing.
        if (next !== null) await pause(between(0, 2_000));
        leader.child.kill('SIGCONT');
        log(
          `${leader.name} stopped for ${Date.now() - since} ms: ${next ? 'another took over' : 'it leads on'}`,
        );
        current = next ?? (await leaderOf(db, replicas, null, until + 60_000));
        continue;
      }
      restarts.push(restart(leader, fault === 'killed' ? 'SIGKILL' : 'SIGTERM'));
      current = await leaderOf(db, replicas, current.token, until + 60_000);
      if (fault === 'killed') withoutLeader.killed.push(Date.now() - since);
      log(`${leader.name} ${fault}: without a leader for ${Date.now() - since} ms`);
    }
    await Promise.all(restarts);
    // Nothing ends any more: what is stored after two whole polls is all there is.
    cluster.simulation.catchUp();
    stoppedAt = Date.now() / 1_000;
    await twoPolls(db);
    const comparison = await compareWithTruth(db, cluster.simulation.ends());
    const { token } = await leaderOf(db, replicas, null, Date.now() + 60_000);
    withoutLeader.killed.sort((a, b) => a - b);
    withoutLeader.stopped.sort((a, b) => a - b);
    return { comparison, faults, terms: Number(token), withoutLeader };
  } finally {
    for (const { child } of replicas) {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
    }
    await Promise.all(replicas.map(({ child }) => exited(child)));
    await cluster.stop();
  }
}

function startCollector(
  name: string,
  { databaseUrl, apart }: ChaosOptions,
  { masters, marathons }: { masters: string[]; marathons: string[] },
): ChildProcess {
  // Replaced by node: the same process, so that what is sent to it arrives.
  const command = apart
    ? [
        'unshare',
        '--uts',
        'sh',
        '-c',
        'hostname "$1" && exec "$2" dist/poller.mjs',
        'sh',
        name,
        process.execPath,
      ]
    : [process.execPath, 'dist/poller.mjs'];
  const [program = '', ...args] = command;
  return spawn(program, args, {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      DATABASE_URL: databaseUrl,
      MESOS_MASTER_URLS: masters.join(','),
      MARATHON_URLS: marathons.join(','),
      SIMULATED: 'true',
      POLL_INTERVAL_MS: String(CHAOS_INTERVAL_MS),
      POLL_TIMEOUT_MS: String(TIMEOUT_MS),
      LOG_LEVEL: 'silent',
    },
  });
}

/** Whether a process may have a host name of its own here. */
export function canBeApart(): boolean {
  return spawnSync('unshare', ['--uts', 'hostname', 'chaos'], { stdio: 'ignore' }).status === 0;
}

/** Waits for a living leader; with `after`, for one of a later token. Throws where there is none by `deadline`. */
async function leaderOf(
  db: Pool,
  replicas: readonly Replica[],
  after: string | null,
  deadline: number,
): Promise<{ pid: number; token: string }> {
  for (;;) {
    const { rows } = await db.query<{ holder: string; token: string }>(
      'SELECT holder, token::text FROM lease WHERE expires_at > clock_timestamp()',
    );
    const [row] = rows;
    const pid = Number(row?.holder.split('|')[1]);
    const isNew = row !== undefined && (after === null || BigInt(row.token) > BigInt(after));
    if (isNew && replicas.some(({ child }) => child.pid === pid && child.exitCode === null))
      return { pid, token: row.token };
    if (Date.now() > deadline) throw new Error('nobody took the lease over');
    await pause(LOOK_MS);
  }
}

async function twoPolls(db: Pool): Promise<void> {
  const polls = async () =>
    (await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM poll_run WHERE ok AND source = 'mesos'`))
      .rows[0]?.n ?? 0;
  const before = await polls();
  while ((await polls()) < before + 2) await pause(LOOK_MS);
}

async function exited(child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) await pause(LOOK_MS);
}

/** Mulberry32: the same faults for the same seed, if not at the same instants. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import { createMasterReader } from '@/lib/mesos/read-master';
import type { Credentials } from '@/lib/upstream/source';

import { compareWithTruth } from '../../scripts/chaos/compare-with-truth';
import type { Mode } from '../../sim/http/misbehaviour';
import type { MesosVersion } from '../../sim/model/mesos-version';
import type { Cluster } from '../../sim/start-cluster';
import { startTestCluster } from '../../sim/test-cluster';
import { newHolder } from './holder';
import { runLoop } from './loop';

// Two simulated masters, the real reader and the real loop on a real Postgres, polls alone: what a stream would tell in
// between must not hide what they miss. During each fault a row says what is wrong; after it, what is stored is what
// happened, each end once, or a row of `gap` covers it.

const INTERVAL_MS = 100;
const TIMEOUT_MS = 1_000;
const HOUR = 3_600;
const NO_LOGIN: Credentials = null;

let db: TestDatabase;
let cluster: Cluster;
let collector: { stop(): Promise<void> };

async function startSim(options: Parameters<typeof startTestCluster>[0] = {}): Promise<void> {
  cluster = await startTestCluster({
    historySeconds: HOUR,
    realNow: () => Date.now() / 1000,
    welcomes: false,
    ringSize: 5_000,
    ...options,
  });
}

function startCollector({
  urls = cluster.masters,
  credentials = NO_LOGIN,
  timeoutMs = TIMEOUT_MS,
}: {
  urls?: readonly string[];
  credentials?: Credentials;
  timeoutMs?: number;
} = {}): void {
  const master = createMasterReader({ urls: [...urls], credentials, timeoutMs, ca: null });
  const stopping = new AbortController();
  const done = runLoop(
    {
      pool: db.pool,
      clusterName: 'default',
      simulated: true,
      holder: newHolder(),
      intervalMs: INTERVAL_MS,
      timeoutMs,
      sources: { master, masterUrl: urls.join(','), marathons: [] },
    },
    stopping.signal,
  );
  collector = {
    async stop() {
      stopping.abort();
      await done;
      await master.close();
    },
  };
}

async function control(path: string): Promise<void> {
  const response = await fetch(`${cluster.control}/sim/${path}`, { method: 'POST' });
  expect(response.status).toBe(200);
}

const misbehave = (mode: Mode) => control(`misbehave?mode=${mode}`);

/** Some dozens of tasks end, of which no master has told yet. */
function goOn(seconds = HOUR / 2): void {
  cluster.simulation.skip(seconds);
}

type Poll = { ok: boolean; code: string | null; warnings: { code: string }[] };

async function pollsSince(since: Date): Promise<Poll[]> {
  const { rows } = await db.pool.query<Poll>(
    `SELECT ok, error_code AS code, warnings FROM poll_run WHERE source = 'mesos' AND started_at >= $1 ORDER BY started_at`,
    [since],
  );
  return rows;
}

/** Waits for a poll from now on that is as wanted, and gives all until then. */
async function polled(isWanted: (poll: Poll) => boolean): Promise<Poll[]> {
  const since = new Date();
  for (;;) {
    const polls = await pollsSince(since);
    if (polls.some(isWanted)) return polls;
    await pause(10);
  }
}

// Masters before 1.0 have no GET_TASKS, and each poll says so.
const isGood = ({ ok, warnings }: Poll) => ok && warnings.every(({ code }) => code !== 'state_truncated');

async function expectTruth(gaps: unknown = []): Promise<void> {
  await polled(isGood);
  await polled(isGood);
  const comparison = await compareWithTruth(db.pool, cluster.simulation.ends());
  expect(comparison).toMatchObject({ lost: [], doubled: [], drift: 0, gaps });
  expect(comparison.ends).toBeGreaterThan(50);
}

beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await collector?.stop();
  await cluster?.stop();
  await db.drop();
});

describe('a master that answers badly for a while', () => {
  const failures: [Mode, string][] = [
    ['500', 'MESOS_UNREACHABLE'],
    ['401', 'MESOS_AUTH_REFUSED'],
    ['403', 'MESOS_FORBIDDEN'],
    ['non-leader', 'MESOS_NO_LEADER'],
    ['redirect', 'MESOS_NO_LEADER'],
    ['gzip-broken', 'MESOS_BAD_PAYLOAD'],
    ['hang', 'MESOS_TIMEOUT'],
    ['drip', 'MESOS_TIMEOUT'],
  ];

  it('each fault is a row with its code, and nothing is lost or doubled after it', async () => {
    await startSim();
    startCollector();
    await polled(isGood);
    for (const [mode, wanted] of failures) {
      goOn();
      await misbehave(mode);
      goOn();
      await polled(({ code }) => code === wanted);
      await misbehave('none');
      await expectTruth();
    }
  }, 90_000);

  it.each(['truncate', 'cut'] as const)('%s: half a state is kept, and told to be half', async (mode) => {
    await startSim({ stateMb: 2 });
    startCollector();
    await polled(isGood);
    await misbehave(mode);
    goOn();
    await polled(({ ok, warnings }) => ok && warnings.some(({ code }) => code === 'state_truncated'));
    await misbehave('none');
    await expectTruth();
  });

  it('gzip that nobody asked for is read', async () => {
    await startSim();
    startCollector();
    await misbehave('gzip');
    await expectTruth();
  });
});

describe('a failover', () => {
  /** Ends that no row tells, and the spans of the gaps: each must lie in one. */
  async function expectLossInGaps(): Promise<number> {
    await polled(isGood);
    await polled(isGood);
    const { doubled, drift } = await compareWithTruth(db.pool, cluster.simulation.ends());
    expect({ doubled, drift }).toEqual({ doubled: [], drift: 0 });
    const stored = await db.pool.query<{ key: string }>(
      `SELECT task_id || ' ' || agent_id AS key FROM task_end`,
    );
    const keys = new Set(stored.rows.map(({ key }) => key));
    const { rows: gaps } = await db.pool.query<{ kind: string; from: Date; to: Date }>(
      `SELECT kind, from_at AS from, to_at AS to FROM gap`,
    );
    expect(new Set(gaps.map(({ kind }) => kind))).toEqual(new Set(['master_failover']));
    const lost = cluster.simulation.ends().filter((end) => !keys.has(`${end.taskId} ${end.agentId}`));
    const uncovered = lost.filter(
      ({ timestamp }) =>
        !gaps.some(({ from, to }) => timestamp * 1000 >= +from - 50 && timestamp * 1000 <= +to + 50),
    );
    expect(uncovered).toEqual([]);
    return lost.length;
  }

  it.each([
    ['both masters in the list', (masters: string[]) => masters],
    // The new leader is known only by the redirect of the old one, which comes back.
    ['in the other order', (masters: string[]) => [...masters].reverse()],
  ])('%s: what ended unseen is in a gap, all else is there once', async (_name, choose) => {
    await startSim();
    startCollector({ urls: choose([...cluster.masters]) });
    await expectTruth();
    const before = cluster.simulation.world.master.id;
    // The last poll before it fails: what ends now is lost to all but the agents.
    await misbehave('500');
    await polled(({ ok }) => !ok);
    goOn();
    await control('failover?seconds=0.5');
    await misbehave('none');
    // Agents come back, and life goes on under the new master.
    goOn();
    expect(await expectLossInGaps()).toBeGreaterThan(0);
    expect(cluster.simulation.world.master.id).not.toBe(before);
    // Back to the first, which is there again.
    await control('failover?seconds=0.2');
    goOn();
    await expectLossInGaps();
    await control('restart?seconds=0.2');
    goOn();
    await expectLossInGaps();
  });

  it('with every end told before it, none is lost', async () => {
    await startSim();
    startCollector();
    await expectTruth();
    await control('failover?seconds=0.3');
    // No task ends while the agents come back.
    goOn(6);
    goOn();
    await expectTruth([expect.stringContaining('master_failover')]);
  });

  it('in the middle of a poll: its half is kept, the whole comes from the new leader', async () => {
    await startSim({ stateMb: 12 });
    startCollector({ timeoutMs: 10_000 });
    await polled(isGood);
    for (let round = 0; round < 3; round += 1) {
      await pause(40 * round);
      await control('failover?seconds=0.3');
      goOn(10);
      await polled(isGood);
    }
    await expectLossInGaps();
  });

  it('of masters before 1.0, where one that does not lead shows an empty cluster', async () => {
    await startSim({ version: '0.28' satisfies MesosVersion });
    startCollector();
    await expectTruth();
    await control('failover?seconds=0.2');
    goOn();
    await expectLossInGaps();
    const { rows } = await db.pool.query('SELECT 1 FROM poll_run WHERE ok AND tasks_read = 0');
    expect(rows).toEqual([]);
  });

  it('all masters gone for a while', async () => {
    await startSim();
    startCollector();
    await expectTruth();
    await control('failover?seconds=1');
    await control('failover?seconds=1');
    await polled(({ code }) => code === 'MESOS_UNREACHABLE');
    goOn();
    await expectLossInGaps();
  });
});

describe('asking', () => {
  it('with the wrong login, then with the right one: all that the master still has is there', async () => {
    await startSim({ masterAuth: { kind: 'basic', user: 'exit137', password: 'secret' } });
    startCollector({ credentials: { username: 'exit137', password: 'wrong' } });
    await polled(({ code }) => code === 'MESOS_AUTH_REFUSED');
    await collector.stop();
    goOn();
    startCollector({ credentials: { username: 'exit137', password: 'secret' } });
    await expectTruth();
  });

  it('three masters of which the first hangs: the leader is read all the same, every time', async () => {
    await startSim();
    const { createServer } = await import('node:net');
    const hanging = createServer(() => {});
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const address = hanging.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    startCollector({ urls: [`http://127.0.0.1:${port}`, ...cluster.masters] });
    const since = new Date();
    await expectTruth();
    expect((await pollsSince(since)).filter(({ ok }) => !ok)).toEqual([]);
    hanging.close();
  });

  it('what was refused before launch is counted and never listed: no end is made of it', async () => {
    await startSim();
    startCollector();
    await expectTruth();
    await control('refuse');
    goOn();
    await expectTruth();
    const { counters } = cluster.simulation.world.master;
    expect(counters.get('master/tasks_error')).toBe(2);
  });
});

const BIG_MB = Number(process.env.FAULTS_STATE_MB ?? 20);

it(`a state of ${BIG_MB} MB that is cut in its middle, then whole (FAULTS_STATE_MB)`, async () => {
  await startSim({ stateMb: BIG_MB });
  startCollector({ timeoutMs: 60_000 });
  await polled(isGood);
  await misbehave('cut');
  goOn();
  await polled(({ ok, warnings }) => ok && warnings.some(({ code }) => code === 'state_truncated'));
  await misbehave('none');
  await expectTruth();
}, 300_000);

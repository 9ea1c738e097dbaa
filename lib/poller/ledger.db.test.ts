import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import { createAgentGate } from '@/lib/mesos/agent-gate';
import { createAgentReader } from '@/lib/mesos/read-agent';
import { createMasterReader } from '@/lib/mesos/read-master';

import { compareWithTruth } from '../../scripts/chaos/compare-with-truth';
import type { Cluster } from '../../sim/start-cluster';
import { startTestCluster } from '../../sim/test-cluster';
import { newHolder } from './holder';
import { runLoop } from './loop';
import { createPollKick } from './poll-kick';
import { createRefill } from './refill';
import { createStreams } from './streams';

// The ledger against the simulated masters, whose counters are right: with the real reader, streams, loop and refill.

const HOUR = 3_600;
const COMMON = { credentials: null, timeoutMs: 2_000, ca: null } as const;

let db: TestDatabase;
let cluster: Cluster;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await cluster.stop();
  await db.drop();
});

async function startSim(options: Parameters<typeof startTestCluster>[0] = {}): Promise<void> {
  cluster = await startTestCluster({
    historySeconds: HOUR,
    realNow: () => Date.now() / 1000,
    welcomes: false,
    ringSize: 5_000,
    ...options,
  });
}

function startCollector({ withStreams }: { withStreams: boolean }): void {
  const master = createMasterReader({ ...COMMON, urls: cluster.masters });
  const gate = createAgentGate();
  const agents = createAgentReader({ ...COMMON, gate });
  const kick = createPollKick();
  const streams = createStreams({ pool: db.pool, master, marathons: [], kick: kick.kick });
  const refill = createRefill({ pool: db.pool, reader: agents, roundPauseMs: 200 });
  const stopping = new AbortController();
  const done = runLoop(
    {
      pool: db.pool,
      clusterName: 'default',
      simulated: true,
      holder: newHolder(),
      intervalMs: 200,
      timeoutMs: COMMON.timeoutMs,
      sources: {
        master,
        masterUrl: cluster.masters.join(','),
        marathons: [],
        streams: {
          drain: withStreams ? streams.drain : async () => {},
          adopt(lease, state) {
            if (withStreams) streams.adopt(lease, state);
            refill.adopt(lease, state);
          },
        },
      },
      followers: withStreams ? [streams, refill] : [refill],
      kick,
    },
    stopping.signal,
  );
  closers.push(async () => {
    stopping.abort();
    await done;
    await Promise.all([master.close(), agents.close()]);
  });
}

async function control(path: string): Promise<void> {
  const response = await fetch(`${cluster.control}/sim/${path}`, { method: 'POST' });
  expect(response.status).toBe(200);
}

async function polls(): Promise<number> {
  const { rows } = await db.pool.query(
    `SELECT count(*)::int AS polls FROM poll_run WHERE source = 'mesos' AND ok`,
  );
  return rows[0].polls;
}

async function polled(more: number): Promise<void> {
  const until = (await polls()) + more;
  while ((await polls()) < until) await pause(20);
}

/** Sums over the states of the life that leads. */
async function ledger() {
  const { rows } = await db.pool.query(
    `SELECT l.master_id, sum(counted - base - refused)::int AS counted, sum(escaped)::int AS escaped,
            sum(uncounted)::int AS uncounted
     FROM ledger l JOIN cluster c ON c.elected_at = l.elected_at AND c.master_id = l.master_id GROUP BY 1`,
  );
  return rows[0] ?? { master_id: null, counted: 0, escaped: 0, uncounted: 0 };
}

/** Ends that happened and that no row tells. */
async function lostEnds() {
  const { rows } = await db.pool.query<{ key: string }>(
    `SELECT task_id || ' ' || agent_id AS key FROM task_end`,
  );
  const keys = new Set(rows.map(({ key }) => key));
  return cluster.simulation.ends().filter((end) => !keys.has(`${end.taskId} ${end.agentId}`));
}

it.each([{ withStreams: true }, { withStreams: false }])(
  'reads 0 all the time while tasks end all the time ($withStreams)',
  async ({ withStreams }) => {
    await startSim({ speed: 7_200 });
    startCollector({ withStreams });
    await polled(1);
    const seen = new Set<number>();
    for (let looks = 0; looks < 40; looks += 1) {
      seen.add((await ledger()).escaped);
      await pause(50);
    }
    expect([...seen]).toEqual([0]);
    expect((await ledger()).counted).toBeGreaterThan(20);
  },
);

it('tells to the end how many the ring lost, at the next poll', async () => {
  await startSim({ ringSize: 20 });
  startCollector({ withStreams: false });
  await polled(2);
  // What had ended by then is in the base.
  const began = cluster.simulation.ends().at(-1)?.timestamp ?? 0;
  cluster.simulation.skip(12 * HOUR);
  await polled(3);
  const { doubled } = await compareWithTruth(db.pool, cluster.simulation.ends());
  expect(doubled).toEqual([]);
  const lost = (await lostEnds()).filter(({ timestamp }) => timestamp > began);
  expect(lost.length).toBeGreaterThan(20);
  expect(await ledger()).toMatchObject({ escaped: lost.length });
  await polled(3);
  expect(await ledger()).toMatchObject({ escaped: lost.length });
});

it('after a failover the agents refill the gap, and the new master’s ledger reads 0', async () => {
  await startSim();
  startCollector({ withStreams: true });
  await polled(2);
  const first = await ledger();
  // They end while nobody listens.
  await control('misbehave?mode=500');
  cluster.simulation.skip(HOUR);
  await control('failover');
  await control('misbehave?mode=none');
  cluster.simulation.skip(60);
  let refilled = 0;
  while (refilled === 0) {
    const { rows } = await db.pool.query(
      `SELECT refilled FROM gap WHERE kind = 'master_failover' AND refilled_at IS NOT NULL`,
    );
    refilled = rows[0]?.refilled ?? 0;
    await pause(50);
  }
  await polled(2);
  const { doubled, drift } = await compareWithTruth(db.pool, cluster.simulation.ends());
  expect({ doubled, drift }).toEqual({ doubled: [], drift: 0 });
  expect(await lostEnds()).toEqual([]);
  expect(await ledger()).toMatchObject({ escaped: 0 });
  expect((await ledger()).master_id).not.toBe(first.master_id);
});

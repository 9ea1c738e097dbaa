import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { type AgentFacts, applyAgentFacts, type ContactRow, type ContainerRow } from './apply-agent-facts';
import { type Lease, takeLease } from './lease';

let db: TestDatabase;
let lease: Lease;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.pool.query(`INSERT INTO cluster (id, name) VALUES (1, 'c1')`);
  const taken = await takeLease(db.pool, { clusterId: 1, holder: 'me', ttlMs: 60_000 });
  if (!taken) throw new Error('no lease');
  lease = taken;
});
afterAll(() => db.drop());

const at = (clock: string): Date => new Date(`2026-03-01T${clock}Z`);
const nothing: AgentFacts = { containers: [], contacts: [], appMemory: [], taskMemory: [] };
const apply = (facts: Partial<AgentFacts>) => applyAgentFacts(db.pool, lease, { ...nothing, ...facts });
const only = async (table: string) =>
  (await db.pool.query(`SELECT * FROM ${table} WHERE cluster_id = 1`)).rows[0];

const container = (more: Partial<ContainerRow> = {}): ContainerRow => ({
  containerId: 'c1',
  dockerId: null,
  pid: 11,
  frameworkId: 'f1',
  taskId: 't1',
  agentId: 'a1',
  host: 'node-1',
  appId: '/shop',
  memLimitBytes: 100,
  toldBy: 'agent',
  seenAt: at('10:00:00'),
  ...more,
});

it('keeps the Docker id and the pid of a status update, whatever agents say before and after', async () => {
  await apply({ containers: [container()] });
  await apply({
    containers: [
      container({
        toldBy: 'status',
        dockerId: 'd1',
        pid: 22,
        host: null,
        appId: null,
        seenAt: at('10:01:00'),
      }),
      container({ pid: 12, memLimitBytes: 200, seenAt: at('10:02:00') }),
    ],
  });
  await apply({ containers: [container({ pid: 12, memLimitBytes: 200, seenAt: at('10:02:00') })] });
  expect(await only('container')).toMatchObject({
    docker_id: 'd1',
    pid: 22,
    told_by: 'status',
    host: 'node-1',
    app_id: '/shop',
    mem_limit_bytes: '200',
    first_seen_at: at('10:00:00'),
    last_seen_at: at('10:02:00'),
  });
});

it('remembers when an agent answered last, though it no longer does', async () => {
  const contact: ContactRow = {
    agentId: 'a1',
    askedAt: at('10:00:00'),
    answeredAt: at('10:00:01'),
    errorCode: null,
    skewMs: -90_000,
    containers: 4,
  };
  await apply({ contacts: [contact] });
  await apply({
    contacts: [
      {
        ...contact,
        askedAt: at('10:05:00'),
        answeredAt: null,
        errorCode: 'AGENT_TIMEOUT',
        skewMs: null,
        containers: null,
      },
    ],
  });
  expect(await only('agent_contact')).toEqual({
    cluster_id: 1,
    agent_id: 'a1',
    asked_at: at('10:05:00'),
    answered_at: at('10:00:01'),
    error_code: 'AGENT_TIMEOUT',
    skew_ms: -90_000,
    containers: 4,
  });
});

it('a bucket written twice keeps its peak', async () => {
  const row = { appId: '/shop', at: at('10:00:00'), maxBytes: 50, meanBytes: 20, limitBytes: 100, tasks: 3 };
  await apply({ appMemory: [row] });
  await apply({ appMemory: [{ ...row, maxBytes: 40, meanBytes: 30, tasks: 2 }] });
  expect(await only('app_memory')).toMatchObject({
    max_bytes: '50',
    mean_bytes: '30',
    tasks: 3,
    limit_bytes: '100',
  });
});

it('a shorter series of a task takes nothing away', async () => {
  const endId = '00000000-0000-8000-a000-000000000001';
  await apply({
    taskMemory: [
      {
        endId,
        limitBytes: 9,
        samples: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
  });
  await apply({ taskMemory: [{ endId, limitBytes: 8, samples: [[3, 4]] }] });
  expect(await only('task_memory')).toMatchObject({
    limit_bytes: '9',
    samples: [
      [1, 2],
      [3, 4],
    ],
  });
});

it('writes 10,000 containers at once, and text that Postgres refuses', async () => {
  await apply({
    containers: Array.from({ length: 10_000 }, (_, index) =>
      container({ containerId: `n${index}`, taskId: 'a\0b' }),
    ),
  });
  const { rows } = await db.pool.query(`SELECT count(*)::int AS n FROM container WHERE task_id = 'a\u2400b'`);
  expect(rows).toEqual([{ n: 10_000 }]);
});

it('writes nothing once the lease is another’s', async () => {
  const lost = { ...lease, token: '0' };
  const work = applyAgentFacts(db.pool, lost, {
    ...nothing,
    containers: [container({ containerId: 'late' })],
  });
  await expect(work).rejects.toMatchObject({ code: 'LEASE_LOST' });
  const { rowCount } = await db.pool.query(`SELECT 1 FROM container WHERE container_id = 'late'`);
  expect(rowCount).toBe(0);
});

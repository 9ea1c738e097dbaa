import { afterAll, beforeAll, expect, it } from 'vitest';

import { closePool, pool } from './pool';
import { prisma } from './prisma';
import { createTestDatabase, type TestDatabase } from './test-database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  process.env.DATABASE_URL = database.url;
});
afterAll(async () => {
  await closePool();
  await database.drop();
});

it('reads through Prisma what was written by SQL, instants and JSON included', async () => {
  const at = new Date('2026-11-25T01:02:03.456Z');
  await pool().query(
    `INSERT INTO cluster (name, created_at, counters) VALUES ('prod', $1, '{"master/tasks_failed": 137}')`,
    [at],
  );
  const found = await prisma().cluster.findUniqueOrThrow({ where: { name: 'prod' } });
  expect(found).toMatchObject({ name: 'prod', createdAt: at, counters: { 'master/tasks_failed': 137 } });
});

it('finds rows of a partition by way of the parent, and follows relations', async () => {
  const { id: clusterId } = await prisma().cluster.create({ data: { name: 'west' } });
  const seen = { firstSeenAt: new Date(0), lastSeenAt: new Date(0) };
  await prisma().agent.create({ data: { clusterId, agentId: 'S1', hostname: 'h1', active: true, ...seen } });
  await pool().query("SELECT exit137_ensure_month('exposure_hour', '2026-11-25Z')");
  const hour = new Date('2026-11-25T01:00:00Z');
  await prisma().exposureHour.create({
    data: { clusterId, hour, kind: 'host', subject: 'h1', taskSeconds: 60 },
  });
  expect(await prisma().exposureHour.count({ where: { clusterId, hour } })).toBe(1);
  const west = await prisma().cluster.findUnique({ where: { name: 'west' }, include: { agents: true } });
  expect(west?.agents.map(({ hostname }) => hostname)).toEqual(['h1']);
});

it('is one client, on the pool of this process', () => {
  expect(prisma()).toBe(prisma());
  expect(pool()).toBe(pool());
});

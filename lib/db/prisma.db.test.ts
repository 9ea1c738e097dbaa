import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPool } from './pool';
import { prismaOn } from './prisma';
import { createTestDatabase, type TestDatabase } from './test-database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('reads through Prisma what was written by SQL, instants and JSON included', async () => {
  const at = new Date('2026-11-25T01:02:03.456Z');
  await database.pool.query(
    `INSERT INTO cluster (name, created_at, counters) VALUES ('prod', $1, '{"master/tasks_failed": 137}')`,
    [at],
  );
  const found = await prismaOn(database.pool).cluster.findUniqueOrThrow({ where: { name: 'prod' } });
  expect(found).toMatchObject({ name: 'prod', createdAt: at, counters: { 'master/tasks_failed': 137 } });
});

it('finds rows of a partition by way of the parent, and follows relations', async () => {
  const prisma = prismaOn(database.pool);
  const { id: clusterId } = await prisma.cluster.create({ data: { name: 'west' } });
  const seen = { firstSeenAt: new Date(0), lastSeenAt: new Date(0) };
  await prisma.agent.create({ data: { clusterId, agentId: 'S1', hostname: 'h1', active: true, ...seen } });
  await database.pool.query("SELECT exit137_ensure_month('exposure_hour', '2026-11-25Z')");
  const hour = new Date('2026-11-25T01:00:00Z');
  await prisma.exposureHour.create({
    data: { clusterId, hour, kind: 'host', subject: 'h1', taskSeconds: 60 },
  });
  expect(await prisma.exposureHour.count({ where: { clusterId, hour } })).toBe(1);
  const west = await prisma.cluster.findUnique({ where: { name: 'west' }, include: { agents: true } });
  expect(west?.agents.map(({ hostname }) => hostname)).toEqual(['h1']);
});

it('is one client a pool', async () => {
  const other = createPool(database.url);
  expect(prismaOn(database.pool)).toBe(prismaOn(database.pool));
  expect(prismaOn(other)).not.toBe(prismaOn(database.pool));
  await other.end();
});

describe('a failure of the connection is DATABASE_UNAVAILABLE, and tells nothing of the URL', () => {
  it.each([
    ['nobody listens', 'postgres://u:hunter2@127.0.0.1:1/hunter2', 'ECONNREFUSED'],
    ['no such socket', 'postgres://u:hunter2@localhost/hunter2?host=/hunter2', 'ENOENT'],
  ])('%s', async (_, url, code) => {
    const pool = createPool(url);
    const thrown: unknown = await prismaOn(pool)
      .cluster.findMany()
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      name: 'AppError',
      code: 'DATABASE_UNAVAILABLE',
      message: `Postgres cannot be used now (${code})`,
      cause: undefined,
    });
    await pool.end();
  });

  it('a pool that was closed', async () => {
    const pool = createPool(database.url);
    await pool.end();
    await expect(prismaOn(pool).cluster.findMany()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });
});

it('any other failure stays what it is', async () => {
  const wrong = prismaOn(database.pool).cluster.findMany({ where: { id: 99_999 } });
  await expect(wrong).rejects.toMatchObject({ code: 'P2020' });
});

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { runChaos } from '../../scripts/chaos/run-chaos';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

// `npm run chaos -- --minutes 10` is the long one.
it('three collectors, the leader killed and stopped at random: nothing lost, nothing doubled', async () => {
  const report = await runChaos({
    databaseUrl: db.url,
    db: db.pool,
    seconds: 12,
    replicas: 3,
    speed: 60,
    seed: 137,
    apart: false,
    log: () => {},
  });
  expect(report.comparison).toMatchObject({ lost: [], doubled: [], drift: 0, gaps: [] });
  expect(report.comparison.ends).toBeGreaterThan(100);
  expect(report.terms).toBeGreaterThan(2);
  expect(report.withoutLeader.killed.length).toBeGreaterThan(0);
}, 120_000);

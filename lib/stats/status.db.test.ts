import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { collectorTotals } from './collector-totals';
import { insertCluster } from './ends-for-tests';
import { checkReadiness } from './readiness';
import { status } from './status';
import { strip } from './strip';

const now = new Date('2026-11-25T12:00:00Z');
const input = {
  version: '1.2.3',
  role: 'all' as const,
  pollIntervalMs: 30_000,
  simulated: false,
  retentionDays: 400,
  sandboxRetentionDays: 30,
};
const stripInput = { pollIntervalMs: 30_000, simulated: false, timeZone: 'Europe/Berlin', hasMasters: true };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.pool.query('TRUNCATE cluster, poll_run, poll_total, gap, lease, ledger, stream CASCADE');
});

async function insertPolls(
  polls: {
    secondsAgo: number;
    source?: string;
    error?: [string, string];
    clusterId?: number;
    rejected?: number;
  }[],
) {
  for (const { secondsAgo, source = 'mesos', error, clusterId = 1, rejected = 0 } of polls) {
    const startedAt = new Date(now.getTime() - secondsAgo * 1000 - 250);
    await db.pool.query(
      `INSERT INTO poll_run (cluster_id, source, started_at, finished_at, ok, error_code, error_message, url, bytes,
                             tasks_read, ends_new, rejected, rejects, warnings)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'http://ops:hunter2@master-1:5050', 1000, 10, 1, $8, $9, '[]')`,
      [
        clusterId,
        source,
        startedAt,
        new Date(startedAt.getTime() + 250),
        error === undefined,
        error?.[0] ?? null,
        error?.[1] ?? null,
        rejected,
        JSON.stringify(rejected > 0 ? [{ where: 'x', why: 'y', sample: 'z' }] : []),
      ],
    );
  }
}
const east = {
  id: 1,
  name: 'east',
  firstPolledAt: '2026-11-25T10:00:00Z',
  lastPolledAt: '2026-11-25T12:00:00Z',
};

describe('status', () => {
  it('is blind before anything was read', async () => {
    expect(await status(db.pool, input, now)).toMatchObject({
      health: 'blind',
      clusters: [],
      sources: [],
      polls: [],
    });
    expect(await strip(db.pool, stripInput, now)).toMatchObject({
      health: 'blind',
      notice: 'No Mesos master has been read yet.',
      lastSuccessAt: null,
      timeZone: 'Europe/Berlin',
    });
  });

  it("tells each source's last success, lag, last error and rejects, masters first", async () => {
    await insertCluster(db.pool, east);
    await insertPolls([
      {
        secondsAgo: 300,
        error: ['MESOS_TIMEOUT', 'no answer from http://ops:hunter2@master-1:5050 in 20 s'],
      },
      { secondsAgo: 15, rejected: 2 },
      { secondsAgo: 40, source: 'marathon:http://ops:hunter2@m:8080' },
      {
        secondsAgo: 10,
        source: 'marathon:http://ops:hunter2@m:8080',
        error: ['MARATHON_UNREACHABLE', 'refused'],
      },
      {
        secondsAgo: 5,
        source: 'marathon:http://ops:hunter2@m:8080',
        error: ['MARATHON_UNREACHABLE', 'refused'],
      },
    ]);
    const body = await status(db.pool, input, now);
    expect(body.health).toBe('degraded');
    expect(body.sources).toEqual([
      expect.objectContaining({
        cluster: 'east',
        source: 'mesos',
        health: 'ok',
        lastSuccessAt: '2026-11-25T11:59:45.000Z',
        lagSeconds: 15,
        failuresInARow: 0,
        lastDurationMs: 250,
        rejected: 2,
        rejects: [{ where: 'x', why: 'y', sample: 'z' }],
        lastError: expect.objectContaining({ code: 'MESOS_TIMEOUT', at: '2026-11-25T11:55:00.000Z' }),
      }),
      expect.objectContaining({
        source: 'marathon:http://m:8080',
        health: 'failing',
        failuresInARow: 2,
        lastSuccessAt: '2026-11-25T11:59:20.000Z',
        lastError: expect.objectContaining({
          message: 'refused',
          cure: expect.stringContaining('MARATHON_URLS'),
        }),
      }),
    ]);
    expect(body.polls.map(({ ok }) => ok)).toEqual([false, false, true, true, false]);
  });

  it('shows no credentials anywhere', async () => {
    await insertCluster(db.pool, east);
    await db.pool.query(`UPDATE cluster SET master_url = 'http://ops:hunter2@master-1:5050'`);
    await insertPolls([
      {
        secondsAgo: 5,
        source: 'marathon:http://ops:hunter2@m:8080',
        error: ['X', 'GET http://ops:hunter2@m failed'],
      },
    ]);
    const bodies = [
      await status(db.pool, input, now),
      await strip(db.pool, stripInput, now),
      await collectorTotals(db.pool, now),
    ];
    expect(JSON.stringify(bodies)).not.toMatch(/hunter2|ops:/);
  });

  it('leaves out a source that is no longer configured', async () => {
    await insertCluster(db.pool, east);
    await insertPolls([{ secondsAgo: 5 }, { secondsAgo: 3_700, source: 'marathon:http://old' }]);
    const body = await status(db.pool, input, now);
    expect(body.sources.map(({ source }) => source)).toEqual(['mesos']);
    expect(body.health).toBe('ok');
  });

  it('shows who holds the lease, and whether it ran out', async () => {
    await insertCluster(db.pool, east);
    await db.pool.query(
      `INSERT INTO lease VALUES (1, 'host:1', 9007199254740993, '2026-11-25T11:00:00Z', '2026-11-25T12:00:00Z')`,
    );
    const body = await status(db.pool, input, now);
    expect(body.clusters[0]?.lease).toEqual({
      holder: 'host:1',
      token: '9007199254740993',
      acquiredAt: '2026-11-25T11:00:00.000Z',
      expiresAt: '2026-11-25T12:00:00.000Z',
      expired: true,
    });
  });

  it('tells of the database', async () => {
    const { database } = await status(db.pool, input, now);
    expect(database.sizeBytes).toBeGreaterThan(1_000_000);
    expect(database.version).toMatch(/^\d+/);
    expect(database.migrations).toBeGreaterThan(0);
  });
});

describe('strip', () => {
  it.each<{ when: string; polls: Parameters<typeof insertPolls>[0]; health: string; notice: string | null }>([
    { when: 'all read', polls: [{ secondsAgo: 5 }], health: 'ok', notice: null },
    {
      when: 'no collector runs',
      polls: [{ secondsAgo: 600 }],
      health: 'degraded',
      notice:
        'The Mesos master of east was last read 10 min ago, and no collector seems to run: what ended since then is missing.',
    },
    {
      when: 'the master fails since a moment',
      polls: [{ secondsAgo: 40 }, { secondsAgo: 10, error: ['MESOS_TIMEOUT', 'No answer in 20 s'] }],
      health: 'degraded',
      notice: 'The Mesos master of east cannot be read; last success 40 s ago. No answer in 20 s.',
    },
    {
      when: 'the master fails since long',
      polls: [{ secondsAgo: 7_300 }, { secondsAgo: 10, error: ['MESOS_TIMEOUT', 'No answer in 20 s.'] }],
      health: 'degraded',
      notice:
        'The Mesos master of east cannot be read; last success 2 h ago. No answer in 20 s. What ended since then is missing.',
    },
    {
      when: 'the master was never read',
      polls: [{ secondsAgo: 10, error: ['MESOS_NO_LEADER', 'No master leads'] }],
      health: 'blind',
      notice: 'No Mesos master has been read yet: No master leads.',
    },
    {
      when: 'Marathon was never read',
      polls: [{ secondsAgo: 5 }, { secondsAgo: 5, source: 'marathon:http://m', error: ['X', 'refused'] }],
      health: 'degraded',
      notice: 'Marathon http://m of east has not been read yet: refused.',
    },
    {
      when: 'Marathon has another address since a moment',
      polls: [
        { secondsAgo: 5 },
        { secondsAgo: 5, source: 'marathon:http://new' },
        { secondsAgo: 200, source: 'marathon:http://old' },
      ],
      health: 'degraded',
      notice:
        'Marathon http://old of east was last read 3 min ago, while its master still is: is it configured any more?',
    },
  ])('$when: $notice', async ({ polls, health, notice }) => {
    await insertCluster(db.pool, east);
    await insertPolls(polls);
    expect(await strip(db.pool, stripInput, now)).toMatchObject({ health, notice, clusters: ['east'] });
  });

  it('says that no master is configured rather than that none was read', async () => {
    const given = { ...stripInput, hasMasters: false };
    expect(await strip(db.pool, given, now)).toMatchObject({
      health: 'blind',
      notice: 'No Mesos master is configured: set MESOS_MASTER_URLS and start again.',
    });
  });

  it('tells of entries that were left out, and of a state that was cut, though all is read', async () => {
    await insertCluster(db.pool, east);
    await insertPolls([{ secondsAgo: 5 }]);
    const notice = async () => (await strip(db.pool, stripInput, now)).notice;
    expect(await notice()).toBeNull();
    await db.pool.query('UPDATE poll_run SET rejected = 549');
    expect(await notice()).toBe(
      '549 entries of the last poll could not be understood and were left out; all others are stored.',
    );
    await db.pool.query(`UPDATE poll_run SET warnings = '[{"code": "state_truncated", "message": "cut"}]'`);
    expect(await notice()).toBe(
      'The Mesos master of east sent a state that was cut short: what stood in the rest of it is missing.',
    );
  });

  it('says that a simulated cluster is one, whoever asks', async () => {
    await insertCluster(db.pool, east);
    expect((await strip(db.pool, stripInput, now)).simulated).toBe(false);
    expect((await strip(db.pool, { ...stripInput, simulated: true }, now)).simulated).toBe(true);
    await db.pool.query('UPDATE cluster SET simulated = true');
    expect((await strip(db.pool, stripInput, now)).simulated).toBe(true);
  });
});

describe('checkReadiness', () => {
  it('resolves on a migrated database', async () => {
    await expect(checkReadiness(db.pool)).resolves.toBeUndefined();
  });

  it('is MIGRATION_FAILED where a migration has not finished, or there are no tables', async () => {
    const other = await createTestDatabase();
    try {
      await other.pool.query(`UPDATE _prisma_migrations SET finished_at = NULL`);
      await expect(checkReadiness(other.pool)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
      await other.pool.query('DROP TABLE _prisma_migrations');
      await expect(checkReadiness(other.pool)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    } finally {
      await other.drop();
    }
  });
});

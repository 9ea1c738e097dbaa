import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  AppDetailBody,
  AppRatesBody,
  HostDetailBody,
  HostRatesBody,
  OverviewBody,
} from '@/lib/contracts/stats';
import { TaskDetailBody, TasksBody } from '@/lib/contracts/task';
import { seedForTests } from '@/lib/db/seed-for-tests';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { appDetail } from './app-detail';
import { appRates } from './app-rates';
import { hostDetail } from './host-detail';
import { hostRates } from './host-rates';
import { listTasks } from './list-tasks';
import { overview } from './overview';
import { taskDetail } from './task-detail';

const now = new Date('2026-11-25T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const day = { from: hoursAgo(24), to: now };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

describe('before the first poll', () => {
  it('is blind, empty and without comparison', async () => {
    const body = await overview(db.pool, { ...day, pollIntervalMs: 30_000 }, now);
    expect(OverviewBody.parse(body)).toMatchObject({
      verdict: { tone: 'blind' },
      now: { ended: 0, failureShare: null, failuresPer1000TaskHours: null },
      weekBefore: null,
      hosts: [],
      apps: [],
      newest: [],
      agents: { listed: 0, inactive: 0 },
      tasksRunning: null,
    });
    expect(body.timeline.buckets.every(({ coverage }) => coverage === 'none')).toBe(true);
  });
});

describe('on a plausible week', () => {
  beforeAll(async () => {
    await seedForTests(db.pool, { now });
  });

  it('agrees with itself: figures, chart, causes, hosts and a plain count are one number', async () => {
    const body = await overview(db.pool, { ...day, pollIntervalMs: 30_000 }, now);
    expect(OverviewBody.safeParse(body).error).toBeUndefined();
    const { rows } = await db.pool.query(
      `SELECT count(*)::int AS ended, (count(*) FILTER (WHERE disposition = 'failure'))::int AS failed
       FROM task_end WHERE finished_at >= $1 AND finished_at < $2 AND reopened_at IS NULL`,
      [day.from, day.to],
    );
    const charted = body.timeline.buckets.flatMap(({ counts }) => Object.values(counts ?? {}));
    const hosts = await hostRates(db.pool, { ...day, limit: 1000 }, now);
    expect(body.now).toMatchObject(rows[0]);
    expect(charted.reduce((a, b) => a + b, 0)).toBe(rows[0].ended);
    expect(body.causes.reduce((sum, { ends }) => sum + ends, 0)).toBe(rows[0].ended);
    expect(hosts.items.reduce((sum, { failed }) => sum + failed, 0)).toBe(rows[0].failed);
    expect(hosts.fleet).toEqual(body.now);
    expect(hosts.items.reduce((sum, { taskHours }) => sum + taskHours, 0)).toBeCloseTo(body.now.taskHours, 6);
  });

  it('compares with last week only where exit137 watched all of those hours', async () => {
    const known = await overview(db.pool, { ...day, pollIntervalMs: 30_000 }, now);
    expect(known.weekBefore?.ended).toBeGreaterThan(0);
    const unknown = await overview(db.pool, { from: hoursAgo(48), to: now, pollIntervalMs: 30_000 }, now);
    expect(unknown.weekBefore).toBeNull();
  });

  it('compares a window that still runs with as much of last week', async () => {
    const query = { from: hoursAgo(12), pollIntervalMs: 30_000 };
    const running = await overview(db.pool, { ...query, to: hoursAgo(-12) }, now);
    const sofar = await overview(db.pool, { ...query, to: now }, now);
    expect(running.now).toEqual(sofar.now);
    expect(running.weekBefore).toEqual(sofar.weekBefore);
    expect(running.verdict.tone).toBe(sofar.verdict.tone);
  });

  it('says nothing of a time to come, nor good of one before anybody watched', async () => {
    const future = await overview(
      db.pool,
      { from: hoursAgo(-1), to: hoursAgo(-25), pollIntervalMs: 30_000 },
      now,
    );
    expect(future).toMatchObject({ verdict: { tone: 'blind' }, weekBefore: null, now: { ended: 0 } });
    const past = await overview(
      db.pool,
      { from: hoursAgo(24 * 30), to: hoursAgo(24 * 29), pollIntervalMs: 30_000 },
      now,
    );
    expect(past).toMatchObject({ verdict: { tone: 'blind' }, weekBefore: null, now: { ended: 0 } });
  });

  it('is blind where the polls stopped', async () => {
    const later = new Date(now.getTime() + 600_000);
    const body = await overview(db.pool, { from: now, to: later, pollIntervalMs: 30_000 }, later);
    expect(body.verdict.tone).toBe('blind');
    expect(body.timeline.buckets.at(-1)).toMatchObject({ coverage: 'none', counts: null });
  });

  it('finds the host whose disk is full first among the week', async () => {
    const { items } = await hostRates(db.pool, { from: hoursAgo(168), to: now, limit: 1000 }, now);
    expect(items[0]).toMatchObject({
      hostname: 'agent-07.fra.example.net',
      topCause: 'no_space_left_on_device',
    });
    expect(items[0]?.chance).toBeLessThan(1e-6);
    expect(items.find(({ hostname }) => hostname === 'agent-11.fra.example.net')).toMatchObject({
      listed: false,
    });
  });

  it('answers every page by its contract', async () => {
    const hosts = await hostRates(db.pool, { ...day, limit: 1000 }, now);
    const apps = await appRates(db.pool, { ...day, limit: 1000 }, now);
    const tasks = await listTasks(db.pool, { from: null, to: null, limit: 500 }, now);
    expect(HostRatesBody.safeParse(hosts).error).toBeUndefined();
    expect(AppRatesBody.safeParse(apps).error).toBeUndefined();
    expect(TasksBody.safeParse(tasks).error).toBeUndefined();
    for (const { hostname } of hosts.items)
      expect(
        HostDetailBody.safeParse(await hostDetail(db.pool, { ...day, hostname }, now)).error,
      ).toBeUndefined();
    for (const { appId } of apps.items)
      expect(AppDetailBody.safeParse(await appDetail(db.pool, { ...day, appId }, now)).error).toBeUndefined();
    for (const { cluster, taskId } of tasks.items.slice(0, 20))
      expect(
        TaskDetailBody.safeParse(await taskDetail(db.pool, { cluster, taskId }, now)).error,
      ).toBeUndefined();
  });

  it('knows a host by its agents, apps and newest failures, and no host that never was', async () => {
    const body = await hostDetail(db.pool, { ...day, hostname: 'agent-07.fra.example.net' }, now);
    expect(body?.agents).toEqual([
      expect.objectContaining({ version: '1.11.0', attributes: { rack: 'a', zone: 'fra1' } }),
    ]);
    expect(body?.apps.reduce((sum, { failed }) => sum + failed, 0)).toBe(body?.rate.failed);
    expect(
      body?.newest.every(
        ({ host, disposition }) => host === 'agent-07.fra.example.net' && disposition === 'failure',
      ),
    ).toBe(true);
    expect(await hostDetail(db.pool, { ...day, hostname: 'nowhere' }, now)).toBeNull();
  });

  it('runs inside a transaction of one session', async () => {
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN READ ONLY');
      const body = await overview(client, { ...day, pollIntervalMs: 30_000 }, now);
      await client.query('COMMIT');
      expect(body.now.ended).toBeGreaterThan(0);
    } finally {
      client.release();
    }
  });
});

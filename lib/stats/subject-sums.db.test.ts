import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Window } from '@/lib/contracts/window';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { appRates } from './app-rates';
import { type ClusterScope, clustersInScope } from './cluster-scope';
import { type EndForTest, insertCluster, insertEnds, insertExposure } from './ends-for-tests';
import { hostRates } from './host-rates';
import { rankFailing } from './rank-failing';

const NOW = new Date('2026-11-25T12:00:00Z');
const DAYS = 6;
const CAUSES = ['oom_cgroup_limit', 'oom_host', 'app_exit_nonzero', 'image_pull_failure'];

let db: TestDatabase;
let clusters: readonly ClusterScope[];

/** The same numbers at every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const hoursAgo = (hours: number) => new Date(NOW.getTime() - Math.round(hours * 3600) * 1000);

beforeAll(async () => {
  db = await createTestDatabase();
  const polled = { firstPolledAt: hoursAgo(75).toISOString(), lastPolledAt: NOW.toISOString() };
  await insertCluster(db.pool, { id: 1, name: 'east', ...polled });
  await insertCluster(db.pool, { id: 2, name: 'west', ...polled });
  const random = createRandom(5);
  const ends = Array.from({ length: 900 }, (_, index): EndForTest => {
    const failed = random() < 0.4;
    const isKilled = random() < 0.5;
    return {
      // Some of a time to come, by a clock that is fast.
      at: hoursAgo(random() * (DAYS * 24 + 3) - 3).toISOString(),
      clusterId: random() < 0.7 ? 1 : 2,
      taskId: `task-${index}`,
      host: `node-${Math.floor(random() * 5)}`,
      appId: random() < 0.2 ? null : `/app-${Math.floor(random() * 4)}`,
      state: isKilled ? 'TASK_KILLED' : 'TASK_FAILED',
      disposition: failed ? 'failure' : random() < 0.5 ? 'normal' : 'unexplained',
      cause: failed ? (CAUSES[Math.floor(random() * CAUSES.length)] ?? 'unknown') : 'finished',
      reopened: random() < 0.05,
    };
  });
  await insertEnds(db.pool, ends);
  // Task-hours are counted since 75 hours ago in one cluster, in the middle of a day, and since 30 in the other.
  const rows = [1, 2].flatMap((clusterId) =>
    Array.from({ length: clusterId === 1 ? 75 : 30 }, (_, ago) => ({ clusterId, hour: hoursAgo(ago + 1) })),
  );
  await db.pool.query(
    `INSERT INTO exposure_hour (cluster_id, hour, kind, subject, task_seconds)
     SELECT c, h, kind, subject, 1000 + abs(hashtext(h::text || subject)) % 9000
     FROM unnest($1::int[], $2::timestamptz[]) AS of (c, h),
          (SELECT 'host' AS kind, 'node-' || n AS subject FROM generate_series(0, 5) AS n
           UNION ALL SELECT 'app', '/app-' || n FROM generate_series(0, 4) AS n) AS who`,
    [rows.map(({ clusterId }) => clusterId), rows.map(({ hour }) => hour)],
  );
  await insertExposure(db.pool, {
    hour: `${hoursAgo(1.5).toISOString().slice(0, 13)}:00:00Z`,
    kind: 'app',
    subject: '/odd',
    seconds: 7,
  });
  clusters = await clustersInScope(db.pool, undefined);
});
afterAll(() => db.drop());

type Naive = {
  key: string;
  ended: number;
  failed: number;
  exposed: number;
  killed: number;
  oom: number;
  last: Date | null;
  cause: string | null;
  hours: number;
};

/** From the raw tables alone, with nothing counted before. */
async function naive(kind: 'host' | 'app', { from, to }: Window): Promise<Map<string, Naive>> {
  const column = kind === 'host' ? 'host' : 'app_id';
  const { rows } = await db.pool.query<Naive>(
    `WITH since AS (
       SELECT cluster_id, min(hour) AS since FROM exposure_hour WHERE kind = 'host' GROUP BY 1
     ), e AS (
       SELECT cluster_id, ${column} AS subject, finished_at, state, cause, disposition = 'failure' AS bad
       FROM task_end t WHERE finished_at >= $1 AND finished_at < $2 AND reopened_at IS NULL AND ${column} IS NOT NULL
     ), ended AS (
       SELECT e.cluster_id, e.subject, count(*)::int AS ended, count(*) FILTER (WHERE bad)::int AS failed,
              count(*) FILTER (WHERE bad AND finished_at >= since)::int AS exposed,
              count(*) FILTER (WHERE NOT bad AND state = 'TASK_KILLED')::int AS killed,
              count(*) FILTER (WHERE bad AND cause LIKE 'oom%')::int AS oom, max(finished_at) FILTER (WHERE bad) AS last,
              mode() WITHIN GROUP (ORDER BY cause) FILTER (WHERE bad) AS cause
       FROM e LEFT JOIN since USING (cluster_id)
       GROUP BY 1, 2
     ), lived AS (
       SELECT cluster_id, subject, sum(task_seconds * greatest(0, extract(epoch FROM least(hour + interval '1 hour', $2)
              - greatest(hour, $1))) / 3600) / 3600 AS hours
       FROM exposure_hour WHERE kind = '${kind}' AND hour > $1::timestamptz - interval '1 hour' AND hour < $2 GROUP BY 1, 2
     )
     SELECT cluster_id || ' ' || subject AS key, coalesce(ended, 0) AS ended, coalesce(failed, 0) AS failed,
            coalesce(exposed, 0) AS exposed, coalesce(killed, 0) AS killed, coalesce(oom, 0) AS oom, last, cause,
            coalesce(hours, 0)::float8 AS hours
     FROM ended FULL JOIN lived USING (cluster_id, subject) WHERE ended > 0 OR hours > 0`,
    [from, to],
  );
  return new Map(rows.map((row) => [row.key, row]));
}

const idOf = (name: string) => (name === 'east' ? 1 : 2);

it('gives for windows cut anywhere what a GROUP BY over the raw tables does', async () => {
  const random = createRandom(11);
  for (let round = 0; round < 40; round += 1) {
    const start = random() * DAYS * 24;
    const length = round % 4 === 0 ? random() * 20 : random() * start;
    // Whole hours and days at times; never beyond now: task-hours of an hour that runs are cut at the last poll.
    const cut =
      round % 3 === 0
        ? Math.ceil
        : round % 5 === 0
          ? (h: number) => Math.ceil(h / 12) * 12
          : (h: number) => h;
    const window = {
      from: hoursAgo(cut(start) + 0.1 * (round % 2)),
      to: hoursAgo(round % 7 === 0 ? 0 : Math.max(0, start - length)),
    };
    if (window.from >= window.to) continue;
    const query = { ...window, limit: 1000 };
    const hosts = await hostRates(db.pool, query, NOW);
    const apps = await appRates(db.pool, query, NOW);
    for (const [kind, items] of [
      ['host', hosts.items.map((item) => ({ ...item, name: item.hostname }))],
      ['app', apps.items.map((item) => ({ ...item, name: item.appId }))],
    ] as const) {
      const wanted = await naive(kind, window);
      const found = new Map(items.map((item) => [`${idOf(item.cluster)} ${item.name}`, item]));
      expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
      for (const [key, want] of wanted) {
        const item = found.get(key);
        expect(
          item,
          `${kind} ${key} in ${window.from.toISOString()} to ${window.to.toISOString()}`,
        ).toMatchObject({
          ended: want.ended,
          failed: want.failed,
          killed: want.killed,
          oom: want.oom,
          lastFailureAt: want.last?.toISOString() ?? null,
          topCause: want.cause,
        });
        expect(item?.taskHours).toBeCloseTo(want.hours, 6);
        if (want.hours > 0) {
          expect(item?.failuresPer1000TaskHours).toBeCloseTo((want.exposed / want.hours) * 1000, 4);
        }
      }
      const ranks = await rankFailing(db.pool, clusters, window, kind);
      expect(
        ranks.failing
          .map(({ clusterId, name, failed, failedExposed }) => [
            `${clusterId} ${name}`,
            failed,
            failedExposed,
          ])
          .sort(),
      ).toEqual(
        [...wanted.values()]
          .filter(({ failed }) => failed > 0)
          .map(({ key, failed, exposed }) => [key, failed, exposed])
          .sort(),
      );
    }
  }
});

import type { Db } from './pool';

const DAY = 86_400_000;
const MINUTE = 60_000;
const MIB = 1024 * 1024;

/** What a day's growth is made of, in bytes. */
const TABLES = [
  { relation: '', bytes: 1_240 * MIB, rows: -1, perDay: 31 * MIB },
  { relation: 'task_end', bytes: 860 * MIB, rows: 1_210_000, perDay: 22 * MIB },
  { relation: 'log_signal', bytes: 141 * MIB, rows: 402_000, perDay: 4 * MIB },
  { relation: 'rollup_day', bytes: 88 * MIB, rows: 610_000, perDay: 2 * MIB },
  { relation: 'exposure_hour', bytes: 74 * MIB, rows: 822_000, perDay: 2 * MIB },
  { relation: 'poll_run', bytes: 41 * MIB, rows: 190_000, perDay: MIB },
  { relation: 'sandbox_tail', bytes: 22 * MIB, rows: 9_400, perDay: 0 },
];

/** What the status page tells beside the rest of the seed: ledger, event streams, the refill of the gap, sizes. */
export async function seedStatus(
  db: Db,
  { clusterId, masterId, now }: { clusterId: number; masterId: string; now: number },
): Promise<void> {
  const electedAt = new Date(now - 5 * DAY);
  const readAt = new Date(now - 12_000);
  await db.query(
    `INSERT INTO ledger (cluster_id, master_id, elected_at, state, base, counted, refused, stored, first_read_at,
                         last_read_at)
     SELECT $1, $2, $3, state, 0, ends + refused, refused, ends, $3, $4
     FROM (SELECT state, count(*) AS ends, CASE state WHEN 'TASK_LOST' THEN 2 ELSE 0 END AS refused FROM task_end
           WHERE cluster_id = $1 AND finished_at >= $3 AND state <> 'TASK_UNREACHABLE' GROUP BY state) AS counted`,
    [clusterId, masterId, electedAt, readAt],
  );
  await db.query(
    `INSERT INTO ledger (cluster_id, master_id, elected_at, state, base, counted, stored, escaped, escaped_at,
                         first_read_at, last_read_at)
     VALUES ($1, 'the-one-before', $2, 'TASK_FINISHED', 41200, 44012, 2800, 12, $3, $3, $3)`,
    [clusterId, new Date(now - 40 * DAY), new Date(now - 5 * DAY)],
  );
  await db.query(
    `INSERT INTO stream (cluster_id, source, state, url, since, last_event_at, events, ends, reconnects, written_at)
     VALUES ($1, 'mesos', 'open', 'http://master-1.example.net:5050', $2, $3, 48213, 2104, 1, $3),
            ($1, 'marathon:http://marathon.example.net:8080', 'open', 'http://marathon.example.net:8080', $2, $3,
             9120, 0, 3, $3)`,
    [clusterId, electedAt, new Date(now - 4_000)],
  );
  await db.query(
    `UPDATE gap SET agents_asked = 40, agents_answered = 39, refilled = 7, refilled_at = to_at + interval '2 minutes'
     WHERE cluster_id = $1 AND kind = 'master_failover'`,
    [clusterId],
  );
  await db.query(
    `INSERT INTO poll_total (cluster_id, source, attempts, failures, rejected, last_success_at)
     SELECT cluster_id, source, count(*), count(*) FILTER (WHERE NOT ok), sum(rejected),
            max(finished_at) FILTER (WHERE ok)
     FROM poll_run WHERE cluster_id = $1 GROUP BY 1, 2`,
    [clusterId],
  );
  for (const daysAgo of [10, 0]) {
    await db.query(
      `INSERT INTO size_sample (day, relation, bytes, row_count)
       SELECT $1, relation, bytes, row_count FROM unnest($2::text[], $3::bigint[], $4::bigint[])
         AS sampled (relation, bytes, row_count)`,
      [
        new Date(now - daysAgo * DAY - 20 * MINUTE),
        TABLES.map(({ relation }) => relation),
        TABLES.map(({ bytes, perDay }) => bytes - daysAgo * perDay),
        TABLES.map(({ rows }) => rows),
      ],
    );
  }
}

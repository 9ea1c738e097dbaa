import type { Pool } from 'pg';

import { COUNT_ADDED, COUNTED_COLUMNS } from '@/lib/ingest/end-rollups';

/** Task-hours first, in the tables as they are; then the ends of each month by the very statement that adds them in a poll. */
export async function fillRollups(pool: Pool, months: readonly string[]): Promise<void> {
  await pool.query(
    `INSERT INTO rollup_day (cluster_id, kind, day, subject, task_seconds)
     SELECT cluster_id, kind, date_trunc('day', hour, 'UTC'), subject, sum(task_seconds)
     FROM exposure_hour GROUP BY 1, 2, 3, 4 ORDER BY 3, 2`,
  );
  for (const month of months) {
    await pool.query(
      `WITH added AS (SELECT ${COUNTED_COLUMNS} FROM task_end_${month.replace('-', '_')}), ${COUNT_ADDED}
       SELECT count(*) FROM added`,
    );
  }
}

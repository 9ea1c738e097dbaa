import type { Pool } from 'pg';

const SHOWN = 5;

/** A task end as the simulated cluster itself knows it (`/sim/truth`, `simulation.ends()`). */
export type TrueEnd = {
  frameworkId: string;
  taskId: string;
  agentId: string;
  state: string;
  /** Not null: its agent came back with the task alive; the end does not stand. */
  revivedAt: string | number | null;
};

export type Comparison = {
  /** Ends of the truth. */
  ends: number;
  /** Ends of the truth that no row tells, of many the first. */
  lost: string[];
  /** Rows beyond one an end, of many the first. */
  doubled: string[];
  /** Hours in which the rollup says something else than the rows. */
  drift: number;
  gaps: string[];
  /** Sum of what the ledger says escaped, by state; empty: it has no rows. */
  escaped: Record<string, number>;
};

/** What is stored held against what happened, each end by framework, task, agent and state. */
export async function compareWithTruth(db: Pool, truth: Iterable<TrueEnd>): Promise<Comparison> {
  const expected = countKeys([...truth].filter(({ revivedAt }) => revivedAt === null));
  const { rows } = await db.query<TrueEnd>(
    `SELECT framework_id AS "frameworkId", task_id AS "taskId", agent_id AS "agentId", state, NULL AS "revivedAt"
     FROM task_end WHERE reopened_at IS NULL`,
  );
  const stored = countKeys(rows);
  const drift = await db.query(
    `SELECT 1 FROM (
       SELECT cluster_id, hour, state, cause, disposition, ends FROM rollup_hour WHERE ends <> 0
     ) AS kept FULL JOIN (
       SELECT cluster_id, date_trunc('hour', finished_at, 'UTC') AS hour, state, cause, disposition, count(*)::int AS ends
       FROM task_end WHERE reopened_at IS NULL GROUP BY 1, 2, 3, 4, 5
     ) AS counted USING (cluster_id, hour, state, cause, disposition, ends)
     WHERE kept.ends IS NULL OR counted.ends IS NULL`,
  );
  const gaps = await db.query<{ text: string }>(
    `SELECT kind || ': ' || detail AS text FROM gap ORDER BY recorded_at`,
  );
  const ledger = await db.query<{ state: string; escaped: number }>(
    `SELECT state, sum(escaped)::int AS escaped FROM ledger GROUP BY 1 ORDER BY 1`,
  );
  return {
    ends: [...expected.values()].reduce((sum, count) => sum + count, 0),
    lost: beyond(expected, stored),
    doubled: beyond(stored, expected),
    drift: drift.rowCount ?? 0,
    gaps: gaps.rows.map(({ text }) => text),
    escaped: Object.fromEntries(ledger.rows.map(({ state, escaped }) => [state, escaped])),
  };
}

/** Nothing lost, nothing doubled, rollups as the rows say. */
export function isExact({ lost, doubled, drift }: Comparison): boolean {
  return lost.length === 0 && doubled.length === 0 && drift === 0;
}

function beyond(many: ReadonlyMap<string, number>, few: ReadonlyMap<string, number>): string[] {
  const keys = [...many].filter(([key, count]) => count > (few.get(key) ?? 0)).map(([key]) => key);
  return keys.length > SHOWN ? [`${keys.length} in all`, ...keys.slice(0, SHOWN)] : keys;
}

function countKeys(ends: Iterable<TrueEnd>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { frameworkId, taskId, agentId, state } of ends) {
    const key = `${state} ${taskId} on ${agentId} of ${frameworkId}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

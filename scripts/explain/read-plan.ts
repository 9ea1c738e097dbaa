/** Tables that grow with time or with the cluster: none of them may be read whole for a page. */
export const BIG_TABLES = [
  'task_end',
  'log_signal',
  'evidence',
  'exposure_hour',
  'poll_run',
  'rollup_hour',
  'rollup_day_cause',
  'rollup_day',
  'container',
  'app_memory',
  'sandbox_tail',
  'task_memory',
  'log_status_update',
  'marathon_kill',
  'stuck_kill',
  'kept_end',
] as const;

/** `table`: without its month. `rows`: what the scan gave and threw away, over all its loops. */
export type Scan = {
  relation: string;
  table: string;
  isSequential: boolean;
  isExecuted: boolean;
  rows: number;
};

/** What a plan reads, from `EXPLAIN (ANALYZE, FORMAT TEXT)`. Bitmap scans count once, by their heap. */
export function scansOf(plan: readonly string[]): Scan[] {
  return plan.flatMap((line, index): Scan[] => {
    const found = /(Seq Scan|Index(?: Only)? Scan(?: Backward)? using \S+|Bitmap Heap Scan) on (\w+)/.exec(
      line,
    );
    const [, kind = '', relation = ''] = found ?? [];
    if (!found) return [];
    const [, kept = '0', loops = '0'] = /actual time=\S+ rows=([\d.]+) loops=(\d+)/.exec(line) ?? [];
    // The lines of this node stand until the next one begins.
    const own = plan.slice(index + 1);
    const end = own.findIndex((other) => other.includes('->'));
    const removed = (end < 0 ? own : own.slice(0, end))
      .map((other) => /Rows Removed by (?:Filter|Index Recheck): ([\d.]+)/.exec(other)?.[1] ?? '0')
      .reduce((sum, rows) => sum + Number(rows), 0);
    return [
      {
        relation,
        table: tableOf(relation),
        isSequential: kind === 'Seq Scan',
        isExecuted: !line.includes('never executed'),
        rows: Math.round((Number(kept) + removed) * Number(loops)),
      },
    ];
  });
}

/**
 * Big tables that a plan reads from their first row to their last, at least `leastRows` of them: a small one Postgres
 * rightly reads whole.
 */
export function sequentialScans(plan: readonly string[], leastRows = 0): string[] {
  return scansOf(plan)
    .filter(({ table, isSequential, isExecuted }) => isSequential && isExecuted && isBig(table))
    .filter(({ rows }) => rows >= leastRows)
    .map(({ relation }) => relation);
}

/** The partitions of `table` that a plan opens. */
export function partitionsRead(plan: readonly string[], table: string): string[] {
  const own = scansOf(plan).filter(
    (scan) => scan.table === table && scan.relation !== table && scan.isExecuted,
  );
  return [...new Set(own.map(({ relation }) => relation))].sort();
}

export function executionMs(plan: readonly string[]): number {
  const line = plan.find((one) => one.startsWith('Execution Time:')) ?? '';
  return Number(/([\d.]+) ms/.exec(line)?.[1] ?? Number.NaN);
}

function tableOf(relation: string): string {
  return relation.replace(/_(\d{4}_\d{2}|default)$/, '');
}

function isBig(table: string): boolean {
  return (BIG_TABLES as readonly string[]).includes(table);
}

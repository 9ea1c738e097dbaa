import { expect, it } from 'vitest';

import { executionMs, partitionsRead, scansOf, sequentialScans } from './read-plan';

const PLAN = `Limit  (cost=0.12..8.15 rows=1 width=24) (actual time=0.033..0.034 rows=1.00 loops=1)
  ->  Nested Loop  (cost=0.12..8.15 rows=1 width=24) (actual time=0.033..0.034 rows=1.00 loops=1)
        ->  Append  (cost=0.00..1.00 rows=3 width=24) (actual time=0.010..0.020 rows=3.00 loops=1)
              ->  Seq Scan on task_end_2026_10 task_end_1  (cost=0.00..1.00 rows=1 width=24) (actual time=0.010..0.020 rows=40.00 loops=2)
                    Filter: (message = 'x'::text)
                    Rows Removed by Filter: 60
              ->  Seq Scan on task_end_2026_11 task_end_2  (cost=0.00..1.00 rows=1 width=24) (never executed)
              ->  Index Only Scan Backward using task_end_default_a_idx on task_end_default task_end_3  (cost=0.12..2.00 rows=1 width=24) (actual time=0.001..0.001 rows=0.00 loops=1)
        ->  Bitmap Heap Scan on log_signal_2026_11 s  (cost=0.12..2.00 rows=1 width=24) (actual time=0.001..0.001 rows=2.00 loops=1)
              ->  Bitmap Index Scan on log_signal_2026_11_pkey  (cost=0.12..2.00 rows=1 width=24) (actual time=0.001..0.001 rows=2.00 loops=1)
        ->  Seq Scan on cluster  (cost=0.00..1.00 rows=1 width=24) (actual time=0.010..0.020 rows=1.00 loops=1)
Planning Time: 0.9 ms
Execution Time: 12.345 ms`.split('\n');

it('tells what a plan reads', () => {
  expect(scansOf(PLAN).map(({ relation, rows }) => `${relation} ${rows}`)).toEqual([
    'task_end_2026_10 200',
    'task_end_2026_11 0',
    'task_end_default 0',
    'log_signal_2026_11 2',
    'cluster 1',
  ]);
  expect(partitionsRead(PLAN, 'task_end')).toEqual(['task_end_2026_10', 'task_end_default']);
  expect(executionMs(PLAN)).toBe(12.345);
});

it('names big tables that are read whole, and did run', () => {
  expect(sequentialScans(PLAN)).toEqual(['task_end_2026_10']);
  expect(sequentialScans(PLAN, 201)).toEqual([]);
});

import type { FleetRate } from '@/lib/contracts/stats';

/** One host or app of the rate bars. */
export type RateBar<Row> = {
  row: Row;
  failed: number;
  oom: number;
  /** Failures per 1,000 task-hours; null: none were observed. */
  rate: number | null;
  /** Length against the longest bar, 0..1. */
  length: number;
  /** Of that length the part that ran out of memory, 0..1. */
  oomPart: number;
};

export type RateBarsModel<Row> = {
  bars: RateBar<Row>[];
  /** Where the fleet's own rate stands on the bars' scale, 0..1; null: unknown or beyond the longest bar. */
  fleetMark: number | null;
  /** `rate`: bars are rates. `failed`: task-hours are not known, bars are counts. */
  measure: 'rate' | 'failed';
};

type RateRow = { failed: number; oom: number; failuresPer1000TaskHours: number | null };

/**
 * The `most` worst rows that failed at all. Where no row has a rate (no task-hours were observed), the bars
 * are counts instead, never zeros. Rows that are `isFirst` go before all others: a small sample can have a high rate.
 */
export function rateBarsModel<Row extends RateRow>(
  rows: readonly Row[],
  fleet: Pick<FleetRate, 'failuresPer1000TaskHours'>,
  most: number,
  isFirst: (row: Row) => boolean = () => false,
): RateBarsModel<Row> {
  const failing = rows.filter(({ failed }) => failed > 0);
  const measure = failing.some((row) => row.failuresPer1000TaskHours !== null) ? 'rate' : 'failed';
  const sizeOf = (row: Row): number =>
    measure === 'rate' ? (row.failuresPer1000TaskHours ?? 0) : row.failed;
  const worst = [...failing]
    .sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)) || sizeOf(b) - sizeOf(a) || b.failed - a.failed)
    .slice(0, most);
  const longest = Math.max(...worst.map(sizeOf), 0);
  const fleetRate = measure === 'rate' ? fleet.failuresPer1000TaskHours : null;
  return {
    measure,
    bars: worst.map((row) => ({
      row,
      failed: row.failed,
      oom: row.oom,
      rate: row.failuresPer1000TaskHours,
      length: longest === 0 ? 0 : sizeOf(row) / longest,
      oomPart: row.oom / row.failed,
    })),
    fleetMark: fleetRate === null || longest === 0 || fleetRate > longest ? null : fleetRate / longest,
  };
}

import type { ReactNode } from 'react';

import { GroupSwatch } from '@/components/task-ends/cause-mark';
import { PlainLink } from '@/components/ui/plain-link';
import { rateBarsModel } from '@/lib/charts/rates-model';
import type { FleetRate } from '@/lib/contracts/stats';
import { formatCount, formatRate, formatRatio, formatShare, plural } from '@/lib/format/numbers';

import classes from './rate-bars.module.css';

type RateRow = {
  failed: number;
  ended: number;
  oom: number;
  failureShare: number | null;
  failuresPer1000TaskHours: number | null;
};

type RateBarsProps<Row extends RateRow> = {
  /** Read by screen readers: `Hosts by failure rate`. */
  label: string;
  rows: readonly Row[];
  fleet: FleetRate;
  nameOf: (row: Row) => string;
  /** The name in full where `nameOf` is short. */
  titleOf?: (row: Row) => string;
  hrefOf: (row: Row) => string;
  /** True: the name stands for one that is not known. */
  isVague?: (row: Row) => boolean;
  /** Rows that go before all others. */
  isFirst?: (row: Row) => boolean;
  /** Beside the name: a mark of suspicion. */
  markOf?: (row: Row) => ReactNode;
  /** How many of the worst to draw. */
  most?: number;
  empty: ReactNode;
};

/**
 * The worst rows as horizontal bars, each a link to its page: plain HTML, so it is there before any script.
 * The dashed line is the fleet's own rate.
 */
export function RateBars<Row extends RateRow>(props: RateBarsProps<Row>) {
  const { label, rows, fleet, nameOf, titleOf = nameOf, hrefOf, isVague, markOf, most = 20 } = props;
  const model = rateBarsModel(rows, fleet, most, props.isFirst);
  if (model.bars.length === 0) return props.empty;
  return (
    <div className={classes.chart} data-measure={model.measure}>
      <div className={classes.head} aria-hidden>
        <span className={classes.key}>
          <GroupSwatch group="oom" /> out of memory <GroupSwatch group="failure" /> other
        </span>
        <span className={classes.scale}>
          {model.fleetMark !== null && (
            <span
              className={classes.fleet}
              data-end={model.fleetMark > 0.5 || undefined}
              style={{ '--at': model.fleetMark }}
            >
              fleet {formatRate(fleet.failuresPer1000TaskHours)}
            </span>
          )}
        </span>
        {model.measure === 'rate' && <span className={classes.unit}>per 1,000 task-h</span>}
        <span className={classes.unit}>failed</span>
      </div>
      <ol className={classes.bars} aria-label={label}>
        {model.bars.map(({ row, failed, rate, length, oomPart }) => (
          <li key={hrefOf(row)}>
            <PlainLink
              href={hrefOf(row)}
              className={classes.row}
              title={`${titleOf(row)}\n${plural(failed, 'failure')} of ${plural(row.ended, 'task end')} (${formatShare(row.failureShare)})\n${formatRate(rate)} per 1,000 task-hours, fleet ${formatRatio(rate, fleet.failuresPer1000TaskHours)}`}
            >
              <span className={classes.name}>
                {markOf?.(row)}
                <span className={classes.text} data-vague={isVague?.(row) || undefined}>
                  {nameOf(row)}
                </span>
              </span>
              <span className={classes.track}>
                <span className={classes.bar} style={{ '--length': length }} hidden={length === 0}>
                  <span className={classes.oom} style={{ '--part': oomPart }} />
                </span>
                {model.fleetMark !== null && (
                  <span className={classes.mark} style={{ '--at': model.fleetMark }} />
                )}
              </span>
              {model.measure === 'rate' && (
                <span className={classes.value}>
                  <span className="visually-hidden">, </span>
                  {formatRate(rate)}
                  <span className="visually-hidden"> per 1,000 task-hours</span>
                </span>
              )}
              <span className={classes.count}>
                <span className="visually-hidden">, </span>
                {formatCount(failed)}
                <span className="visually-hidden"> failed</span>
              </span>
            </PlainLink>
          </li>
        ))}
      </ol>
    </div>
  );
}

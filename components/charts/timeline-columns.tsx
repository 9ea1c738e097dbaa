'use client';

import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import { useThisQuarterHour, useTimeZone } from '@/components/ui/now';
import { PlainLink } from '@/components/ui/plain-link';
import { bucketLabel } from '@/lib/charts/bucket-label';
import type { TimelineModel, TimelinePoint } from '@/lib/charts/timeline-model';
import { COVERAGE_LABELS } from '@/lib/contracts/stats';
import type { CauseGroup } from '@/lib/domain/cause';
import { CAUSE_GROUP_LABELS } from '@/lib/domain/cause-group';
import { plural } from '@/lib/format/numbers';

import classes from './timeline-columns.module.css';
import { TimelineTip } from './timeline-tip';

type TimelineColumnsProps = {
  model: TimelineModel;
  hidden: readonly CauseGroup[];
  hrefOf: (point: TimelinePoint) => string;
  /** The drawing under the columns. */
  children: ReactNode;
};

const LINES_AT_MOST = 24;

/**
 * Lays one link over each bucket of a drawing: a click, Enter or a middle click opens its tasks. The links are
 * one stop of the Tab key; arrows move among them. Under the drawing lie the spans that were not wholly observed.
 */
export function TimelineColumns({ model, hidden, hrefOf, children }: TimelineColumnsProps) {
  const timeZone = useTimeZone();
  const now = useThisQuarterHour();
  const [active, setActive] = useState<number | null>(null);
  const columns = useRef<HTMLDivElement>(null);
  const count = model.points.length;
  const stop = active ?? lastWithFailure(model);
  // A deployment in every other bucket says little, and a line for each would hide the bars.
  const lined = model.points.filter(({ deployments }) => deployments.length > 0).length <= LINES_AT_MOST;
  const point = active === null ? undefined : model.points[active];

  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextIndex(event.key, stop, count);
    if (next === null) return;
    event.preventDefault();
    columns.current?.querySelectorAll('a')[next]?.focus();
  };
  return (
    <div className={classes.plot}>
      <div
        className={classes.layer}
        style={{ gridTemplateColumns: `repeat(${count}, minmax(0, 1fr))` }}
        aria-hidden
      >
        {model.spans.map(({ coverage, first, last }) => (
          <div
            key={first}
            className={classes.span}
            data-coverage={coverage}
            style={{ gridColumn: `${first + 1} / ${last + 2}` }}
          />
        ))}
      </div>
      <div className={classes.drawing}>{children}</div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the links inside take the keys; this only moves between them. */}
      <div
        ref={columns}
        className={classes.layer}
        style={{ gridTemplateColumns: `repeat(${count}, minmax(0, 1fr))` }}
        onKeyDown={onKeyDown}
        onPointerLeave={() => setActive(null)}
      >
        {model.points.map((item) => (
          <PlainLink
            key={item.index}
            href={hrefOf(item)}
            className={classes.column}
            style={{ gridColumn: item.index + 1 }}
            tabIndex={item.index === stop ? 0 : -1}
            aria-label={spoken(item, timeZone, now)}
            data-deployed={item.deployments.length === 0 ? undefined : lined ? 'lined' : 'marked'}
            onPointerEnter={() => setActive(item.index)}
            onFocus={() => setActive(item.index)}
            onBlur={() => setActive(null)}
          />
        ))}
      </div>
      {point !== undefined && (
        <TimelineTip
          point={point}
          series={model.series}
          hidden={hidden}
          place={(point.index + 0.5) / count}
        />
      )}
    </div>
  );
}

function nextIndex(key: string, from: number, count: number): number | null {
  const moves: Record<string, number> = {
    ArrowLeft: from - 1,
    ArrowRight: from + 1,
    Home: 0,
    End: count - 1,
  };
  const next = moves[key];
  return next === undefined ? null : Math.min(Math.max(next, 0), count - 1);
}

/** Where Tab enters the chart: the newest bucket with a failure, else the last. */
function lastWithFailure(model: TimelineModel): number {
  const index = model.points.findLastIndex((point) => (point.failed ?? 0) > 0);
  return index === -1 ? model.points.length - 1 : index;
}

function spoken(point: TimelinePoint, timeZone: string, now: Date): string {
  const when = bucketLabel(point, timeZone, now);
  if (point.total === null) return `${when}: not observed`;
  const killed = point.killed ?? 0;
  const parts = [
    plural(point.failed ?? 0, 'failure'),
    ...(killed > 0 ? [`${killed} ${CAUSE_GROUP_LABELS.killed.toLowerCase()}`] : []),
  ];
  if (point.deployments.length > 0) parts.push(plural(point.deployments.length, 'deployment'));
  if (point.coverage !== 'observed') parts.push(COVERAGE_LABELS[point.coverage].toLowerCase());
  return `${when}: ${parts.join(', ')}`;
}

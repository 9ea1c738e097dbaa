'use client';

import { memo } from 'react';
import {
  Bar,
  BarChart,
  CartesianGrid,
  ResponsiveContainer,
  XAxis,
  type XAxisTickContentProps,
  YAxis,
} from 'recharts';

import { useThisQuarterHour, useTimeZone } from '@/components/ui/now';
import { axisLabel } from '@/lib/charts/bucket-label';
import type { TimelineModel } from '@/lib/charts/timeline-model';
import type { CauseGroup } from '@/lib/domain/cause';
import { formatCompact } from '@/lib/format/numbers';

type TimelineBarsProps = { model: TimelineModel; hidden: readonly CauseGroup[]; windowMs: number };

// TimelineColumns lays its links over the plot and must know these; see timeline-columns.module.css.
const MARGIN = { top: 12, right: 8, bottom: 0, left: 0 };
const AXIS_WIDTH = 40;
const AXIS_HEIGHT = 24;

const TICK = { fill: 'var(--text-muted)', fontSize: 11 };

/** Draws the bars and axes, nothing else: no decision, no events, no animation. */
export const TimelineBars = memo(function TimelineBars({ model, hidden, windowMs }: TimelineBarsProps) {
  const timeZone = useTimeZone();
  const now = useThisQuarterHour();
  const visible = model.series.filter(({ group }) => !hidden.includes(group));
  const labelOf = (index: number): string => {
    const point = model.points[index];
    return point ? axisLabel(point.start, windowMs, timeZone, now) : '';
  };
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={model.points} margin={MARGIN} barCategoryGap="12%" accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="index"
          height={AXIS_HEIGHT}
          tick={(tick: XAxisTickContentProps) => <TimeTick tick={tick} text={labelOf(tick.payload.value)} />}
          tickLine={false}
          axisLine={{ stroke: 'var(--line-strong)' }}
          tickFormatter={labelOf}
          interval="equidistantPreserveStart"
          minTickGap={48}
        />
        <YAxis
          width={AXIS_WIDTH}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          allowDecimals={false}
          tickFormatter={formatCompact}
          domain={[0, (most: number) => Math.max(most, 4)]}
        />
        {visible.map(({ group, label }) => (
          <Bar
            key={group}
            dataKey={group}
            name={label}
            stackId="ends"
            fill={`var(--cause-${group})`}
            isAnimationActive={false}
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
});

/** A label of the time axis; the first begins at its bar, or a long one would be cut off at the left. */
function TimeTick({ tick, text }: { tick: XAxisTickContentProps; text: string }) {
  const isFirst = tick.index === 0;
  return (
    <text
      x={isFirst ? Math.min(Number(tick.x), AXIS_WIDTH) : tick.x}
      y={tick.y}
      dy="0.71em"
      fill={TICK.fill}
      fontSize={TICK.fontSize}
      textAnchor={isFirst ? 'start' : 'middle'}
    >
      {text}
    </text>
  );
}

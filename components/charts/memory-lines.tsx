'use client';

import { memo, useId } from 'react';
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';

import { useThisQuarterHour, useTimeZone } from '@/components/ui/now';
import { axisLabel } from '@/lib/charts/bucket-label';
import type { MemoryModel, MemoryPoint, MemorySeries } from '@/lib/charts/memory-model';
import { formatBytes } from '@/lib/format/bytes';
import { formatTime } from '@/lib/format/times';

import classes from './memory-chart.module.css';

/** Above it whole lines would hide what they end: deaths are ticks on the axis then. */
const MANY_DEATHS = 24;
const TICK_SHARE = 0.08;
const TICK = { fill: 'var(--text-muted)', fontSize: 11 };
const STROKES: Record<MemorySeries, string> = {
  used: 'var(--accent)',
  max: 'var(--accent)',
  mean: 'var(--text-muted)',
};

/** Draws the lines and axes, nothing else. Arrow keys move among the points. */
export const MemoryLines = memo(function MemoryLines({ model }: { model: MemoryModel }) {
  const timeZone = useTimeZone();
  const now = useThisQuarterHour();
  const hatch = useId();
  const windowMs = model.to - model.from;
  const top = model.ticks.at(-1) ?? 1;
  const height = model.deaths.length > MANY_DEATHS ? top * TICK_SHARE : top;
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart data={model.points} margin={{ top: 12, right: 12, bottom: 0, left: 0 }} accessibilityLayer>
        <defs>
          <pattern
            id={hatch}
            width="5"
            height="5"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <line x1="0" x2="0" y1="0" y2="5" stroke="var(--hatch)" strokeWidth="2" />
          </pattern>
        </defs>
        {model.spans.map(({ kind, from, to }) => (
          <ReferenceArea
            key={`${kind} ${from}`}
            x1={from}
            x2={to}
            y1={0}
            y2={top}
            fill={`url(#${hatch})`}
            fillOpacity={0.5}
            stroke="none"
            ifOverflow="hidden"
          />
        ))}
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="at"
          type="number"
          scale="time"
          domain={[model.from, model.to]}
          height={24}
          tick={TICK}
          tickLine={false}
          axisLine={{ stroke: 'var(--line-strong)' }}
          tickFormatter={(ms: number) => axisLabel(new Date(ms).toISOString(), windowMs, timeZone, now)}
          minTickGap={56}
        />
        <YAxis
          width={60}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          ticks={model.ticks}
          domain={[0, top]}
          tickFormatter={(bytes: number) => formatBytes(bytes)}
        />
        {model.deaths.map((at, index) => (
          <ReferenceLine
            // biome-ignore lint/suspicious/noArrayIndexKey: two may die in one millisecond.
            key={`${at} ${index}`}
            segment={[
              { x: at, y: 0 },
              { x: at, y: height },
            ]}
            stroke="var(--cause-oom)"
            strokeWidth={1.5}
          />
        ))}
        {model.series.map(({ key, label }) => (
          <Line
            key={key}
            dataKey={key}
            name={label}
            stroke={STROKES[key]}
            strokeWidth={key === 'mean' ? 1 : 2}
            dot={model.points.length <= 2 ? { r: 2.5 } : false}
            activeDot={{ r: 3 }}
            connectNulls={false}
            isAnimationActive={false}
          />
        ))}
        {/* As a line of its own, since a deployment may change it. */}
        <Line
          dataKey="limit"
          name="Limit"
          type="stepAfter"
          stroke="var(--tone-bad)"
          strokeDasharray="5 3"
          strokeWidth={1.5}
          dot={false}
          activeDot={false}
          isAnimationActive={false}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--line-strong)' }}
          content={({ active, payload }) => {
            const point = payload[0]?.payload as MemoryPoint | undefined;
            return active && point ? <Tip model={model} point={point} timeZone={timeZone} /> : null;
          }}
        />
      </LineChart>
    </ResponsiveContainer>
  );
});

function Tip({ model, point, timeZone }: { model: MemoryModel; point: MemoryPoint; timeZone: string }) {
  return (
    <div className={classes.tip}>
      <strong>{formatTime(new Date(point.at), timeZone)}</strong>
      {model.series.map(({ key, label }) => (
        <div key={key}>
          {label} {formatBytes(point[key])}
        </div>
      ))}
      {point.limit !== null && <div>Limit {formatBytes(point.limit)}</div>}
    </div>
  );
}

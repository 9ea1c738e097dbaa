'use client';

import { formatRelative } from '@/lib/format/durations';
import { NOT_KNOWN } from '@/lib/format/numbers';
import { formatTime, formatUtc, type TimeStyle } from '@/lib/format/times';

import { useNow, useThisQuarterHour, useTimeZone } from './now';

type InstantProps = {
  /** ISO 8601; null: not known. */
  at: string | null;
  mode?: TimeStyle | 'relative';
};

/** An instant in the viewer's zone (UTC until the browser takes over), with the other forms on hover. */
export function Instant({ at, mode = 'seconds' }: InstantProps) {
  if (at === null) return <span>{NOT_KNOWN}</span>;
  return mode === 'relative' ? <RelativeInstant at={at} /> : <ZonedInstant at={at} mode={mode} />;
}

function ZonedInstant({ at, mode }: { at: string; mode: TimeStyle }) {
  const timeZone = useTimeZone();
  const now = useThisQuarterHour();
  const date = new Date(at);
  return (
    <time dateTime={at} title={formatUtc(date)}>
      {formatTime(date, timeZone, mode, now)}
    </time>
  );
}

function RelativeInstant({ at }: { at: string }) {
  const timeZone = useTimeZone();
  const now = useNow();
  const date = new Date(at);
  const local = formatTime(date, timeZone);
  const title = timeZone === 'UTC' ? formatUtc(date) : `${local} (${timeZone})\n${formatUtc(date)}`;
  return (
    <time dateTime={at} title={title}>
      {formatRelative(date, now)}
    </time>
  );
}

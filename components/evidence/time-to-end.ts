import { formatDuration } from '@/lib/format/durations';

/**
 * How far a signal lies from the end's status, in words: `16 ms before the status`. Two clocks are compared: the
 * host's and that of whoever made the status. A time without milliseconds is taken for one in whole seconds.
 * Null: one of the times is not known.
 */
export function timeToEnd(signalAt: string | null, finishedAt: string | null): string | null {
  if (signalAt === null || finishedAt === null) return null;
  const signalMs = Date.parse(signalAt);
  const beforeMs = Date.parse(finishedAt) - signalMs;
  if (signalMs % 1000 === 0) {
    // It stands for any moment of its second.
    const latestMs = beforeMs - 999;
    if (beforeMs >= 0 && latestMs <= 0) return 'in the same second as the status';
    const seconds = Math.round(Math.min(Math.abs(beforeMs), Math.abs(latestMs)) / 1000) * 1000;
    return words(Math.max(seconds, 1000), beforeMs > 0);
  }
  if (beforeMs === 0) return 'at the very time of the status';
  return words(Math.abs(beforeMs), beforeMs > 0);
}

function words(ms: number, isBefore: boolean): string {
  return `${formatDuration(ms)} ${isBefore ? 'before' : 'after'} the status`;
}

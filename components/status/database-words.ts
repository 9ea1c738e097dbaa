import type { DatabaseSize } from '@/lib/contracts/database-size';
import type { ReadReplica } from '@/lib/contracts/read-replica';
import { formatBytes } from '@/lib/format/bytes';
import { formatDuration } from '@/lib/format/durations';

const YEAR_DAYS = 365;

/** `1.2 GiB, growing by 34 MiB a day: 13 GiB in a year at that pace.` */
export function growthWords({
  sizeBytes,
  bytesPerDay,
}: Pick<DatabaseSize, 'sizeBytes' | 'bytesPerDay'>): string {
  const size = formatBytes(sizeBytes);
  if (bytesPerDay === null) return `${size}; how fast it grows is known after a day.`;
  // A day's vacuum moves more than that.
  if (Math.abs(bytesPerDay) < sizeBytes / 10_000) return `${size}, and not growing.`;
  if (bytesPerDay < 0) return `${size}, shrinking by ${formatBytes(-bytesPerDay)} a day.`;
  const inAYear = formatBytes(sizeBytes + bytesPerDay * YEAR_DAYS);
  return `${size}, growing by ${formatBytes(bytesPerDay)} a day: ${inAYear} in a year at that pace.`;
}

/** How the replica that pages read does; null: there is none. */
export function replicaWords(
  replica: ReadReplica | null,
): { tone: 'good' | 'warn' | 'bad'; sentence: string } | null {
  if (replica === null) return null;
  const { lagSeconds, lagBytes } = replica;
  const behind = [
    ...(lagSeconds === null ? [] : [formatDuration(lagSeconds * 1000)]),
    ...(lagBytes === null ? [] : [`${formatBytes(lagBytes)} of log`]),
  ].join(', ');
  const late = behind === '' ? 'how far it is behind is not known' : `it is ${behind} behind`;
  switch (replica.state) {
    case 'ok':
      return replica.isPrimaryUp
        ? {
            tone: 'good',
            sentence: `Pages read a replica; ${lagBytes === 0 ? 'it has all that the primary has' : late}.`,
          }
        : {
            tone: 'bad',
            sentence:
              'The primary does not answer: pages show what the replica last heard, and nothing is stored.',
          };
    case 'lagging':
      return { tone: 'warn', sentence: `Pages read a replica, and ${late}.` };
    case 'away':
      return { tone: 'warn', sentence: 'The read replica does not answer: pages read the primary instead.' };
    case 'not_a_replica':
      return {
        tone: 'bad',
        sentence:
          'DATABASE_READ_URL is no replica, it takes writes itself: set it to a replica of DATABASE_URL.',
      };
  }
}

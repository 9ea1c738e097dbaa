import type { StreamStatus } from '@/lib/contracts/status';
import { formatDuration, formatRelative } from '@/lib/format/durations';
import { formatCount, plural } from '@/lib/format/numbers';

import { sourceTitle } from './source-words';

export type StreamNote = { tone: 'warn' | 'blind'; sentence: string };

type Facts = Pick<
  StreamStatus,
  'cluster' | 'source' | 'state' | 'dropped' | 'lastDroppedAt' | 'backlog' | 'lastError'
>;

/** A backlog is some ends for a moment; so many are more than a moment's. */
const LONG_BACKLOG = 1_000;

/** What a person should know of the streams, in sentences; empty: each is open and keeps up. */
export function streamNotes(
  streams: readonly Facts[],
  { now, pollIntervalMs }: { now: Date; pollIntervalMs: number },
): StreamNote[] {
  return streams.flatMap((stream): StreamNote[] => {
    const name = sourceTitle(stream);
    const notes: StreamNote[] = [];
    const isMaster = stream.source === 'mesos';
    const until = isMaster
      ? `task ends come with the polls, up to ${formatDuration(pollIntervalMs)} late`
      : `what it deploys and kills is learnt with the polls, every ${formatDuration(pollIntervalMs)}`;
    if (stream.state === 'refused') {
      const why = stream.lastError === null ? '' : ` (${stream.lastError.message})`;
      notes.push({ tone: 'blind', sentence: `${name} has no event stream for us${why}: ${until}.` });
    }
    if (stream.state === 'closed') {
      notes.push({
        tone: 'warn',
        sentence: `${name}: the event stream is closed and tried again; ${until}.`,
      });
    }
    if (stream.backlog >= LONG_BACKLOG) {
      notes.push({
        tone: 'warn',
        sentence: `${name}: ${formatCount(stream.backlog)} task ends wait to be stored, as the database does not keep up.`,
      });
    }
    if (stream.dropped > 0 && stream.lastDroppedAt !== null) {
      const ago = formatRelative(new Date(stream.lastDroppedAt), now);
      notes.push({
        tone: 'warn',
        sentence: `${name}: ${plural(stream.dropped, 'task end')} of the stream ${stream.dropped === 1 ? 'was' : 'were'} dropped knowingly, the last ${ago}, as the database did not keep up; a poll was asked for each time, and the ledger tells whether any escaped.`,
      });
    }
    return notes;
  });
}

import { expect, it } from 'vitest';

import { streamNotes } from './stream-words';

const now = new Date('2026-11-25T12:00:00Z');
const open = {
  cluster: 'east',
  source: 'mesos',
  state: 'open' as const,
  dropped: 0,
  lastDroppedAt: null,
  backlog: 3,
  lastError: null,
};
const told = (more: Partial<Parameters<typeof streamNotes>[0][number]>) =>
  streamNotes([{ ...open, ...more }], { now, pollIntervalMs: 30_000 });

it('has nothing to say of a stream that is open and keeps up', () => {
  expect(told({})).toEqual([]);
});

it.each([
  [
    { state: 'refused' as const, lastError: { at: now.toISOString(), message: 'answered 403' } },
    'blind',
    'Mesos master of east has no event stream for us (answered 403): task ends come with the polls, up to 30 s late.',
  ],
  [
    { state: 'closed' as const, source: 'marathon:http://m' },
    'warn',
    'Marathon http://m of east: the event stream is closed and tried again; what it deploys and kills is learnt with the polls, every 30 s.',
  ],
  [
    { backlog: 20_000 },
    'warn',
    'Mesos master of east: 20,000 task ends wait to be stored, as the database does not keep up.',
  ],
  [
    { dropped: 1_234, lastDroppedAt: '2026-11-25T11:58:00.000Z' },
    'warn',
    'Mesos master of east: 1,234 task ends of the stream were dropped knowingly, the last 2 min ago, as the database did not keep up; a poll was asked for each time, and the ledger tells whether any escaped.',
  ],
] as const)('%o', (more, tone, sentence) => {
  expect(told(more)).toEqual([{ tone, sentence }]);
});

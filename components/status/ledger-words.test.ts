import { expect, it } from 'vitest';

import { ledgerWords } from './ledger-words';

const readAt = '2026-11-25T12:00:00.000Z';

it.each([
  [
    { readAt, counted: 1284, escaped: 0 },
    'good',
    'The master counted 1,284 task ends since T; all of them are stored.',
  ],
  [{ readAt, counted: 1, escaped: 0 }, 'good', 'The master counted 1 task end since T; it is stored.'],
  [{ readAt, counted: 0, escaped: 0 }, 'good', 'The master counted no task end since T.'],
  [
    { readAt, counted: 1284, escaped: 12 },
    'bad',
    'The master counted 1,284 task ends since T; 12 of them are not stored.',
  ],
  [
    { readAt, counted: 5, escaped: 1 },
    'bad',
    'The master counted 5 task ends since T; 1 of them is not stored.',
  ],
  [
    { readAt, counted: 5, escaped: 5 },
    'bad',
    'The master counted 5 task ends since T; none of them is stored.',
  ],
  [
    { readAt: null, counted: 0, escaped: 0 },
    'blind',
    'The master was elected at T, and its counters could not be read yet: whether task ends escaped is not known.',
  ],
] as const)('%o', (life, tone, sentence) => {
  const words = ledgerWords(life);
  expect([words.tone, `${words.before} T${words.after}`]).toEqual([tone, sentence]);
});

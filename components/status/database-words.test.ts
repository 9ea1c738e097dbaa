import { expect, it } from 'vitest';

import { growthWords, replicaWords } from './database-words';

const MIB = 1024 ** 2;

it.each([
  [1024 * MIB, 34 * MIB, '1 GiB, growing by 34 MiB a day: 13.1 GiB in a year at that pace.'],
  [1024 * MIB, 1000, '1 GiB, and not growing.'],
  [1024 * MIB, -10 * MIB, '1 GiB, shrinking by 10 MiB a day.'],
  [10 * MIB, null, '10 MiB; how fast it grows is known after a day.'],
])('%i bytes, %s a day', (sizeBytes, bytesPerDay, words) => {
  expect(growthWords({ sizeBytes, bytesPerDay })).toBe(words);
});

const replica = { state: 'ok' as const, lagSeconds: 0, lagBytes: 0, awaySince: null, isPrimaryUp: true };

it.each([
  [replica, 'good', 'Pages read a replica; it has all that the primary has.'],
  [
    { ...replica, lagSeconds: 2, lagBytes: 16 * MIB },
    'good',
    'Pages read a replica; it is 2 s, 16 MiB of log behind.',
  ],
  [
    { ...replica, state: 'lagging' as const, lagSeconds: 90, lagBytes: null },
    'warn',
    'Pages read a replica, and it is 1 min 30 s behind.',
  ],
  [
    { ...replica, isPrimaryUp: false },
    'bad',
    'The primary does not answer: pages show what the replica last heard, and nothing is stored.',
  ],
  [
    { ...replica, state: 'away' as const },
    'warn',
    'The read replica does not answer: pages read the primary instead.',
  ],
] as const)('%o', (given, tone, sentence) => {
  expect(replicaWords(given)).toEqual({ tone, sentence });
});

it('has nothing to say where there is no replica', () => {
  expect(replicaWords(null)).toBeNull();
});

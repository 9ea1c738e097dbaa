import { describe, expect, it, vi } from 'vitest';

import { AppError } from '@/lib/errors';

import type { LineBatch, StoredLines } from './store-lines';
import { storeSteadily } from './store-steadily';

const nothing: StoredLines = { accepted: 0, rejected: 0, duplicates: 0, signals: 0, rejects: [] };
const batch: LineBatch = {
  input: 'syslog',
  lines: ['a', 'b', 'poison', 'd', 'e'],
  receivedAt: new Date('2026-11-25T10:00:00Z'),
  defaultHost: null,
  position: { offset: 99 },
};
const never = new AbortController().signal;
const databaseAway = () => new AppError('DATABASE_UNAVAILABLE', 'away');
const withSqlState = (code: string) => Object.assign(new Error('refused'), { code });

describe('storeSteadily', () => {
  it('stores once where it goes well', async () => {
    const store = vi.fn(async () => nothing);
    await storeSteadily(store, batch, never);
    expect(store.mock.calls).toEqual([[batch]]);
  });

  it.each([
    ['Postgres is away', databaseAway()],
    ['its disk is full', withSqlState('53100')],
    ['it takes no writes', withSqlState('25006')],
  ])('tries the whole batch for as long as %s', async (_name, failure) => {
    let fails = 6;
    const stored: LineBatch[] = [];
    await storeSteadily(
      async (given) => {
        if (fails-- > 0) throw failure;
        stored.push(given);
        return nothing;
      },
      batch,
      never,
      1,
    );
    expect(stored).toEqual([batch]);
  });

  it.each([withSqlState('22P05'), new TypeError('x is undefined')])(
    'leaves out and counts the one line that cannot be stored: %s',
    async (failure) => {
      const stored: LineBatch[] = [];
      await storeSteadily(
        async (given) => {
          if (given.lines.includes('poison')) throw failure;
          stored.push(given);
          return nothing;
        },
        batch,
        never,
        1,
      );
      expect(stored.flatMap(({ lines }) => lines)).toEqual(['a', 'b', 'd', 'e']);
      expect(stored.reduce((sum, { refused = 0 }) => sum + refused, 0)).toBe(1);
      // Only the last part may move on: what stands before it is stored by then.
      expect(stored.map(({ position }) => position !== undefined)).toEqual(
        stored.map((_one, index) => index === stored.length - 1),
      );
    },
  );

  it('gives up where it is told to', async () => {
    const stopping = new AbortController();
    const storing = storeSteadily(
      async () => {
        throw databaseAway();
      },
      batch,
      stopping.signal,
    );
    stopping.abort();
    await expect(storing).rejects.toThrow();
  });
});

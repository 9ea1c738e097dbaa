import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { AppError } from '@/lib/errors';
import type { MarathonHandlers } from '@/lib/marathon/follow-events';

import { followMarathon } from './follow-marathon';

let stop = new AbortController();
beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  stop.abort();
  stop = new AbortController();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function start(answer: (handlers: MarathonHandlers) => Promise<{ refused: number | null }>) {
  const told = { asked: 0, opened: 0, closed: [] as unknown[], refused: [] as number[] };
  void followMarathon(
    {
      name: 'marathon:http://a',
      follow(handlers) {
        told.asked += 1;
        return answer(handlers);
      },
    },
    {
      onOpen: () => {
        told.opened += 1;
      },
      onEvent: () => {},
      onChange: () => {},
      onKill: () => {},
      onClosed: (thrown) => told.closed.push(thrown),
      onRefused: (status) => told.refused.push(status),
    },
    stop.signal,
  );
  return told;
}

describe('followMarathon', () => {
  it('comes back after a stream that breaks, with pauses that grow to a minute', async () => {
    const error = new AppError('MARATHON_UNREACHABLE', 'gone');
    const told = start(() => Promise.reject(error));
    await vi.advanceTimersByTimeAsync(64_000);
    expect(told.asked).toBe(7); // At 0, 1, 3, 7, 15, 31 and 63 s.
    await vi.advanceTimersByTimeAsync(600_000);
    expect(told.asked).toBe(17);
    expect(new Set(told.closed)).toEqual(new Set([error]));
  });

  it('a stream that ran for long is opened again at once', async () => {
    const told = start(async (handlers) => {
      handlers.onOpen('http://a');
      await new Promise((resolve) => setTimeout(resolve, 100_000));
      return { refused: null };
    });
    await vi.advanceTimersByTimeAsync(350_000);
    expect(told).toMatchObject({ asked: 4, opened: 4, closed: [null, null, null] });
  });

  it('one that refuses is asked again half an hour later', async () => {
    const told = start(() => Promise.resolve({ refused: 404 }));
    await vi.advanceTimersByTimeAsync(29 * 60_000);
    expect(told).toMatchObject({ asked: 1, refused: [404], closed: [] });
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    expect(told.asked).toBe(2);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { AppError } from '@/lib/errors';
import { log } from '@/lib/log';

import { followMaster } from './follow-master';

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

type Follow = Parameters<typeof followMaster>[0]['follow'];

/** How often the stream of a master was asked for, while its leader may change. */
function start(follow: NonNullable<Follow>) {
  const state = { leader: 'http://m1' as string | null, asked: 0, aborted: 0 };
  void followMaster(
    {
      leaderUrl: () => state.leader,
      follow(handlers, signal) {
        if (state.leader === null) return null;
        state.asked += 1;
        signal.addEventListener('abort', () => {
          state.aborted += 1;
        });
        return follow(handlers, signal);
      },
    },
    { onUpdate() {} },
    stop.signal,
  );
  return state;
}

const until = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('followMaster', () => {
  it('waits for a leader, then follows it', async () => {
    const state = start((_handlers, signal) => until(signal));
    state.leader = null;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(state.asked).toBeLessThanOrEqual(1);
    state.leader = 'http://m1';
    await vi.advanceTimersByTimeAsync(3_000);
    const { asked } = state;
    expect(asked).toBeGreaterThanOrEqual(1);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(state.asked).toBe(asked);
  });

  it('comes back after a stream that breaks, with pauses that grow to a minute', async () => {
    const state = start(() => Promise.reject(new AppError('MESOS_BAD_PAYLOAD', 'broke off')));
    await vi.advanceTimersByTimeAsync(64_000);
    expect(state.asked).toBe(7); // At 0, 1, 3, 7, 15, 31 and 63 s.
    await vi.advanceTimersByTimeAsync(600_000);
    expect(state.asked).toBe(17);
  });

  it('a master that refuses is asked once, told of once, and again half an hour later', async () => {
    const info = vi.spyOn(log, 'info');
    const state = start(() => Promise.resolve({ refused: 404 }));
    await vi.advanceTimersByTimeAsync(29 * 60_000);
    expect(state.asked).toBe(1);
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    expect(state.asked).toBe(2);
    expect(info).toHaveBeenCalledTimes(1);
  });

  it('goes over to another leader at once, be the old one silent or one that refused', async () => {
    const silent = start((_handlers, signal) => until(signal));
    const refusing = start(() => Promise.resolve({ refused: 403 }));
    await vi.advanceTimersByTimeAsync(5_000);
    silent.leader = 'http://m2';
    refusing.leader = 'http://m2';
    await vi.advanceTimersByTimeAsync(3_000);
    expect([silent.asked, silent.aborted, refusing.asked]).toEqual([2, 1, 2]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createPollKick } from './poll-kick';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const stop = new AbortController();

/** Milliseconds that a wait lasts after a poll of `pollMs`, kicked at `kicks` ms into it. */
async function waited(kicks: number[], pollMs: number, kick = createPollKick(), signal = stop.signal) {
  const startedAt = new Date(Date.now() - pollMs);
  for (const at of kicks) setTimeout(() => kick.kick(), at);
  const began = Date.now();
  const wait = kick.wait({ startedAt, pauseMs: 30_000 }, signal).then(() => Date.now() - began);
  await vi.runAllTimersAsync();
  return wait;
}

describe('createPollKick', () => {
  it.each([
    ['nobody asks: the whole pause', [], 100, 30_000],
    ['asked long after: at once', [5_000], 100, 5_001],
    ['asked at once: 2 s after the start of the last', [1], 100, 1_900],
    ['asked often: once', [1, 2, 3, 500, 1_899], 100, 1_900],
    ['after a poll of 4 s: at most a third of the time is reading', [1], 4_000, 8_000],
    ['never later than the regular poll', [1], 20_000, 30_000],
  ])('%s', async (_name, kicks, pollMs, expected) => {
    expect(await waited(kicks, pollMs)).toBe(expected);
  });

  it('a poll asked for while the last one ran follows it, and is then forgotten', async () => {
    const kick = createPollKick();
    kick.kick();
    expect(await waited([], 100, kick)).toBe(1_900);
    expect(await waited([], 100, kick)).toBe(30_000);
  });

  it('ends when the collector does', async () => {
    const ending = new AbortController();
    setTimeout(() => ending.abort(), 70);
    expect(await waited([], 100, createPollKick(), ending.signal)).toBe(70);
    expect(await waited([], 100, createPollKick(), ending.signal)).toBe(0);
  });
});

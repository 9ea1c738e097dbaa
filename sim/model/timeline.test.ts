import { describe, expect, it } from 'vitest';

import { createTimeline } from './timeline';

const START = 1_700_000_000;

function timelineAt(behind = 0) {
  return createTimeline({ segments: [{ model: START, stamp: START, rate: 1 }], behind });
}

describe('timeline', () => {
  it('gives model time as it is at speed 1', () => {
    const timeline = timelineAt();
    expect(timeline.modelAt(START + 60)).toBe(START + 60);
    expect(timeline.stampOf(START + 60)).toBe(START + 60);
  });

  it('at speed 10 an hour of the model takes six minutes, and no stamp is ahead of the real clock', () => {
    const timeline = timelineAt();
    timeline.setSpeed(START + 100, 10);
    expect(timeline.modelAt(START + 100 + 360)).toBeCloseTo(START + 100 + 3600, 3);
    expect(timeline.stampOf(START + 100 + 3600)).toBeCloseTo(START + 460, 3);
    expect(timeline.stampOf(START + 50)).toBe(START + 50);
  });

  it('skipped time uses up what the clocks lag', () => {
    const timeline = timelineAt(3600);
    timeline.skip(START + 3600, 600);
    expect(timeline.modelAt(START + 3600)).toBeCloseTo(START + 600, 3);
    expect(timeline.stampOf(START + 300)).toBeCloseTo(START + 300, 3);
    expect(timeline.state.behind).toBe(3000);
  });

  it('skipped time beyond the lag is squeezed into under a second an hour, in order', () => {
    const timeline = timelineAt();
    timeline.skip(START, 3600);
    const stamps = [0, 10, 1800, 3600].map((seconds) => timeline.stampOf(START + seconds));
    expect(stamps).toEqual([...stamps].sort((a, b) => a - b));
    expect(new Set(stamps).size).toBe(4);
    expect(stamps.at(-1)).toBeLessThan(START + 0.5);
  });

  it('never goes back, were the real clock to', () => {
    const timeline = timelineAt();
    timeline.setSpeed(START + 100, 2);
    expect(timeline.modelAt(START + 40)).toBe(START + 100);
  });

  it('is the same again from its stored state', () => {
    const timeline = timelineAt();
    timeline.skip(START + 5, 100);
    timeline.setSpeed(START + 20, 3);
    const again = createTimeline(structuredClone(timeline.state));
    expect(again.modelAt(START + 99)).toBe(timeline.modelAt(START + 99));
    expect(again.stampOf(START + 77)).toBe(timeline.stampOf(START + 77));
  });
});

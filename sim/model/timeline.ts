/** From model second `model` on, the clocks of the cluster read `stamp`, and go on at `rate` stamp seconds per model second. */
export type Segment = { model: number; stamp: number; rate: number };

/** Everything needed to build the same timeline again. `behind`: seconds by which the cluster's clocks lag the real one. */
export type TimelineState = { segments: Segment[]; behind: number };

/**
 * Ties model time, in which things happen, to the time stamps the cluster's clocks give. With a speed-up of 10 a
 * model hour passes in six minutes of time stamps, so that a fast cluster never reports from the future.
 */
export type Timeline = {
  readonly state: TimelineState;
  /** Seconds since the epoch with five decimals, as Mesos prints them. */
  stampOf(model: number): number;
  /** The model second that the real second `real` stands for; never before the last segment's start. */
  modelAt(real: number): number;
  /** From the real second `real` on, model time goes `speed` times as fast. No-op where it already does. */
  setSpeed(real: number, speed: number): void;
  /**
   * Lets `seconds` of model time pass at once. The stamps of what happens use up `behind` first; what is left is
   * squeezed into almost no time, still in order, rather than stamped ahead of the real clock.
   */
  skip(real: number, seconds: number): void;
};

// Keeps the order of squeezed events visible: an hour becomes 0.36 s.
const SQUEEZED_RATE = 0.0001;

export function createTimeline(state: TimelineState): Timeline {
  const { segments } = state;

  function last(): Segment {
    const segment = segments.at(-1);
    if (segment === undefined) throw new Error('a timeline needs a segment');
    return segment;
  }

  function segmentOf(model: number): Segment {
    for (let index = segments.length - 1; index > 0; index -= 1) {
      const segment = segments[index];
      if (segment !== undefined && segment.model <= model) return segment;
    }
    return segments[0] ?? last();
  }

  function modelAt(real: number): number {
    const { model, stamp, rate } = last();
    return model + Math.max(0, real - state.behind - stamp) / rate;
  }

  function stampOf(model: number): number {
    const segment = segmentOf(model);
    return Math.round((segment.stamp + (model - segment.model) * segment.rate) * 1e5) / 1e5;
  }

  return {
    state,
    stampOf,
    modelAt,
    setSpeed(real, speed) {
      if (last().rate === 1 / speed) return;
      const model = modelAt(real);
      segments.push({ model, stamp: stampOf(model), rate: 1 / speed });
    },
    skip(real, seconds) {
      if (seconds <= 0) return;
      const normal = last().rate;
      const model = modelAt(real);
      const stamp = stampOf(model);
      const room = Math.min(seconds * normal, state.behind);
      const rate = Math.max(room / seconds, SQUEEZED_RATE);
      state.behind -= room;
      segments.push({ model, stamp, rate });
      segments.push({ model: model + seconds, stamp: stamp + seconds * rate, rate: normal });
    },
  };
}

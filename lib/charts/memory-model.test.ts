import { describe, expect, it } from 'vitest';

import { appMemoryModel, byteTicks, taskMemoryModel } from './memory-model';

const GIB = 2 ** 30;
const at = (minute: number) => Date.parse('2026-11-25T01:00:00Z') + minute * 60_000;
const iso = (minute: number) => new Date(at(minute)).toISOString();

describe('taskMemoryModel', () => {
  const memory = {
    limitBytes: 4 * GIB,
    points: [
      [at(1), 3.6 * GIB],
      [at(0), GIB],
      [at(2), 3.96 * GIB],
    ] as [number, number][],
  };

  it('goes from the first sample to the death, whatever the order of the samples', () => {
    const model = taskMemoryModel(memory, iso(3));
    expect(model).toMatchObject({ from: at(0), to: at(3), deaths: [at(3)] });
    expect(model.points.map(({ used }) => used)).toEqual([GIB, 3.6 * GIB, 3.96 * GIB]);
    expect(model.summary).toBe('last 4,055 MB of its 4,096 MB limit (99%)');
  });

  it('tells the peak where it is not the last, and no share without a limit', () => {
    const model = taskMemoryModel(
      {
        limitBytes: null,
        points: [
          [at(0), 2 * GIB],
          [at(1), GIB],
        ],
      },
      null,
    );
    expect(model.summary).toBe('last 1,024 MB, at most 2,048 MB');
    expect(model).toMatchObject({ to: at(1), deaths: [] });
  });
});

describe('what is hatched of a task', () => {
  const every = (minutes: readonly number[]) => ({
    limitBytes: null,
    points: minutes.map((minute): [number, number] => [at(minute), GIB]),
  });

  it('is where its agent was asked much later than usual, and the line breaks there', () => {
    const model = taskMemoryModel(every([0, 1, 2, 3, 20, 21]), null);
    expect(model.spans).toEqual([{ kind: 'unsampled', from: at(3), to: at(20) }]);
    expect(model.points.map(({ used }) => used)).toEqual([GIB, GIB, GIB, GIB, null, GIB, GIB]);
    expect(model.spansSummary).toBe('Hatched: no sample was taken in 17 min.');
  });

  it.each([[[0, 4]], [[0, 30, 60, 95]], [[0]], [[]]])('is nothing of %o', (minutes) => {
    const model = taskMemoryModel(every(minutes), null);
    expect([model.spans, model.spansSummary]).toEqual([[], null]);
  });
});

describe('appMemoryModel', () => {
  const memory = {
    stepMs: 300_000,
    points: [
      { at: iso(0), maxBytes: GIB, meanBytes: GIB / 2, limitBytes: 2 * GIB, tasks: 3 },
      { at: iso(5), maxBytes: null, meanBytes: null, limitBytes: null, tasks: 0 },
      { at: iso(10), maxBytes: 1.9 * GIB, meanBytes: GIB, limitBytes: 2 * GIB, tasks: 2 },
    ],
  };

  it('keeps a step without samples as a gap, not as zero', () => {
    const [, gap] = appMemoryModel(memory, []).points;
    expect(gap).toMatchObject({ max: null, mean: null, tasks: null });
  });

  it('hatches what was not sampled, and where deaths may be missing', () => {
    const gaps = [
      { from: iso(-60), to: iso(-30) },
      { from: iso(8), to: iso(9) },
      { from: iso(14), to: iso(60) },
    ];
    const model = appMemoryModel(memory, [], gaps);
    expect(model.spans).toEqual([
      { kind: 'unsampled', from: at(5), to: at(10) },
      { kind: 'gap', from: at(8), to: at(9) },
      { kind: 'gap', from: at(14), to: at(15) },
    ]);
    expect(model.spansSummary).toBe('Hatched: no sample was taken in 5 min; deaths may be missing in 2 min.');
  });

  it('reaches over deaths beyond the samples, and leaves out those before', () => {
    const model = appMemoryModel(memory, [{ at: iso(20) }, { at: iso(-3) }]);
    expect(model).toMatchObject({ from: at(0), to: at(20), deaths: [at(20)] });
    expect(model.summary).toBe('at most 1,946 MB of its 2,048 MB limit (95%)');
  });
});

it.each([
  [0, [0, 1024]],
  [4 * GIB, [0, GIB, 2 * GIB, 3 * GIB, 4 * GIB]],
  [4.1 * GIB, [0, GIB, 2 * GIB, 3 * GIB, 4 * GIB, 5 * GIB]],
  [6 * GIB, [0, 2 * GIB, 4 * GIB, 6 * GIB]],
])('ticks of %s', (most, ticks) => expect(byteTicks(most)).toEqual(ticks));

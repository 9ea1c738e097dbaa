import { describe, expect, it } from 'vitest';

import { rateBarsModel } from './rates-model';

const row = (name: string, failed: number, rate: number | null, oom = 0) => ({
  name,
  failed,
  oom,
  failuresPer1000TaskHours: rate,
});

describe('rateBarsModel', () => {
  it('worst rate first, the longest bar is whole, those without failures are left out', () => {
    const model = rateBarsModel(
      [row('a', 2, 1), row('quiet', 0, 0), row('b', 1, 4, 1)],
      { failuresPer1000TaskHours: 2 },
      10,
    );
    expect(model.bars.map(({ row: { name }, length, oomPart }) => [name, length, oomPart])).toEqual([
      ['b', 1, 1],
      ['a', 0.25, 0],
    ]);
    expect(model.fleetMark).toBe(0.5);
  });

  it('equal rates: more failures first', () => {
    const model = rateBarsModel([row('a', 1, 3), row('b', 2, 3)], { failuresPer1000TaskHours: null }, 1);
    expect(model.bars.map((bar) => bar.row.name)).toEqual(['b']);
  });

  it('those to come first do, whatever their rate, and the scale is still the longest', () => {
    const model = rateBarsModel(
      [row('small', 1, 8), row('suspect', 90, 4)],
      { failuresPer1000TaskHours: 1 },
      10,
      ({ name }) => name === 'suspect',
    );
    expect(model.bars.map(({ row: { name }, length }) => [name, length])).toEqual([
      ['suspect', 0.5],
      ['small', 1],
    ]);
  });

  it('without task-hours the bars are counts and the fleet has no mark', () => {
    const model = rateBarsModel([row('a', 1, null), row('b', 4, null)], { failuresPer1000TaskHours: 1 }, 10);
    expect(model).toMatchObject({ measure: 'failed', fleetMark: null });
    expect(model.bars.map(({ length }) => length)).toEqual([1, 0.25]);
  });

  it('nothing failed: no bars and no mark', () => {
    expect(rateBarsModel([row('a', 0, 0)], { failuresPer1000TaskHours: 0 }, 10)).toEqual({
      bars: [],
      fleetMark: null,
      measure: 'failed',
    });
  });
});

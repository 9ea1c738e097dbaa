import { describe, expect, it } from 'vitest';

import { matchByTime } from './match-by-time';
import { afterKill, endOf, placedOf } from './tieable-for-tests';

const storm = (kills: number, ends: number) => ({
  kills: Array.from({ length: kills }, (_, n) =>
    placedOf(`s${n}`, { killedPid: n + 1, at: afterKill((30 * n) / kills) }),
  ),
  ends: Array.from({ length: ends }, (_, n) =>
    endOf(`e${n}`, { taskId: `t${n}`, finishedAt: afterKill((30 * n) / ends) }),
  ),
});

describe('matchByTime', () => {
  it('compares a kill with the ends nearest to it, however many there are', () => {
    let compared = 0;
    const ties = matchByTime({
      ...storm(1_500, 20_000),
      statusLines: [],
      sizeOf: () => {
        compared += 1;
        return 'equal';
      },
    });
    // Each with each it is 30 million; pages wait for a pasted log's.
    expect(compared).toBeLessThanOrEqual(1_500 * 60);
    expect(new Set(ties.map(({ proof }) => proof))).toEqual(new Set(['possible']));
  });

  it('a storm takes nothing from what happened an hour later on its host', () => {
    const { kills, ends } = storm(3, 1_000);
    const ties = matchByTime({
      kills: [...kills, placedOf('alone', { killedPid: 99_999, at: afterKill(3_600) })],
      ends: [...ends, endOf('later', { taskId: 'later', finishedAt: afterKill(3_601) })],
      statusLines: [],
      sizeOf: () => 'equal',
    });
    expect(ties.filter(({ endId }) => endId === 'later')).toMatchObject([
      { signalId: 'alone', proof: 'likely', candidates: 1 },
    ]);
  });

  it('what stands at the edge of a storm that was not looked at whole is not sure', () => {
    const { kills, ends } = storm(3, 1_000);
    const ties = matchByTime({
      kills: [...kills, placedOf('edge', { killedPid: 99_999, at: afterKill(140) })],
      ends: [...ends, endOf('last', { taskId: 'last', finishedAt: afterKill(141) })],
      statusLines: [],
      sizeOf: ({ id }, end) => (id === 'edge' && end.id !== 'last' ? 'differs' : 'equal'),
    });
    expect(ties.filter(({ endId }) => endId === 'last')).toMatchObject([
      { signalId: 'edge', proof: 'possible' },
    ]);
  });
});

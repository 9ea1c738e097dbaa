import { describe, expect, it } from 'vitest';

import { sawTooth } from './saw-tooth';

const START = Date.UTC(2026, 2, 1);
const at = (...minutes: number[]) => minutes.map((minute) => new Date(START + minute * 60_000));

describe('sawTooth', () => {
  it.each<[string, Date[], number | null]>([
    ['every 40 minutes', at(0, 40, 80, 120, 160), 40],
    ['in any order', at(80, 0, 120, 40), 40],
    ['give or take a few minutes', at(0, 38, 81, 119, 162, 201), 39],
    ['two instances that die together', at(0, 1, 40, 41, 80, 81, 120, 121), 40],
    ['a night without it', at(0, 40, 80, 120, 160, 700, 740, 780), 40],
    ['three deaths are no period', at(0, 40, 80), null],
    ['four deaths that are nearly regular by chance', at(0, 33, 75, 110), null],
    ['many, and one between them', at(0, 40, 80, 95, 120, 160, 200, 240, 280, 320), 40],
    ['two in five astray', at(0, 40, 80, 200, 240, 250, 290, 500, 540, 580), null],
    ['deaths without a pace', at(0, 5, 90, 94, 300, 1000), null],
    ['a crash loop', at(0, 0.2, 0.4, 0.6, 0.8, 1), null],
    ['all at once', at(0, 0, 0, 0, 0), null],
    ['none', [], null],
    ['what is no time', [...at(0, 40, 80), new Date(Number.NaN)], null],
  ])('%s', (_what, deaths, minutes) => {
    const tooth = sawTooth(deaths);
    expect(tooth === null ? null : Math.round(tooth.periodMs / 60_000)).toBe(minutes);
  });
});

import { expect, it } from 'vitest';

import { gapStripModel } from './gap-strip-model';

const at = (minute: number) => new Date(Date.parse('2026-11-25T12:00:00Z') + minute * 60_000).toISOString();
const span = (from: number, to: number) => ({ from: at(from), to: at(to) });
const hour = span(0, 60);

it.each([
  ['none', [], null],
  ['one that only touches the window', [span(-10, 0), span(60, 70)], null],
  ['one that reaches over its beginning', [span(-10, 15)], [[0, 0.25]]],
  ['two that overlap', [span(30, 45), span(15, 36)], [[0.25, 0.75]]],
  [
    'two apart',
    [span(30, 33), span(0, 6)],
    [
      [0, 0.1],
      [0.5, 0.55],
    ],
  ],
] as const)('%s', (_when, gaps, spans) => {
  const model = gapStripModel(hour, gaps);
  expect(model?.spans.map(({ from, to }) => [from, to]) ?? null).toEqual(spans);
});

it.each([
  [[span(0, 6)], 'Task ends may be missing in 6 min of this window'],
  [[span(0, 6), span(30, 33)], 'Task ends may be missing in 2 spans of this window, 9 min together'],
  [[span(-10, 90)], 'Task ends may be missing in all of this window'],
])('%o', (gaps, summary) => {
  expect(gapStripModel(hour, gaps)?.summary).toBe(summary);
});

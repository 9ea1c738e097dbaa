import { expect, it } from 'vitest';

import { sourceTitle, sourceTrouble } from './source-words';

const warning = { code: 'state_truncated', message: 'The reply was cut short' };
const clean = { warnings: [], rejected: 0 };

it.each([
  [[], null],
  [[clean, clean], null],
  [[{ warnings: [warning], rejected: 0 }, clean], '1 warning'],
  [[clean, { warnings: [], rejected: 1 }], '1 rejected entry'],
  [
    [
      { warnings: [warning, warning], rejected: 1000 },
      { warnings: [warning], rejected: 234 },
    ],
    '3 warnings and 1,234 rejected entries',
  ],
])('counts over all sources what was wrong with what was read (%#)', (sources, words) => {
  expect(sourceTrouble(sources)).toBe(words);
});

it.each([
  ['mesos', 'Mesos master of prod'],
  ['marathon:http://marathon:8080', 'Marathon http://marathon:8080 of prod'],
  ['something-new', 'something-new of prod'],
])('the source %s is called %s', (source, title) => {
  expect(sourceTitle({ cluster: 'prod', source })).toBe(title);
});

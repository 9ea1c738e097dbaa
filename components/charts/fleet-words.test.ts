import { expect, it } from 'vitest';

import { fleetNote, nothingFailed } from './fleet-words';

it('a rate that is not known is not zero', () => {
  expect(fleetNote({ failuresPer1000TaskHours: null })).toContain('not known');
  expect(fleetNote({ failuresPer1000TaskHours: 0 })).toBe('fleet: 0 failures per 1,000 task-hours');
  expect(fleetNote({ failuresPer1000TaskHours: 60 })).toBe('fleet: 60.0 failures per 1,000 task-hours');
});

it.each([
  [0, 0, 'Nothing was observed in this window'],
  [0, 12, 'quiet'],
  [3, 0, 'quiet'],
])('%s ends and %s task-hours without a failure read: %s', (ended, taskHours, text) => {
  expect(nothingFailed({ ended, taskHours }, 'quiet')).toBe(text);
});

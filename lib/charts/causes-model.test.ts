import { expect, it } from 'vitest';

import { causeRows } from './causes-model';

it('failures stand first, however many others there are', () => {
  const rows = causeRows([
    { cause: 'finished', disposition: 'normal', ends: 100 },
    { cause: 'unknown', disposition: 'unexplained', ends: 5 },
    { cause: 'app_exit_nonzero', disposition: 'failure', ends: 2 },
    { cause: 'oom_cgroup_limit', disposition: 'failure', ends: 3 },
  ]);
  expect(rows.map(({ cause, length }) => [cause, length])).toEqual([
    ['oom_cgroup_limit', 0.03],
    ['app_exit_nonzero', 0.02],
    ['unknown', 0.05],
    ['finished', 1],
  ]);
});

it('an unknown failure and an unexplained kill are told apart', () => {
  const rows = causeRows([
    { cause: 'unknown', disposition: 'failure', ends: 1 },
    { cause: 'unknown', disposition: 'unexplained', ends: 1 },
  ]);
  expect(rows.map(({ group, label }) => [group, label])).toEqual([
    ['unknown', 'Unknown'],
    ['killed', 'Killed, unexplained'],
  ]);
});

it('causes without ends are left out', () => {
  expect(causeRows([{ cause: 'unknown', disposition: 'failure', ends: 0 }])).toEqual([]);
});

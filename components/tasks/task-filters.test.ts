import { describe, expect, it } from 'vitest';

import { pageWindow } from '@/components/shell/window-params';

import { filterWords, taskFilters, taskListPlace, tasksApiUrl, without } from './task-filters';

const NONE = {
  state: [],
  cause: [],
  disposition: [],
  host: null,
  app: null,
  framework: null,
  fingerprint: null,
  exitCode: null,
  q: null,
};

describe('taskFilters', () => {
  it.each([
    { when: 'nothing', raw: {}, want: {}, ignored: [] },
    {
      when: 'values by comma, one of them twice',
      raw: { state: 'TASK_FAILED,TASK_LOST, TASK_FAILED' },
      want: { state: ['TASK_FAILED', 'TASK_LOST'] },
      ignored: [],
    },
    {
      when: 'a state in short',
      raw: { state: 'failed,KILLED' },
      want: { state: ['TASK_FAILED', 'TASK_KILLED'] },
      ignored: [],
    },
    { when: 'empty values', raw: { state: '', host: '', exitCode: '' }, want: {}, ignored: [] },
    {
      when: 'an unknown state beside a known',
      raw: { state: 'TASK_FAILED,TASK_EXPLODED' },
      want: { state: ['TASK_FAILED'] },
      ignored: ['state'],
    },
    { when: 'exit code 0', raw: { exitCode: '0' }, want: { exitCode: 0 }, ignored: [] },
    { when: 'exit code 255', raw: { exitCode: '255' }, want: { exitCode: 255 }, ignored: [] },
    { when: 'exit code 256', raw: { exitCode: '256' }, want: {}, ignored: ['exitCode'] },
    { when: 'exit code in words', raw: { exitCode: '0x89' }, want: {}, ignored: ['exitCode'] },
    { when: 'a text too long', raw: { q: 'x'.repeat(201) }, want: {}, ignored: ['q'] },
  ])('$when', ({ raw, want, ignored }) => {
    expect(taskFilters(raw)).toEqual({ filters: { ...NONE, ...want }, ignored });
  });
});

describe('tasksApiUrl', () => {
  const { window } = pageWindow({ range: '7d' });

  it('spells out window, filters, page size and place', () => {
    const { filters } = taskFilters({ state: 'TASK_FAILED', exitCode: '137', q: 'a b' });
    const url = tasksApiUrl({ filters, window, place: { cursor: 'c', allTime: false } });
    expect(url).toBe('/api/v1/tasks?range=7d&state=TASK_FAILED&exitCode=137&q=a+b&cursor=c&limit=50');
  });

  it('all time has no bounds', () => {
    const { filters } = taskFilters({});
    const url = tasksApiUrl({ filters, window, place: taskListPlace({ range: 'all' }), limit: 1 });
    expect(url).toBe('/api/v1/tasks?limit=1');
  });
});

describe('filterWords', () => {
  const { filters } = taskFilters({ state: 'TASK_FAILED,TASK_LOST', exitCode: '0', disposition: 'normal' });

  it.each([
    ['state', 'State: FAILED or LOST'],
    ['exitCode', 'Exit code: 0'],
    ['disposition', 'Kind: normal'],
    ['host', null],
    ['cause', null],
  ] as const)('%s: %s', (name, words) => {
    expect(filterWords(filters, name)).toBe(words);
  });

  it('without one filter the others stay', () => {
    expect(without(filters, 'state')).toEqual({ ...filters, state: [] });
    expect(without(filters, 'exitCode')).toEqual({ ...filters, exitCode: null });
  });
});

import { describe, expect, it } from 'vitest';

import { apiUrl, linkParams, oneParam, pageWindow, windowAt } from './window-params';

const DAY = { range: '24h', from: null, to: null, cluster: null };

describe('pageWindow', () => {
  it.each([
    { when: 'nothing given', raw: {}, window: DAY, invalid: false },
    { when: 'a named range', raw: { range: '7d' }, window: { ...DAY, range: '7d' }, invalid: false },
    { when: 'an unknown range', raw: { range: '5y' }, window: DAY, invalid: true },
    {
      when: 'from and to with an offset become UTC',
      raw: { from: '2026-11-25T09:00:00+08:00', to: '2026-11-25T02:00:00Z', range: '7d' },
      window: {
        range: null,
        from: '2026-11-25T01:00:00.000Z',
        to: '2026-11-25T02:00:00.000Z',
        cluster: null,
      },
      invalid: false,
    },
    {
      when: 'from after to',
      raw: { from: '2026-11-25T02:00:00Z', to: '2026-11-25T01:00:00Z' },
      window: DAY,
      invalid: true,
    },
    {
      when: 'from equal to to',
      raw: { from: '2026-11-25T02:00:00Z', to: '2026-11-25T02:00:00Z' },
      window: DAY,
      invalid: true,
    },
    { when: 'only one end', raw: { from: '2026-11-25T02:00:00Z' }, window: DAY, invalid: true },
    { when: 'no date', raw: { from: 'x', to: 'y' }, window: DAY, invalid: true },
    {
      when: 'repeated and empty values',
      raw: { range: ['3d', '7d'], cluster: '' },
      window: { ...DAY, range: '3d' },
      invalid: false,
    },
  ])('$when', ({ raw, window, invalid }) => {
    expect(pageWindow(raw)).toEqual({ window, invalid });
  });
});

it('links leave the default range out, the API gets it spelled out', () => {
  const { window } = pageWindow({ cluster: 'prod' });
  expect(linkParams(window).range).toBeNull();
  expect(apiUrl('/api/v1/overview', window)).toBe('/api/v1/overview?range=24h&cluster=prod');
  expect(apiUrl('/x', window, { host: 'a b', state: ['A', 'B'], q: null })).toBe(
    '/x?range=24h&cluster=prod&host=a+b&state=A%2CB',
  );
});

it('a named range ends now', () => {
  const now = new Date('2026-11-25T12:00:00Z');
  expect(windowAt(pageWindow({ range: '1h' }).window, now)).toEqual({
    from: new Date('2026-11-25T11:00:00Z'),
    to: now,
  });
});

it('one value is the first that is given, trimmed', () => {
  expect(oneParam({ a: [' x ', 'y'] }, 'a')).toBe('x');
  expect(oneParam({ a: '  ' }, 'a')).toBeNull();
});

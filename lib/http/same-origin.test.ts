import { describe, expect, it } from 'vitest';

import { isSameOrigin } from './same-origin';

describe('isSameOrigin', () => {
  it.each([
    ['curl', {}, true],
    ['our page', { 'sec-fetch-site': 'same-origin' }, true],
    ['an address typed in', { 'sec-fetch-site': 'none' }, true],
    ['another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['another host of our site', { 'sec-fetch-site': 'same-site' }, false],
    ['our page over http', { host: 'exit137:3137', origin: 'http://exit137:3137' }, true],
    [
      'our page behind a proxy',
      { host: 'app:3137', 'x-forwarded-host': 'exit137.io', origin: 'https://exit137.io' },
      true,
    ],
    ['another site over http', { host: 'exit137:3137', origin: 'http://evil' }, false],
    ['a sandboxed frame', { host: 'exit137:3137', origin: 'null' }, false],
    [
      'a lie about the origin beside the truth',
      { 'sec-fetch-site': 'cross-site', host: 'a', origin: 'http://a' },
      false,
    ],
  ])('%s', (_name, headers, want) => {
    // Request drops the headers that only browsers may set.
    expect(isSameOrigin({ headers: new Headers(headers as Record<string, string>) } as Request)).toBe(want);
  });
});

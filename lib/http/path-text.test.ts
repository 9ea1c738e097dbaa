import { expect, it } from 'vitest';

import { pathText } from './path-text';

it.each([
  { when: 'one part', param: 'node-1.example.net', want: 'node-1.example.net' },
  { when: 'the parts of a catch-all', param: ['shop', 'cart'], want: 'shop/cart' },
  { when: 'an id that looks encoded is left alone', param: ['etl%202026'], want: 'etl%202026' },
  { when: 'a NUL', param: 'a\0b', want: 'ab' },
])('$when', ({ param, want }) => {
  expect(pathText(param)).toBe(want);
});

import { expect, it } from 'vitest';

import { isolated } from './isolated';

it('plain text of any script stays as it is', () => {
  for (const text of ['', '/shop/cart', '支付服务', 'متجر', 'a\tb']) expect(isolated(text)).toBe(text);
});

it('an override is shut in', () =>
  expect(isolated('evil\u202Egnp.exe')).toBe('\u2068evil\u202Egnp.exe\u2069'));

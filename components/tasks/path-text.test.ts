import { expect, it } from 'vitest';

import { taskHref } from '@/lib/format/hrefs';

import { pathText } from './path-text';

it.each([
  [['a'], 'a'],
  [['shop', 'cart'], 'shop/cart'],
  [['a%20b%2Fc'], 'a b/c'],
  [['100%'], '100%'],
  [['%E0%A4%A'], '%E0%A4%A'],
])('%j: %s', (segments, text) => {
  expect(pathText(segments)).toBe(text);
});

it.each(['shop_cart.a22e5797-897e', 'a/b', 'a b?c#d', '100%41', 'ünï', "it's+so&so"])(
  'a link to task %s leads back to it',
  (taskId) => {
    const [, , , last = ''] = taskHref({ cluster: 'default', taskId }).split('/');
    expect(pathText([last])).toBe(taskId);
  },
);

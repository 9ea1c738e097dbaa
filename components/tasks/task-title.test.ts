import { expect, it } from 'vitest';

import { taskTitle } from './task-title';

const task = {
  appId: '/shop/cart',
  name: 'cart.shop',
  taskId: 'shop_cart.1',
  state: 'TASK_FAILED',
  disposition: 'failure',
  exitCode: 137,
} as const;

it.each([
  [task, '/shop/cart failed with exit code 137'],
  [{ ...task, exitCode: null }, '/shop/cart failed'],
  [{ ...task, state: 'TASK_KILLED', disposition: 'normal' } as const, '/shop/cart was killed'],
  [{ ...task, appId: null }, 'cart.shop failed with exit code 137'],
  [{ ...task, appId: null, name: '', exitCode: null }, 'shop_cart.1 failed'],
])('%#: %s', (end, title) => {
  expect(taskTitle(end)).toBe(title);
});

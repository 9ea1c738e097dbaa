import { describe, expect, it } from 'vitest';

import { appHref, hostHref, reviewHref, taskHref, tasksHref, withQuery } from './hrefs';

describe('hrefs', () => {
  it('an app id becomes the path, its slashes kept and the rest encoded', () => {
    expect(appHref('/shop/cart')).toBe('/apps/shop/cart');
    expect(appHref('/a b/c?d#e')).toBe('/apps/a%20b/c%3Fd%23e');
  });

  it('a task id is one segment, whatever it holds', () => {
    expect(taskHref({ cluster: 'prod', taskId: 'shop_cart.1-2/3%' })).toBe(
      '/tasks/prod/shop_cart.1-2%2F3%25',
    );
    expect(taskHref({ cluster: 'p', taskId: 't', id: 'x' })).toBe('/tasks/p/t?id=x');
  });

  it('host links keep the window and drop what is absent', () => {
    expect(hostHref('node-7', { range: '7d', from: null, to: undefined, cluster: '' })).toBe(
      '/hosts/node-7?range=7d',
    );
  });

  it('lists of filters are comma-separated', () => {
    expect(tasksHref({ state: ['TASK_FAILED', 'TASK_LOST'], exitCode: 0 })).toBe(
      '/tasks?state=TASK_FAILED%2CTASK_LOST&exitCode=0',
    );
    expect(tasksHref({ state: [] })).toBe('/tasks');
  });

  it('a review keeps the cluster and no window', () => {
    expect(reviewHref('2026-11-25', { cluster: 'a&b' })).toBe('/review/2026-11-25?cluster=a%26b');
    expect(withQuery('/x', {})).toBe('/x');
  });
});

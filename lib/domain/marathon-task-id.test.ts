import { describe, expect, it } from 'vitest';

import { appOfTaskId } from './marathon-task-id';

const UUID = '5b1e77c0-91aa-11ea-9c3f-0242ac110009';

type Row = {
  id: string;
  appId: string;
  kind?: 'pod';
  container?: string;
  attempt?: number;
  instanceId?: string;
};

describe('appOfTaskId', () => {
  it.each<Row>([
    { id: `web.${UUID}`, appId: '/web', instanceId: `web.marathon-${UUID}` },
    { id: `web_${UUID}`, appId: '/web', instanceId: `web.marathon-${UUID}` },
    { id: `shop_cart.${UUID}`, appId: '/shop/cart', instanceId: `shop_cart.marathon-${UUID}` },
    {
      id: `prod_api.v2.example.com.${UUID}`,
      appId: '/prod/api.v2.example.com',
      instanceId: `prod_api.v2.example.com.marathon-${UUID}`,
    },
    { id: `db_pg.${UUID}.3`, appId: '/db/pg', attempt: 3, instanceId: `db_pg.marathon-${UUID}` },
    { id: `shop_cart.instance-${UUID}._app.2`, appId: '/shop/cart', attempt: 2 },
    { id: `shop_api.v2.instance-${UUID}._app.1`, appId: '/shop/api.v2', attempt: 1 },
    { id: `shop_cart.instance-${UUID}.$anon`, appId: '/shop/cart' },
    { id: `shop_cart.instance-${UUID}.$anon.1`, appId: '/shop/cart', attempt: 1 },
    { id: `shop_cart.marathon-${UUID}.$anon`, appId: '/shop/cart', instanceId: `shop_cart.marathon-${UUID}` },
    {
      id: `shop_pod.instance-${UUID}.sidecar.1`,
      appId: '/shop/pod',
      kind: 'pod',
      container: 'sidecar',
      attempt: 1,
    },
    { id: `shop_pod.instance-${UUID}.sidecar`, appId: '/shop/pod', kind: 'pod', container: 'sidecar' },
    // Marathon 1.4.0 to 1.4.2 took any container name.
    { id: `shop_pod.instance-${UUID}.side.car`, appId: '/shop/pod', kind: 'pod', container: 'side.car' },
    { id: `instance-7.${UUID}`, appId: '/instance-7', instanceId: `instance-7.marathon-${UUID}` },
  ])('$id is $appId', ({ id, appId, kind, container, attempt, instanceId }) => {
    const safe = appId.slice(1).replaceAll('/', '_');
    expect(appOfTaskId(id)).toEqual({
      appId,
      kind: kind ?? 'app',
      container: container ?? null,
      attempt: attempt ?? null,
      instanceId: instanceId ?? `${safe}.instance-${UUID}`,
    });
  });

  it.each([
    ['a Chronos task', 'ct:1428559422000:0:job:'],
    ['a Storm worker', 'srv2.example.com-31010'],
    ['a dotted name', 'a.b'],
    ['an instance without a UUID', 'shop.instance-7._app.1'],
    ['a UUID alone', UUID],
    ['a UUID with a letter too many', `web.${UUID}0`],
    ['a path that no Marathon makes', `shop cart/x.${UUID}`],
    ['an empty segment', `shop__cart.${UUID}`],
    ['nothing', ''],
    ['an id of a megabyte', `${'a.'.repeat(500_000)}${UUID}`],
  ])('%s is nobody’s', (_what, id) => {
    expect(appOfTaskId(id)).toBeNull();
  });
});

import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';
import { createUpstream } from '@/lib/upstream/create-upstream';
import { startTestServer } from '@/lib/upstream/test-server';

import { type AnnouncedKill, followMarathonEvents } from './follow-events';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const TASK = 'shop_cart.instance-6f1b2c3d-0000-11ea-8000-0242ac110002._app.1';
const event = (eventType: string, fields: Record<string, unknown> = {}) =>
  `event: ${eventType}\r\ndata: ${JSON.stringify({ ...fields, eventType, timestamp: '2026-11-14T22:13:00.000Z' })}\r\n\r\n`;

type Told = { opened: string[]; events: number; changes: number; kills: AnnouncedKill[]; outcome: unknown };

async function follow(
  listeners: RequestListener[],
  { silenceMs = 300, more = [] }: { silenceMs?: number; more?: string[] } = {},
) {
  const servers = await Promise.all(listeners.map((listener) => startTestServer(listener)));
  const urls = servers.map(({ url }) => url);
  const upstream = createUpstream('marathon', {
    urls: [...urls, ...more],
    credentials: null,
    timeoutMs: 2_000,
    ca: null,
  });
  closers.push(upstream.close, ...servers.map(({ close }) => close));
  const [target] = upstream.targets;
  if (target === undefined) throw new Error('no target');
  const told: Told = { opened: [], events: 0, changes: 0, kills: [], outcome: null };
  told.outcome = await followMarathonEvents(
    upstream,
    target,
    {
      onOpen: (url) => told.opened.push(url),
      onEvent: () => {
        told.events += 1;
      },
      onChange: () => {
        told.changes += 1;
      },
      onKill: (kill) => told.kills.push(kill),
    },
    { signal: new AbortController().signal, silenceMs },
  ).catch((thrown: unknown) => (thrown instanceof AppError ? thrown.code : thrown));
  return { told, servers, urls };
}

const sending =
  (...events: string[]): RequestListener =>
  (request, response) => {
    // As Marathon does.
    if (request.headers.accept !== 'text/event-stream') return response.writeHead(405).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const one of events) response.write(one);
    response.end();
  };

describe('followMarathonEvents', () => {
  it('tells changes and announced kills of all that a server sends, asked for or not', async () => {
    const { told, servers, urls } = await follow([
      sending(
        event('event_stream_attached', { remoteAddress: '10.0.0.1' }),
        event('deployment_info', { plan: {} }),
        event('status_update_event', { taskId: TASK }),
        event('unhealthy_instance_kill_event', { taskId: TASK, appId: '/shop/cart', reason: '503' }),
        event('unhealthy_task_kill_event', { taskId: 'a.b', appId: 'shop/cart' }),
        event('unhealthy_instance_kill_event', { instanceId: 'shop_pod.instance-x', reason: '' }),
        event('unhealthy_instance_kill_event', { reason: 'of nobody' }),
        'data: no JSON\n\n',
        event('app_terminated_event', { appId: '/shop/cart' }),
      ),
    ]);
    const at = new Date('2026-11-14T22:13:00.000Z');
    expect(told).toEqual({
      opened: urls,
      events: 9,
      changes: 2,
      kills: [
        { taskId: TASK, appId: '/shop/cart', reason: '503', at },
        { taskId: 'a.b', appId: '/shop/cart', reason: null, at },
        { taskId: 'shop_pod.instance-x', appId: null, reason: null, at },
      ],
      outcome: { refused: null },
    });
    const [asked] = servers[0]?.seen ?? [];
    const query = new URL(asked?.url ?? '', 'http://x').searchParams;
    expect(query.getAll('event_type')).toEqual(
      expect.arrayContaining(['unhealthy_instance_kill_event', 'deployment_info', 'api_post_event']),
    );
    expect(query.getAll('event_type')).not.toContain('status_update_event');
    expect(query.get('plan-format')).toBe('light');
  });

  it.each([401, 403, 404, 405])('%d: refused', async (status) => {
    const { told } = await follow([(_request, response) => response.writeHead(status).end()]);
    expect(told.outcome).toEqual({ refused: status });
  });

  it('a redirect is followed to a configured replica, and to no other host', async () => {
    const leader = await startTestServer(sending(event('deployment_success')));
    closers.push(leader.close);
    const redirecting: RequestListener = (request, response) =>
      response.writeHead(302, { location: `${leader.url}${request.url}` }).end();
    const { told, servers } = await follow([redirecting], { more: [leader.url] });
    expect(told).toMatchObject({ opened: [leader.url], changes: 1 });
    expect([servers[0]?.seen.length, leader.seen.length]).toEqual([1, 1]);
  });

  it.each([
    ['elsewhere', 'http://elsewhere.example.test:8080/v2/events'],
    ['to itself', '/v2/events'],
    ['nowhere', undefined],
  ])('a redirect %s is an error', async (_name, location) => {
    const { told } = await follow([
      (_request, response) => response.writeHead(302, location === undefined ? {} : { location }).end(),
    ]);
    expect(told.outcome).toBe('MARATHON_UNREACHABLE');
  });

  it('keep-alive lines keep it open; silence does not', async () => {
    const { told } = await follow(
      [
        async (_request, response) => {
          response.writeHead(200);
          for (let sent = 0; sent < 8; sent += 1) {
            response.write('\r\n');
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          response.write(event('deployment_info'));
        },
      ],
      { silenceMs: 400 },
    );
    expect(told).toMatchObject({ changes: 1, outcome: 'MARATHON_TIMEOUT' });
  });

  it('a connection that breaks is an error', async () => {
    const { told } = await follow([
      (_request, response) => {
        response.writeHead(200);
        response.write('event: deployment_info\r\ndata: {"pl');
        setTimeout(() => response.destroy(), 50);
      },
    ]);
    expect(told).toMatchObject({ changes: 0, outcome: 'MARATHON_BAD_PAYLOAD' });
  });
});

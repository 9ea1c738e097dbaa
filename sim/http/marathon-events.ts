import { currentVersion } from '../model/app';
import { since } from '../model/mesos-version';
import { isoOf, type MarathonEvent, type World } from '../model/world';
import { definitionJson, planJson } from './app-json';
import type { MarathonServer } from './marathon-server';
import { type Exchange, sendText } from './reply';

type Json = Record<string, unknown>;

/** How often the model goes on for the sake of those who listen. */
const TICK_MS = 200;
const KEEP_ALIVE_MS = 15_000;
/** A reader this far behind is cut off, as 1.8 and later do. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

const DEPLOYMENT_TYPES = {
  'deployment-info': 'deployment_info',
  'deployment-step-success': 'deployment_step_success',
  'deployment-success': 'deployment_success',
  'deployment-failed': 'deployment_failed',
} as const;

/**
 * `GET /v2/events`: server-sent events without ids and without a past. The first one tells that one is attached. The
 * filter `event_type` is as old as Marathon 1.3.7; the stream itself as 0.9.
 */
export function streamEvents(server: MarathonServer, exchange: Exchange): void {
  const isAsked = /text\/event-stream/.test(exchange.request.headers.accept ?? '');
  if (!since(server.simulation.world.version, '0.23')) sendText(exchange, 404, '');
  else if (!isAsked) sendText(exchange, 405, '');
  else stream(server, exchange);
}

function stream({ simulation, misbehaviour }: MarathonServer, { request, response, url }: Exchange): void {
  const { world } = simulation;
  const wanted = new Set(since(world.version, '1.4') ? url.searchParams.getAll('event_type') : []);
  response.writeHead(200, { 'Content-Type': 'text/event-stream;charset=UTF-8' });

  function send(eventType: string, fields: Json): void {
    if (wanted.size > 0 && !wanted.has(eventType)) return;
    const data = JSON.stringify({ ...fields, eventType, timestamp: isoOf(world, world.now) });
    response.write(`event: ${eventType}\r\ndata: ${data}\r\n\r\n`);
    if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
  }

  const listen = (event: MarathonEvent) => {
    // A Marathon that hangs says nothing, and its listeners never learn what.
    if (misbehaviour.marathon === 'hang') return;
    const json = eventJson(world, event);
    if (json !== null) send(json.eventType, json.fields);
  };

  send('event_stream_attached', { remoteAddress: request.socket.remoteAddress ?? '127.0.0.1' });
  response.flushHeaders();
  if (misbehaviour.marathon === 'truncate' || misbehaviour.marathon === 'cut') {
    response.write('event: deployment_info\r\ndata: {"plan":{"id":"');
    if (misbehaviour.marathon === 'cut') response.end();
    else setImmediate(() => response.destroy());
    return;
  }
  world.marathonListeners.add(listen);
  const keepAlive = setInterval(() => {
    if (misbehaviour.marathon !== 'hang') response.write('\r\n');
  }, KEEP_ALIVE_MS);
  const tick = setInterval(() => {
    // Another one leads: the streams of this one are closed.
    if (misbehaviour.marathon === 'non-leader') response.end();
    else simulation.catchUp();
  }, TICK_MS);
  response.once('close', () => {
    world.marathonListeners.delete(listen);
    clearInterval(keepAlive);
    clearInterval(tick);
  });
}

/** An event in the words of this version; null: this version does not tell it. */
function eventJson(world: World, event: MarathonEvent): { eventType: string; fields: Json } | null {
  switch (event.kind) {
    case 'api-post': {
      const { app } = event;
      const fields = { clientIp: '10.20.0.50', uri: `/v2/apps${app.shape.id}` };
      if (app.shape.kind === 'pod') return { eventType: 'pod_updated_event', fields };
      const appDefinition = definitionJson(app, currentVersion(app));
      return { eventType: 'api_post_event', fields: { ...fields, appDefinition } };
    }
    case 'status-update': {
      const { task, status, instance } = event;
      return {
        eventType: 'status_update_event',
        fields: {
          slaveId: task.agent.id,
          taskId: task.id,
          taskStatus: status.state,
          message: status.message ?? '',
          appId: instance.app.shape.id,
          host: task.agent.hostname,
          ipAddresses: [{ ipAddress: task.address, protocol: 'IPv4' }],
          ports: task.hostPort === null ? [] : [task.hostPort],
          version: instance.version.version,
        },
      };
    }
    case 'unhealthy-kill': {
      // Told since 1.1, and none of the versions here lies between that and 1.4.
      if (!since(world.version, '1.4')) return null;
      const { task, instance, why } = event;
      return {
        eventType: 'unhealthy_instance_kill_event',
        fields: {
          appId: instance.app.shape.id,
          taskId: task.id,
          instanceId: instance.id,
          version: instance.version.version,
          reason: why,
          host: task.agent.hostname,
          slaveId: task.agent.id,
        },
      };
    }
    default: {
      const { deployment, kind } = event;
      const plan = planJson(deployment);
      const isOver = kind === 'deployment-success' || kind === 'deployment-failed';
      const fields = isOver ? { id: deployment.id, plan } : { plan, currentStep: plan.steps[0] };
      return { eventType: DEPLOYMENT_TYPES[kind], fields };
    }
  }
}

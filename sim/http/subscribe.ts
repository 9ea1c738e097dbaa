import type { ServerResponse } from 'node:http';

import { type MesosVersion, since } from '../model/mesos-version';
import type { MasterEvent, World } from '../model/world';
import type { Simulation } from '../simulation';
import type { AgentsView } from './agents-json';
import { statusV1Json, taskV1Json } from './get-tasks-json';
import { inspectJson } from './inspect-json';
import type { Misbehaviour } from './misbehaviour';
import { agentV1Json, frameworkInfoJson, frameworkV1Json, getStateLists } from './operator-json';
import type { Exchange } from './reply';

type Json = Record<string, unknown>;

/** The open streams of one master. */
export type Streams = Set<ServerResponse>;

const HEARTBEAT_SECONDS = 15;
/** How often the model goes on for the sake of those who listen. */
const TICK_MS = 200;
/** A reader this far behind is cut off rather than remembered for ever. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * SUBSCRIBE: the connection stays open, and events follow as RecordIO, a byte length, a line feed and that many bytes
 * of JSON. The first one is the whole state. There is no resume: who was cut off starts again.
 */
export function subscribe(
  server: { simulation: Simulation; misbehaviour: Misbehaviour; streams: Streams },
  { response }: Exchange,
  view: AgentsView,
): void {
  const { simulation, misbehaviour, streams } = server;
  const { world } = simulation;
  response.writeHead(200, { 'Content-Type': 'application/json' });
  streams.add(response);
  const hasHeartbeat = since(world.version, '1.5');

  function send(body: Iterable<string>): void {
    const record = Buffer.from([...body].join(''));
    response.write(Buffer.concat([Buffer.from(`${record.length}\n`), record]));
    if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
  }

  const listen = (event: MasterEvent) => {
    // A master that hangs says nothing, and its subscribers never learn what.
    if (misbehaviour.masters === 'hang') return;
    const json = eventJson(world, event, view);
    if (json !== null) send([JSON.stringify(json)]);
  };

  send(subscribedBody(world, view));
  if (misbehaviour.masters === 'truncate' || misbehaviour.masters === 'cut') {
    response.write('4711\n{"type":"TASK_UPDATED","task_up');
    if (misbehaviour.masters === 'cut') response.end();
    else setImmediate(() => response.destroy());
    streams.delete(response);
    return;
  }
  const beat = () => {
    if (misbehaviour.masters !== 'hang') send(['{"type":"HEARTBEAT"}']);
  };
  if (hasHeartbeat) beat();
  world.listeners.add(listen);
  const heartbeat = hasHeartbeat ? setInterval(beat, HEARTBEAT_SECONDS * 1000) : undefined;
  const tick = setInterval(() => {
    // Who no longer leads has died, and its streams with it.
    if (misbehaviour.masters === 'non-leader') response.end();
    else simulation.catchUp();
  }, TICK_MS);
  response.once('close', () => {
    world.listeners.delete(listen);
    streams.delete(response);
    clearInterval(heartbeat);
    clearInterval(tick);
  });
}

function* subscribedBody(world: World, view: AgentsView): Iterable<string> {
  yield '{"type":"SUBSCRIBED","subscribed":{"get_state":';
  yield* getStateLists(world, view)();
  yield since(world.version, '1.5') ? `,"heartbeat_interval_seconds":${HEARTBEAT_SECONDS}.0}}` : '}}';
}

/** An event in the words of this version; null: this version does not tell it. */
function eventJson(world: World, event: MasterEvent, view: AgentsView): Json | null {
  const { version } = world;
  switch (event.kind) {
    case 'task-added':
      return { type: 'TASK_ADDED', task_added: { task: taskV1Json(version, event.task) } };
    case 'task-updated':
      return updateJson(world, version, event);
    case 'agent-added':
      return since(version, '1.1')
        ? { type: 'AGENT_ADDED', agent_added: { agent: agentV1Json(world, event.agent, view) } }
        : null;
    case 'agent-removed':
      return since(version, '1.1')
        ? { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: event.agentId } } }
        : null;
    case 'framework-added':
      return since(version, '1.4')
        ? { type: 'FRAMEWORK_ADDED', framework_added: { framework: frameworkV1Json(world, event.framework) } }
        : null;
    case 'framework-removed':
      return since(version, '1.4')
        ? {
            type: 'FRAMEWORK_REMOVED',
            framework_removed: { framework_info: frameworkInfoJson(event.framework) },
          }
        : null;
  }
}

/** Until 1.6 an update that changes no state, as one of a health check, is not told. */
function updateJson(
  world: World,
  version: MesosVersion,
  { task, status, isCheck }: Extract<MasterEvent, { kind: 'task-updated' }>,
): Json | null {
  if (isCheck && status.state === 'TASK_RUNNING' && !since(version, '1.7')) return null;
  const data =
    status.withInspect === true
      ? { data: Buffer.from(JSON.stringify(inspectJson(world, task))).toString('base64') }
      : {};
  return {
    type: 'TASK_UPDATED',
    task_updated: {
      framework_id: { value: task.frameworkId },
      status: { ...statusV1Json(version, task, status), ...data },
      state: task.state,
    },
  };
}

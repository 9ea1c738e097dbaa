import { RELEASES, since } from '../model/mesos-version';
import type { Simulation } from '../simulation';
import { agentsJson } from './agents-json';
import { type Auth, isAllowed } from './auth';
import { getTasksLists } from './get-tasks-json';
import { metricsJson } from './metrics-json';
import { damageOf, type Misbehaviour } from './misbehaviour';
import { getAgents, getFrameworks, getStateLists, jsonBody, replyBody } from './operator-json';
import { type Damage, type Exchange, sendBody, sendJson, sendText } from './reply';
import { flagsJson, type MasterView, stateBody } from './state-json';
import { type Streams, subscribe } from './subscribe';
import { tasksJson } from './tasks-json';

export type MasterServer = {
  simulation: Simulation;
  misbehaviour: Misbehaviour;
  auth: Auth;
  streams: Streams;
  /** Known only once all listeners are up. */
  view: () => MasterView;
  /** The other master's address. */
  other: () => { id: string; host: string; port: number };
  /** Megabytes of running tasks that /state shows besides. */
  stateMb: number;
};

// Those who ask for the leader, for health or for the version need not say who they are.
const OPEN_PATHS = ['/health', '/redirect', '/version'];
const MAX_CALL_BYTES = 65_536;

/** Answers as a Mesos master of the model's version. */
export async function answerAsMaster(server: MasterServer, exchange: Exchange): Promise<void> {
  const { simulation, misbehaviour, auth } = server;
  const { request, response, url } = exchange;
  const mode = misbehaviour.masters;
  if (mode === 'hang') return;
  if (mode === '500') return sendText(exchange, 500, 'Failed to handle the request');
  simulation.catchUp();
  const path = routeOf(url.pathname);
  const isOpen = OPEN_PATHS.includes(path);
  if (!isOpen && (mode === '401' || !isAllowed(auth, request))) {
    response.setHeader(
      'WWW-Authenticate',
      `Basic realm="mesos-master-${path === '/api/v1' ? 'readwrite' : 'readonly'}"`,
    );
    return sendText(exchange, 401, '');
  }
  if (!isOpen && mode === '403') return sendText(exchange, 403, '');
  await route(server, exchange, path, damageOf(mode));
}

function routeOf(pathname: string): string {
  return pathname.replace(/^\/master(?=\/)/, '');
}

async function route(server: MasterServer, exchange: Exchange, path: string, damage: Damage): Promise<void> {
  const { world } = server.simulation;
  const { version } = world;
  const view = seenBy(server);
  switch (path) {
    case '/health':
      return sendText(exchange, 200, '');
    case '/redirect':
      return redirectToLeader(server, exchange, view);
    case '/version':
      return sendJson(exchange, { version: RELEASES[version].mesos, build_user: 'root' }, damage);
    case '/flags':
      return sendJson(exchange, { flags: flagsJson(world, view) }, damage);
    case '/metrics/snapshot':
      return sendJson(exchange, metricsJson(world, view.leads, view.startedAt, server.streams.size), damage);
    case '/state':
    case '/state.json':
      if (!hasStatePath(server, path)) return sendText(exchange, 404, '');
      if (!view.leads && since(version, '1.0')) return redirect(exchange, view);
      return sendBody(exchange, stateBody(world, view, server.stateMb), damage);
    case '/tasks':
      if (!view.leads && since(version, '1.0')) return redirect(exchange, view);
      return sendJson(exchange, tasksJson(world, view, exchange.url.searchParams), damage);
    case '/slaves':
      if (!view.leads && since(version, '1.0')) return redirect(exchange, view);
      return sendJson(exchange, slavesJson(server, view), damage);
    case '/api/v1':
      if (!since(version, '1.0')) return sendText(exchange, 404, '');
      return answerCall(server, exchange, view, damage);
    default:
      return sendText(exchange, 404, '');
  }
}

function seenBy(server: MasterServer): MasterView {
  const view = server.view();
  switch (server.misbehaviour.masters) {
    case 'non-leader':
      return { ...view, leads: false, leader: null };
    case 'redirect':
      return view.leads ? { ...view, leads: false, leader: server.other() } : view;
    default:
      return view;
  }
}

/** `/state.json` up to 1.7, `/state` from 0.25. */
function hasStatePath(server: MasterServer, path: string): boolean {
  const { version } = server.simulation.world;
  return path === '/state' ? since(version, '0.25') : !since(version, '1.8');
}

function slavesJson(server: MasterServer, view: MasterView): Record<string, unknown> {
  const { world } = server.simulation;
  const recovered = since(world.version, '1.2') ? { recovered_slaves: [] } : {};
  return { slaves: view.leads ? agentsJson(world, view) : [], ...recovered };
}

/** `Location` has no scheme: the client keeps its own. */
function redirect({ response, request }: Exchange, { leader }: MasterView): void {
  if (leader === null) {
    response.writeHead(503, { 'Content-Type': 'text/plain' }).end('No leader elected');
  } else {
    response.writeHead(307, { Location: `//${leader.host}:${leader.port}${request.url ?? '/'}` }).end();
  }
}

function redirectToLeader(server: MasterServer, exchange: Exchange, view: MasterView): void {
  const { version } = server.simulation.world;
  if (view.leader === null && since(version, '1.0')) {
    sendText(exchange, 503, 'No leader elected');
    return;
  }
  // Before 1.0 a master that knows no leader points at itself.
  const { host, port } = view.leader ?? view;
  exchange.response.writeHead(307, { Location: `//${host}:${port}` }).end();
}

async function answerCall(
  server: MasterServer,
  exchange: Exchange,
  view: MasterView,
  damage: Damage,
): Promise<void> {
  const { request, response } = exchange;
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST');
    return sendText(exchange, 405, "Expecting one of { 'POST' }");
  }
  if (!view.leads) return redirect(exchange, view);
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return sendText(exchange, 415, "Expecting 'Content-Type' of application/json or application/x-protobuf");
  }
  const accept = request.headers.accept ?? '*/*';
  if (!/application\/json|\*\/\*|application\/\*/.test(accept)) {
    return sendText(exchange, 406, "Expecting 'Accept' to allow application/json or application/x-protobuf");
  }
  const { world } = server.simulation;
  const type = await callType(exchange);
  switch (type) {
    case null:
      return sendText(exchange, 400, 'Failed to parse body into JSON');
    case 'GET_TASKS':
      return sendBody(exchange, replyBody(type, getTasksLists(world)), damage);
    case 'GET_STATE':
      return sendBody(exchange, replyBody(type, getStateLists(world, view)), damage);
    case 'GET_AGENTS':
      return sendBody(exchange, replyBody(type, jsonBody(getAgents(world, view))), damage);
    case 'GET_FRAMEWORKS':
      return sendBody(exchange, replyBody(type, jsonBody(getFrameworks(world))), damage);
    case 'SUBSCRIBE':
      return subscribe(server, exchange, view);
    case 'GET_HEALTH':
      return sendJson(exchange, { type, get_health: { healthy: true } }, damage);
    case 'GET_VERSION': {
      const { mesos } = RELEASES[world.version];
      return sendJson(exchange, { type, get_version: { version_info: { version: mesos } } }, damage);
    }
    default:
      return sendText(exchange, 501, '');
  }
}

async function callType({ request }: Exchange): Promise<string | null> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_CALL_BYTES) return null;
  }
  try {
    const call: unknown = JSON.parse(text);
    if (typeof call !== 'object' || call === null || !('type' in call)) return null;
    return typeof call.type === 'string' ? call.type : null;
  } catch {
    return null;
  }
}

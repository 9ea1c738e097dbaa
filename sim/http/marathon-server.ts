import { type App, currentVersion } from '../model/app';
import { RELEASES } from '../model/mesos-version';
import type { World } from '../model/world';
import type { Simulation } from '../simulation';
import {
  appJson,
  definitionJson,
  deploymentsJson,
  EMBEDS,
  type Embed,
  queueJson,
  tasksJson,
} from './app-json';
import { type Auth, isAllowed } from './auth';
import { streamEvents } from './marathon-events';
import { damageOf, type Misbehaviour } from './misbehaviour';
import { podJson, podStatusJson } from './pod-json';
import { type Damage, type Exchange, sendJson, sendText } from './reply';

export type MarathonServer = {
  simulation: Simulation;
  misbehaviour: Misbehaviour;
  auth: Auth;
  /** `host:port` of itself and the URL of the leading master; known once all listeners are up. */
  address: () => { self: string; master: string };
};

/**
 * Answers as Marathon 1.10 does. Against an older Mesos its version text and task ids are of that time, its shapes
 * are not.
 */
export async function answerAsMarathon(server: MarathonServer, exchange: Exchange): Promise<void> {
  const { simulation, misbehaviour, auth } = server;
  const { request, response } = exchange;
  const mode = misbehaviour.marathon;
  if (mode === 'hang') return;
  if (mode === '500') return sendText(exchange, 500, 'There was an internal server error.');
  if (mode === '403') return sendText(exchange, 403, 'Not Authorized to perform this action!');
  if (mode === 'non-leader') return sendText(exchange, 502, 'Could not determine the current leader');
  simulation.catchUp();
  if (mode === '401' || !isAllowed(auth, request)) {
    response.setHeader('WWW-Authenticate', 'Basic realm="Mesosphere"');
    return sendText(exchange, 401, '');
  }
  response.setHeader('X-Marathon-Leader', `http://${server.address().self}`);
  const damage = damageOf(mode);
  if (request.method !== 'GET') return sendText(exchange, 405, '');
  await route(server, exchange, damage);
}

async function route(server: MarathonServer, exchange: Exchange, damage: Damage): Promise<void> {
  const { world } = server.simulation;
  const path = decodeURIComponent(exchange.url.pathname).replace(/(.)\/$/, '$1');
  switch (path) {
    case '/ping':
      return sendText(exchange, 200, 'pong');
    case '/v2/leader':
      return sendJson(exchange, { leader: server.address().self }, damage);
    case '/v2/info':
      return sendJson(exchange, infoJson(server), damage);
    case '/v2/apps':
      return sendJson(exchange, { apps: listApps(world, exchange.url.searchParams) }, damage);
    case '/v2/deployments':
      return sendJson(exchange, deploymentsJson(world), damage);
    case '/v2/queue':
      return sendJson(exchange, queueJson(world), damage);
    case '/v2/events':
      return streamEvents(server, exchange);
    case '/v2/tasks':
      return sendJson(exchange, { tasks: appsOf(world).flatMap(tasksJson) }, damage);
    case '/v2/pods':
      return sendJson(
        exchange,
        podsOf(world).map((pod) => podJson(pod, currentVersion(pod))),
        damage,
      );
    case '/v2/pods/::status':
      return sendJson(
        exchange,
        podsOf(world).map((pod) => podStatusJson(world, pod)),
        damage,
      );
    default:
      return answerOne(world, exchange, path, damage);
  }
}

/** `/v2/apps/{id}`, its tasks and versions, `/v2/pods/{id}::status`. */
async function answerOne(world: World, exchange: Exchange, path: string, damage: Damage): Promise<void> {
  const [, podId] = /^\/v2\/pods(\/.+)::status$/.exec(path) ?? [];
  const pod = podsOf(world).find(({ shape }) => shape.id === podId);
  if (pod !== undefined) return sendJson(exchange, podStatusJson(world, pod), damage);

  const [, appId, part, version] =
    /^\/v2\/apps(\/.+?)(?:\/(versions|tasks)(?:\/([^/]+))?)?$/.exec(path) ?? [];
  const app = appsOf(world).find(({ shape }) => shape.id === appId);
  if (app === undefined)
    return notFound(exchange, appId === undefined ? 'Not found' : `App '${appId}' does not exist`);
  if (part === undefined) {
    const all = new Set<Embed>(['tasks', 'counts', 'deployments', 'lastTaskFailure']);
    return sendJson(exchange, { app: appJson(world, app, all) }, damage);
  }
  if (part === 'tasks') return sendJson(exchange, { tasks: tasksJson(app) }, damage);
  if (version === undefined) {
    const newestFirst = app.versions.map((one) => one.version).reverse();
    return sendJson(exchange, { versions: newestFirst }, damage);
  }
  const found = app.versions.find((one) => one.version === version);
  if (found === undefined) return notFound(exchange, `App '${appId}' does not exist in version ${version}`);
  return sendJson(exchange, definitionJson(app, found), damage);
}

function notFound(exchange: Exchange, message: string): void {
  exchange.response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify({ message }));
}

function appsOf(world: World): App[] {
  return [...world.marathon.apps.values()].filter(({ shape }) => shape.kind !== 'pod');
}

function podsOf(world: World): App[] {
  return [...world.marathon.apps.values()].filter(({ shape }) => shape.kind === 'pod');
}

function listApps(world: World, query: URLSearchParams): Record<string, unknown>[] {
  const embeds = new Set(query.getAll('embed').map(withoutPrefix).filter(isEmbed));
  const id = query.get('id') ?? '';
  const cmd = query.get('cmd') ?? '';
  return appsOf(world)
    .filter(({ shape }) => shape.id.includes(id) && (shape.cmd ?? '').includes(cmd))
    .map((app) => appJson(world, app, embeds));
}

/** `apps.counts`, `app.counts`, `group.apps.counts` and `counts` all mean the same. */
function withoutPrefix(embed: string): string {
  return embed.replace(/^(?:group\.apps|apps|app)\./, '');
}

function isEmbed(text: string): text is Embed {
  return (EMBEDS as readonly string[]).includes(text);
}

function infoJson(server: MarathonServer): Record<string, unknown> {
  const { world } = server.simulation;
  const { self, master } = server.address();
  return {
    name: 'marathon',
    version: RELEASES[world.version].marathon,
    buildref: 'unknown',
    elected: true,
    leader: self,
    frameworkId: world.marathon.framework.id,
    marathon_config: {
      checkpoint: true,
      failover_timeout: 604_800,
      features: world.taskKilling ? ['task_killing'] : [],
      framework_name: 'marathon',
      ha: true,
      hostname: 'marathon-1.fra1.example.test',
      master: 'zk://10.20.0.1:2181,10.20.0.2:2181,10.20.0.3:2181/mesos',
      mesos_leader_ui_url: `${master}/`,
      mesos_user: 'root',
      task_launch_confirm_timeout: 300_000,
      task_launch_timeout: 300_000,
      task_lost_expunge_interval: 30_000,
      webui_url: null,
    },
    zookeeper_config: {
      zk: 'zk://10.20.0.1:2181,10.20.0.2:2181,10.20.0.3:2181/marathon',
      zk_timeout: 10_000,
      zk_session_timeout: 10_000,
      zk_max_versions: 50,
    },
    http_config: { http_port: Number(self.split(':').at(-1)), https_port: 8443 },
  };
}

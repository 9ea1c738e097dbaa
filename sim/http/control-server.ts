import { fileLine, stampOf } from '../hosts/format-line';
import { SCENARIO_NAMES } from '../scenarios/scenario';
import type { Simulation } from '../simulation';
import { type Misbehaviour, MODES, misbehave, TARGETS } from './misbehaviour';
import { type Exchange, sendBody, sendJson, sendText } from './reply';

const MAX_SKIP_SECONDS = 31 * 86_400;
const AWAY_SECONDS = 3;
const MAX_AWAY_SECONDS = 600;

export type Controlled = {
  simulation: Simulation;
  misbehaviour: Misbehaviour;
  /** Ends the leading master; its port refuses connections for `awaySeconds` of real time. */
  failOver(kind: 'failover' | 'restart', awaySeconds: number): void;
};

/** The door for tests: time, trouble, truth. See main.ts for what each call does. */
export async function answerControl(
  { simulation, misbehaviour, failOver }: Controlled,
  exchange: Exchange,
): Promise<void> {
  const { request, url } = exchange;
  switch (`${request.method} ${url.pathname}`) {
    case 'POST /sim/advance': {
      const seconds = Number(url.searchParams.get('seconds'));
      if (!(seconds > 0 && seconds <= MAX_SKIP_SECONDS)) {
        return sendText(exchange, 400, `seconds: more than 0, at most ${MAX_SKIP_SECONDS}\n`);
      }
      simulation.skip(seconds);
      return sendJson(exchange, summary(simulation, misbehaviour), null);
    }
    case 'POST /sim/trigger': {
      const name = oneOf(SCENARIO_NAMES, url.searchParams.get('scenario'));
      if (name === null) return sendText(exchange, 400, `scenario: ${SCENARIO_NAMES.join(', ')}\n`);
      simulation.trigger(name);
      return sendJson(exchange, summary(simulation, misbehaviour), null);
    }
    case 'POST /sim/misbehave': {
      const mode = oneOf(MODES, url.searchParams.get('mode'));
      const target = oneOf(TARGETS, url.searchParams.get('target') ?? 'masters');
      if (mode === null || target === null) {
        return sendText(exchange, 400, `mode: ${MODES.join(', ')}; target: ${TARGETS.join(', ')}\n`);
      }
      misbehave(misbehaviour, target, mode);
      return sendJson(exchange, summary(simulation, misbehaviour), null);
    }
    case 'POST /sim/failover':
    case 'POST /sim/restart': {
      const away = Number(url.searchParams.get('seconds') ?? AWAY_SECONDS);
      if (!(away >= 0 && away <= MAX_AWAY_SECONDS)) {
        return sendText(exchange, 400, `seconds: from 0 to ${MAX_AWAY_SECONDS}\n`);
      }
      failOver(url.pathname === '/sim/restart' ? 'restart' : 'failover', away);
      return sendJson(exchange, summary(simulation, misbehaviour), null);
    }
    case 'POST /sim/refuse':
      simulation.trigger('refusals');
      return sendJson(exchange, summary(simulation, misbehaviour), null);
    case 'GET /sim/truth':
      simulation.catchUp();
      return sendBody(exchange, () => truth(simulation), null);
    case 'GET /sim/host-logs': {
      simulation.catchUp();
      const since = exchange.url.searchParams.get('since');
      if (since !== null && Number.isNaN(Date.parse(since)))
        return sendText(exchange, 400, 'since: an ISO time\n');
      const lines = hostLogs(simulation, exchange.url.searchParams.get('host'), since);
      return sendJson(exchange, { lines }, null);
    }
    case 'GET /sim/summary':
      simulation.catchUp();
      return sendJson(exchange, summary(simulation, misbehaviour), null);
    default:
      return sendText(
        exchange,
        404,
        'advance, trigger, misbehave, failover, restart, refuse, truth, host-logs and summary are below /sim/\n',
      );
  }
}

function oneOf<T extends string>(choices: readonly T[], text: string | null): T | null {
  return choices.find((choice) => choice === text) ?? null;
}

function summary(simulation: Simulation, misbehaviour: Misbehaviour): Record<string, unknown> {
  const { world, epoch } = simulation;
  return {
    now: isoOfStamp(world.timeline.stampOf(world.now)),
    masterId: world.master.id,
    seat: world.master.seat,
    seed: epoch.seed,
    scenarios: epoch.scenarios,
    startedAt: isoOfStamp(world.timeline.stampOf(epoch.startAt)),
    ends: simulation.ends().length,
    misbehaviour,
  };
}

function* truth(simulation: Simulation): Iterable<string> {
  yield '{"ends":[';
  let comma = '';
  // A copy: more may end while this is sent.
  for (const { timestamp, revivedAt, truth: happened, ...end } of [...simulation.ends()]) {
    const json = {
      ...end,
      ...happened,
      finishedAt: isoOfStamp(timestamp),
      revivedAt: revivedAt === null ? null : isoOfStamp(revivedAt),
    };
    yield comma + JSON.stringify(json);
    comma = ',';
  }
  const incidents = simulation.world.incidents.map(({ from, until, ...incident }) => ({
    ...incident,
    from: isoOfStamp(from),
    until: until === null ? null : isoOfStamp(until),
  }));
  yield `],"incidents":${JSON.stringify(incidents)}}`;
}

/** Lines of one host or all, as its file has them; `at` is the host's own clock. */
function hostLogs(
  simulation: Simulation,
  host: string | null,
  since: string | null,
): Record<string, string>[] {
  const { hostLog, timeline } = simulation.world;
  const from = since === null ? Number.NEGATIVE_INFINITY : Date.parse(since) / 1000;
  return hostLog.recent
    .filter((line) => (host === null || line.host.hostname === host) && stampOf(timeline, line) >= from)
    .map((line) => ({
      hostname: line.host.hostname,
      at: isoOfStamp(stampOf(timeline, line)),
      line: fileLine(timeline, line),
    }));
}

function isoOfStamp(stamp: number): string {
  return new Date(Math.round(stamp * 1000)).toISOString();
}

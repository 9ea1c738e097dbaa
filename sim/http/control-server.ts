import type { TaskEnd } from '../model/master';
import { SCENARIO_NAMES } from '../scenarios/scenario';
import type { Simulation } from '../simulation';
import { type Misbehaviour, MODES, misbehave, TARGETS } from './misbehaviour';
import { type Exchange, sendBody, sendJson, sendText } from './reply';

const MAX_SKIP_SECONDS = 31 * 86_400;

/** The door for tests: time, trouble, truth. See main.ts for what each call does. */
export async function answerControl(
  simulation: Simulation,
  misbehaviour: Misbehaviour,
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
    case 'GET /sim/truth':
      simulation.catchUp();
      return sendBody(exchange, () => truth(simulation.ends()), null);
    case 'GET /sim/summary':
      simulation.catchUp();
      return sendJson(exchange, summary(simulation, misbehaviour), null);
    default:
      return sendText(exchange, 404, 'advance, trigger, misbehave, truth and summary are below /sim/\n');
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
    seed: epoch.seed,
    scenarios: epoch.scenarios,
    startedAt: isoOfStamp(world.timeline.stampOf(epoch.startAt)),
    ends: simulation.ends().length,
    misbehaviour,
  };
}

function* truth(ends: readonly TaskEnd[]): Iterable<string> {
  yield '{"ends":[';
  let comma = '';
  // A copy: more may end while this is sent.
  for (const { timestamp, revivedAt, ...end } of [...ends]) {
    const json = {
      ...end,
      finishedAt: isoOfStamp(timestamp),
      revivedAt: revivedAt === null ? null : isoOfStamp(revivedAt),
    };
    yield comma + JSON.stringify(json);
    comma = ',';
  }
  yield ']}';
}

function isoOfStamp(stamp: number): string {
  return new Date(Math.round(stamp * 1000)).toISOString();
}

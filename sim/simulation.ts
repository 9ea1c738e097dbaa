import { type Epoch, type Input, MODEL_REVISION, readEpoch, writeEpoch } from './epoch-file';
import type { LineListener } from './hosts/host-log';
import { tellNoise } from './hosts/noise';
import { createBatch } from './model/batch';
import { createWorld } from './model/create-world';
import { failOver, refuseLaunches } from './model/failover';
import type { TaskEnd } from './model/master';
import type { MesosVersion } from './model/mesos-version';
import { createTimeline } from './model/timeline';
import { after, at, runUntil, type World } from './model/world';
import { SCENARIOS } from './scenarios/index';
import type { Scenario, ScenarioName } from './scenarios/scenario';
import { welcomeVisitors } from './scenarios/visitors';

export type SimulationOptions = {
  seed: number;
  /** Model seconds per second of real time. */
  speed: number;
  /** Length of the invented past. */
  historySeconds: number;
  /** How far the cluster's clocks lag the real one, which leaves room to skip time without stamps from the future. */
  behindSeconds: number;
  scenarios: readonly ScenarioName[];
  version: MesosVersion;
  /** `max_completed_tasks_per_framework`; null: Mesos's 1000, or enough for the invented past. */
  ringSize: number | null;
  epochFile: string | null;
  /** False: no lively hours after the start. */
  welcomes: boolean;
  /** Marathon with its feature `task_killing`. */
  taskKilling: boolean;
  /** Gets every line of the hosts' logs from the first one on; null: nobody wants them. */
  onHostLine: LineListener | null;
  /** The real clock, in seconds since the epoch. */
  realNow: () => number;
};

export type Simulation = {
  readonly world: World;
  readonly epoch: Epoch;
  /** Lets everything happen that is due by now. Called before each answer, so that an idle cluster costs nothing. */
  catchUp(): void;
  /** Lets model time pass at once. */
  skip(seconds: number): void;
  /** Makes that trouble happen now. */
  trigger(name: Input['kind']): void;
  /** Stores the epoch again, after a change of its `hostLog`. */
  save(): void;
  ends(): readonly TaskEnd[];
};

const DEFAULT_RING = 1000;
// Holds the invented week with room for some days on which nobody looks.
const HISTORY_RING = 5000;
const WELCOME_AGAIN_SECONDS = 6 * 3600;

/** Builds the cluster, tells its past, and goes on from there. An epoch file that exists decides over the options. */
export function createSimulation(options: SimulationOptions): Simulation {
  const epoch = chooseEpoch(options);
  const timeline = createTimeline(epoch.timeline);
  const { seed, version, startAt, presentAt, ringSize } = epoch;
  const world = createWorld({
    seed,
    version,
    timeline,
    startAt,
    presentAt,
    ringSize,
    taskKilling: epoch.taskKilling,
  });
  world.hostLog.listener = options.onHostLine;
  const batch = createBatch(world);
  const scenarios = new Map<ScenarioName, Scenario>(
    SCENARIOS.map(([name, prepare]) => [name, prepare(world, batch)]),
  );
  tellNoise(world);
  // The fleet is up before trouble starts.
  after(world, 0, () => {
    for (const [name, scenario] of scenarios) {
      if (epoch.scenarios.includes(name)) scenario.tell();
    }
  });
  for (const input of epoch.inputs) at(world, input.at, () => apply(input));

  function apply({ kind }: Input): void {
    if (kind === 'visitors') welcomeVisitors(world, batch);
    else if (kind === 'failover' || kind === 'restart') failOver(world, kind);
    else if (kind === 'refusals') refuseLaunches(world);
    else scenarios.get(kind)?.trigger();
  }

  function catchUp(): void {
    runUntil(world, timeline.modelAt(options.realNow()));
  }

  function save(): void {
    if (options.epochFile !== null) writeEpoch(options.epochFile, epoch);
  }

  function addInput(kind: Input['kind']): void {
    catchUp();
    const input: Input = { at: world.now, kind };
    epoch.inputs.push(input);
    save();
    // Through the queue, as when the past is told again.
    at(world, input.at, () => apply(input));
    runUntil(world, world.now);
  }

  timeline.setSpeed(options.realNow(), options.speed);
  catchUp();
  const lastWelcome =
    epoch.inputs.findLast(({ kind }) => kind === 'visitors')?.at ?? Number.NEGATIVE_INFINITY;
  if (options.welcomes && world.now - lastWelcome > WELCOME_AGAIN_SECONDS) addInput('visitors');
  else save();

  return {
    world,
    epoch,
    catchUp,
    skip(seconds) {
      catchUp();
      timeline.skip(options.realNow(), seconds);
      save();
      catchUp();
    },
    trigger: addInput,
    save,
    ends: () => world.master.ends,
  };
}

function chooseEpoch(options: SimulationOptions): Epoch {
  const stored = options.epochFile === null ? null : readEpoch(options.epochFile);
  if (stored?.revision === MODEL_REVISION) return stored;
  // After a change of the model the stored past cannot be told again: another cluster, with no past to contradict it.
  return newEpoch(options, stored === null ? options.historySeconds : 0);
}

function newEpoch(options: SimulationOptions, historySeconds: number): Epoch {
  const { seed, version, scenarios, behindSeconds, realNow } = options;
  const presentAt = Math.floor(realNow() - behindSeconds);
  const startAt = presentAt - historySeconds;
  return {
    revision: MODEL_REVISION,
    seed,
    version,
    scenarios: [...scenarios],
    ringSize: options.ringSize ?? (historySeconds > 0 ? HISTORY_RING : DEFAULT_RING),
    startAt,
    presentAt,
    timeline: { segments: [{ model: startAt, stamp: startAt, rate: 1 }], behind: behindSeconds },
    inputs: [],
    taskKilling: options.taskKilling,
    hostLog: null,
  };
}

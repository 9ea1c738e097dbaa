import { readFileSync, renameSync, writeFileSync } from 'node:fs';

import { MESOS_VERSIONS, type MesosVersion } from './model/mesos-version';
import type { TimelineState } from './model/timeline';
import { SCENARIO_NAMES, type ScenarioName } from './scenarios/scenario';

/** Raise when a change of the model makes it tell another past from the same seed: a stored cluster then starts anew. */
export const MODEL_REVISION = 2;

/** Something from outside that changed the course of the model. */
export type Input = { at: number; kind: (typeof DEEDS)[number] | ScenarioName };

/** What else may come from outside: people looking, a master that ends, launches that are refused. */
const DEEDS = ['visitors', 'failover', 'restart', 'refusals'] as const;

/** Everything the past of a cluster follows from. The same epoch gives the same ids, time stamps and ends, always. */
export type Epoch = {
  revision: number;
  seed: number;
  version: MesosVersion;
  scenarios: ScenarioName[];
  ringSize: number;
  /** Model second of the election; equal to real seconds since the epoch. */
  startAt: number;
  /** End of the invented past. */
  presentAt: number;
  timeline: TimelineState;
  inputs: Input[];
  /** True where Marathon runs with its feature `task_killing`. */
  taskKilling: boolean;
  /** How far the hosts' logs have been written to their file; null: not at all. */
  hostLog: HostLogPosition | null;
};

/** `lines` counts from the start of the cluster, `bytes` is the size of the file that they left behind. */
export type HostLogPosition = { lines: number; bytes: number };

/** The stored epoch, or null where there is no file. Throws where the file is damaged. */
export function readEpoch(path: string): Epoch | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  const epoch = parse(text);
  if (epoch === null) {
    throw new Error(`${path} is not an epoch file of the simulator: delete it to start another cluster`);
  }
  return epoch;
}

/** Replaces the file in one step: a reader sees the old epoch or the new one. */
export function writeEpoch(path: string, epoch: Epoch): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(epoch, null, 1)}\n`);
  renameSync(draft, path);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function parse(text: string): Epoch | null {
  try {
    const value: unknown = JSON.parse(text);
    return isEpoch(value) ? value : null;
  } catch {
    return null;
  }
}

function isEpoch(value: unknown): value is Epoch {
  if (typeof value !== 'object' || value === null) return false;
  const { revision, seed, version, scenarios, ringSize, startAt, presentAt, timeline, inputs, hostLog } =
    value as Partial<Epoch>;
  return (
    (hostLog === null || hostLog === undefined || [hostLog.lines, hostLog.bytes].every(Number.isFinite)) &&
    [revision, seed, ringSize, startAt, presentAt, timeline?.behind].every(Number.isFinite) &&
    (MESOS_VERSIONS as readonly unknown[]).includes(version) &&
    Array.isArray(scenarios) &&
    scenarios.every((name) => SCENARIO_NAMES.includes(name)) &&
    Array.isArray(inputs) &&
    inputs.every(({ at, kind }) => Number.isFinite(at) && [...DEEDS, ...SCENARIO_NAMES].includes(kind)) &&
    Array.isArray(timeline?.segments) &&
    timeline.segments.length > 0 &&
    timeline.segments.every(({ model, stamp, rate }) => [model, stamp, rate].every(Number.isFinite))
  );
}

import type { Batch } from '../model/batch';
import type { World } from '../model/world';

export const SCENARIO_NAMES = [
  'calm',
  'batch',
  'oom-java',
  'crash-loop',
  'bad-host',
  'image-pull',
  'agent-lost',
  'health-check',
  'docker-hang',
  'disk-full',
  'stuck-kill',
  'oom-host',
  'oom-child',
  'storm',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** One kind of trouble. Preparing it changes nothing yet. */
export type Scenario = {
  /** Lets its stories happen at their times, again and again. */
  tell(): void;
  /** Makes it happen now, once, told or not. */
  trigger(): void;
};

export type PrepareScenario = (world: World, batch: Batch) => Scenario;

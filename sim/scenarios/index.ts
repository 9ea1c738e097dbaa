import { prepareAgentLost } from './agent-lost';
import { prepareBadHost } from './bad-host';
import { prepareBatchJobs } from './batch-jobs';
import { prepareCalm } from './calm';
import { prepareCrashLoop } from './crash-loop';
import { prepareHealthCheck } from './health-check';
import { prepareImagePull } from './image-pull';
import { prepareOomJava } from './oom-java';
import type { PrepareScenario, ScenarioName } from './scenario';

/** In this order: whoever stands first decides about a task first, and `calm` has a word on every one. */
export const SCENARIOS: readonly (readonly [ScenarioName, PrepareScenario])[] = [
  ['bad-host', prepareBadHost],
  ['crash-loop', prepareCrashLoop],
  ['image-pull', prepareImagePull],
  ['oom-java', prepareOomJava],
  ['agent-lost', prepareAgentLost],
  ['health-check', prepareHealthCheck],
  ['batch', prepareBatchJobs],
  ['calm', prepareCalm],
];

import { prepareAgentLost } from './agent-lost';
import { prepareBadHost } from './bad-host';
import { prepareBatchJobs } from './batch-jobs';
import { prepareCalm } from './calm';
import { prepareCrashLoop } from './crash-loop';
import { prepareDiskFull } from './disk-full';
import { prepareDockerHang } from './docker-hang';
import { prepareHealthCheck } from './health-check';
import { prepareImagePull } from './image-pull';
import { prepareOomChild } from './oom-child';
import { prepareOomHost } from './oom-host';
import { prepareOomJava } from './oom-java';
import type { PrepareScenario, ScenarioName } from './scenario';
import { prepareStorm } from './storm';
import { prepareStuckKill } from './stuck-kill';

/** In this order: whoever stands first decides about a task first, and `calm` has a word on every one. */
export const SCENARIOS: readonly (readonly [ScenarioName, PrepareScenario])[] = [
  ['bad-host', prepareBadHost],
  ['docker-hang', prepareDockerHang],
  ['disk-full', prepareDiskFull],
  ['crash-loop', prepareCrashLoop],
  ['image-pull', prepareImagePull],
  ['oom-java', prepareOomJava],
  ['stuck-kill', prepareStuckKill],
  ['oom-host', prepareOomHost],
  ['oom-child', prepareOomChild],
  ['storm', prepareStorm],
  ['agent-lost', prepareAgentLost],
  ['health-check', prepareHealthCheck],
  ['batch', prepareBatchJobs],
  ['calm', prepareCalm],
];

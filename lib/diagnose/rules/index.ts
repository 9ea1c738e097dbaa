import type { EvidenceRule, Rule } from '../rule';

import { agentDraining } from './agent-draining';
import { agentLost } from './agent-lost';
import { agentRestarted } from './agent-restarted';
import { agentUnreachable } from './agent-unreachable';
import { authorization } from './authorization';
import { commandNotFound } from './command-not-found';
import { crashSignal } from './crash-signal';
import { diskLimit } from './disk-limit';
import { dockerDaemon } from './docker-daemon';
import { evidenceChildKill } from './evidence-child-kill';
import { evidenceContainerMemory } from './evidence-container-memory';
import { evidenceDockerKill } from './evidence-docker-kill';
import { evidenceHostMemory } from './evidence-host-memory';
import { HOST_TROUBLE_RULES } from './evidence-host-trouble';
import { evidenceKilledMemory } from './evidence-killed-memory';
import { executorRegistration } from './executor-registration';
import { executorTerminated } from './executor-terminated';
import { exitCode } from './exit-code';
import { fetchFailed } from './fetch';
import { finished } from './finished';
import { frameworkRemoved } from './framework-removed';
import { healthCheckConfig } from './health-check-config';
import { hostOutOfMemory } from './host-out-of-memory';
import { imagePull } from './image-pull';
import { invalidTask } from './invalid-task';
import { killFailed } from './kill-failed';
import { killedAfterReturn } from './killed-after-return';
import { killedByDeployment } from './killed-by-deployment';
import { killedByName } from './killed-by-name';
import { killedDuringLaunch } from './killed-during-launch';
import { killedOnRequest } from './killed-on-request';
import { killedUnexplained } from './killed-unexplained';
import { killedUnhealthy } from './killed-unhealthy';
import { launchFailed } from './launch-failed';
import { marathonLaunchTimeout } from './marathon-launch-timeout';
import { maxCompletionTime } from './max-completion-time';
import { memoryLimit } from './memory-limit';
import { network } from './network';
import { noSpace } from './no-space';
import { otherSignal } from './other-signal';
import { preempted } from './preempted';
import { sigkill } from './sigkill';
import { sigterm } from './sigterm';
import { unknownToAgent } from './unknown-to-agent';

/**
 * All rules; the first that answers decides. TASK_FINISHED is answered first: no later rule sees it. Order: what Mesos itself states by a reason, whatever the state;
 * then who asked for a kill; then what a message tells of the launch; then how the process ended; then the
 * state with little else. A new rule goes where everything before it is more specific.
 */
export const RULES: readonly Rule[] = [
  finished,

  // Limits and orders that Mesos names.
  memoryLimit,
  diskLimit,
  agentDraining,
  frameworkRemoved,
  preempted,
  maxCompletionTime,
  killedUnhealthy,

  // Refused, or never started, or the agent's fate.
  healthCheckConfig,
  authorization,
  invalidTask,
  executorRegistration,
  agentRestarted,
  agentUnreachable,
  agentLost,
  unknownToAgent,

  // Why a task was KILLED.
  killedByName,
  killedByDeployment,
  killedDuringLaunch,
  killedAfterReturn,
  marathonLaunchTimeout,

  // What the message tells of the launch or the host. A full disk first: pulls and fetches fail for it too.
  hostOutOfMemory,
  noSpace,
  killFailed,
  dockerDaemon,
  imagePull,
  fetchFailed,
  network,
  commandNotFound,

  // How the process ended.
  sigkill,
  sigterm,
  crashSignal,
  otherSignal,
  exitCode,

  // Little is known.
  launchFailed,
  executorTerminated,
  killedOnRequest,
  killedUnexplained,
];

/**
 * What host logs add, asked after a rule above has told what the status alone says; the first that answers decides.
 * Order: a kill for memory that ended the task, under a kill on request, of a child; a kill that did not work; then
 * what only happened on the same host at the time.
 */
export const EVIDENCE_RULES: readonly EvidenceRule[] = [
  evidenceContainerMemory,
  evidenceHostMemory,
  evidenceKilledMemory,
  evidenceChildKill,
  evidenceDockerKill,
  ...HOST_TROUBLE_RULES,
];

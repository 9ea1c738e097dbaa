import { hash } from 'node:crypto';

import { type Cause, HOST_CAUSES } from '@/lib/domain/cause';

/** What makes a task end itself and no other. Task ids are reused, so the agent and the oldest status count too. */
export type Identity = {
  clusterId: number;
  frameworkId: string;
  taskId: string;
  agentId: string;
  firstStatusAt: Date | null;
};

/**
 * The id of a task end: a uuid made of its identity, so that the same facts get the same id on every poll,
 * in every process, for ever. A task without any status time has one id per (framework, task, agent).
 */
export function taskEndId(identity: Identity): string {
  const digest = hash(
    'sha256',
    JSON.stringify([
      identity.clusterId,
      identity.frameworkId,
      identity.taskId,
      identity.agentId,
      identity.firstStatusAt?.getTime() ?? null,
    ]),
    'hex',
  );
  // Version 8 of RFC 9562: a uuid whose content is the maker's own.
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `a${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}

/** Names the live task in a map; NUL cannot stand in a Mesos id. */
export function liveKey(task: { frameworkId: string; taskId: string; agentId: string }): string {
  return `${task.frameworkId}\0${task.taskId}\0${task.agentId}`;
}

/**
 * What makes two task ends the same problem: cluster, app without its version (else framework and task name),
 * cause, and the host where the fault is the host's. 16 hex digits.
 */
export function fingerprintOf(end: {
  clusterId: number;
  appId: string | null;
  frameworkName: string | null;
  name: string;
  cause: Cause;
  host: string;
}): string {
  const subject = end.appId ?? `${end.frameworkName ?? ''} ${withoutNumbers(end.name)}`;
  const host = HOST_CAUSES.has(end.cause) ? end.host : null;
  return hash('sha256', JSON.stringify([end.clusterId, subject, end.cause, host]), 'hex').slice(0, 16);
}

// `worker srv2.example.com:31010` and `…:31020` are one worker to people.
function withoutNumbers(name: string): string {
  return name.replace(/\d+/g, '#');
}

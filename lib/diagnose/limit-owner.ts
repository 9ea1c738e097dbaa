import type { LogSignal } from '@/lib/domain/log-signal';
import type { Facts } from '@/lib/domain/verdict';

import { megabytes } from './ties';
import { excerpt } from './wording';

// The Mesos containerizer adds this to the limit of a task that brings no executor of its own.
const EXECUTOR_MB = 32;
// Docker and cgroup v2 round limits to pages; older agents round up to a megabyte.
const ROUNDING_MB = 1;

export type LimitOwner = { isOwn: boolean; name: string };

/**
 * Whose limit was reached: the container's own, or that of a cgroup above it (a pod's, a slice's), which others
 * share. Own where the log does not tell.
 */
export function limitOwner({ limitCgroup, cgroup, containerId }: LogSignal): LimitOwner {
  const own = { isOwn: true, name: 'the container' };
  if (limitCgroup === null || cgroup === null || limitCgroup === cgroup) return own;
  const last = limitCgroup.split('/').at(-1) ?? '';
  const ids = (containerId ?? '').split('.').filter((part) => part.length >= 12);
  if (ids.some((id) => last.includes(id))) return own;
  return cgroup.startsWith(limitCgroup.endsWith('/') ? limitCgroup : `${limitCgroup}/`)
    ? { isOwn: false, name: `the cgroup above it, ${excerpt(limitCgroup, 120)}` }
    : own;
}

/** What the limit is to the app: its `mem`, or something else. Empty where one of them is not known. */
export function limitLine(facts: Facts, signal: LogSignal): string[] {
  const owner = limitOwner(signal);
  if (!owner.isOwn) {
    return [
      `The limit is not the container's own: it belongs to ${owner.name}, which other containers share.`,
    ];
  }
  if (signal.limitKb === null || facts.memMb === null) return [];
  const limit = megabytes(signal.limitKb);
  if (isSize(signal.limitKb, facts.memMb)) return [`The limit, ${limit}, is the app's \`mem\`.`];
  return isSize(signal.limitKb, facts.memMb + EXECUTOR_MB)
    ? [
        `The limit, ${limit}, is the app's \`mem\` of ${facts.memMb} MB and ${EXECUTOR_MB} MB for the executor of Mesos.`,
      ]
    : [`The limit, ${limit}, is not the app's \`mem\` of ${facts.memMb} MB.`];
}

/** False where the size of the limit says that another container was killed. */
export function mayBeThisContainers(facts: Facts, signal: LogSignal): boolean {
  if (signal.limitKb === null || facts.memMb === null || !limitOwner(signal).isOwn) return true;
  return isSize(signal.limitKb, facts.memMb) || isSize(signal.limitKb, facts.memMb + EXECUTOR_MB);
}

function isSize(kb: number, mb: number): boolean {
  return Math.abs(kb / 1024 - mb) <= ROUNDING_MB;
}

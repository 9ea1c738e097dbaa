import { AppError } from '@/lib/errors';
import { isRedirect, type Reply, redirectHostPort, type Upstream } from '@/lib/upstream/create-upstream';
import { createRejectLog, type RejectLog } from '@/lib/upstream/reject-log';
import type { Target } from '@/lib/upstream/source';
import { statusError, upstreamError } from '@/lib/upstream/upstream-error';

import type { MasterFacts } from './parse-master';
import { readCounters } from './read-counters';
import { readState, type StateReading } from './read-state';

const MAX_HOPS = 2;
const MAX_NOTE_BYTES = 1024;

export type Leader = { target: Target; reading: StateReading; rejectLog: RejectLog };

export type LeaderFinder = {
  /**
   * Reads /state of the leading master: the last known leader is asked first, then each configured URL.
   *
   * Errors: the most telling one of those met, in the order of `TELLING`; all attempts stand in `details`.
   */
  find(signal: AbortSignal): Promise<Leader>;
  /** Who led at the last look; null: nobody, or nobody was asked yet. */
  last(): Target | null;
};

// A refused login or redirect is something a person must mend; MESOS_NO_LEADER only where all masters said so.
const TELLING = [
  'MESOS_AUTH_REFUSED',
  'MESOS_REDIRECT_REFUSED',
  'MESOS_BAD_PAYLOAD',
  'BODY_TOO_LARGE',
  'MESOS_TIMEOUT',
  'MESOS_UNREACHABLE',
  'MESOS_NO_LEADER',
];

/**
 * Keeps between polls who led last, which path each master serves, and under which addresses the configured
 * masters call themselves: a redirect is followed only to a configured master or such an address.
 */
export function createLeaderFinder(upstream: Upstream): LeaderFinder {
  let lastLeader: Target | null = null;
  const owners = new Map<string, Target>();
  const statePaths = new Map<string, '/state' | '/state.json'>();

  async function find(signal: AbortSignal): Promise<Leader> {
    const failures = new Map<string, AppError>();
    const candidates = lastLeader === null ? upstream.targets : [lastLeader, ...upstream.targets];
    for (const target of candidates) {
      if (failures.has(target.base)) continue;
      try {
        const leader = await ask(target, { hops: MAX_HOPS, failures, signal });
        lastLeader = leader.target;
        return leader;
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof AppError)) throw thrown;
        failures.set(target.base, thrown);
      }
    }
    lastLeader = null;
    throw mostTelling([...failures.values()]);
  }

  type Trail = { hops: number; failures: Map<string, AppError>; signal: AbortSignal };

  async function ask(target: Target, trail: Trail): Promise<Leader> {
    const reply = await openState(target, trail.signal);
    if (isRedirect(reply.status)) {
      reply.discard();
      return follow(target, reply.location, trail);
    }
    if (reply.status === 503) throw await unavailable(reply);
    if (reply.status !== 200) {
      reply.discard();
      throw statusError('mesos', reply);
    }
    const rejectLog = createRejectLog();
    const reading = await readState(reply.body, rejectLog);
    trail.signal.throwIfAborted();
    await assertLeads(target, reading, reply.url, trail.signal);
    remember(target, reading.master);
    return { target, reading, rejectLog };
  }

  async function follow(from: Target, location: string | null, trail: Trail): Promise<Leader> {
    const hostPort = redirectHostPort(from, location);
    const next = hostPort === null ? null : allowedTarget(from, hostPort);
    if (next === null) {
      const where = hostPort ?? 'no usable address';
      throw new AppError(
        'MESOS_REDIRECT_REFUSED',
        `${from.base} redirects to ${where}, which is not configured`,
      );
    }
    if (trail.hops === 0 || next.base === from.base) {
      throw new AppError('MESOS_NO_LEADER', `The masters redirect in a circle, last to ${next.base}`);
    }
    const failure = trail.failures.get(next.base);
    if (failure !== undefined) throw failure;
    return ask(next, { ...trail, hops: trail.hops - 1 }).catch((thrown: unknown) => {
      if (thrown instanceof AppError) trail.failures.set(next.base, thrown);
      throw thrown;
    });
  }

  /**
   * A redirect only tells who leads. A known address of a configured master is asked at its configured URL; the
   * address itself is used only where that URL is the redirecting one, so a balancer in front of the masters.
   */
  function allowedTarget(from: Target, hostPort: string): Target | null {
    const configured = upstream.targets.find((target) => target.hostPort === hostPort);
    if (configured !== undefined) return configured;
    const owner = owners.get(hostPort);
    if (owner === undefined) return null;
    return owner.base === from.base ? upstream.alias(owner, hostPort) : owner;
  }

  /** `/state`; on masters of 0.24 and older `/state.json` alone. */
  async function openState(target: Target, signal: AbortSignal): Promise<Reply> {
    const path = statePaths.get(target.base) ?? '/state';
    const reply = await upstream.open({ target, path, signal });
    if (reply.status !== 404) return reply;
    reply.discard();
    const other = path === '/state' ? '/state.json' : '/state';
    const second = await upstream.open({ target, path: other, signal });
    if (second.status !== 404) statePaths.set(target.base, other);
    return second;
  }

  /**
   * A master leads if it tells when it was elected. Masters before 1.0 answer without leading, with a near-empty
   * state and no such field. A cut body may have lost the field (before 1.0 it stands behind the completed
   * frameworks): then tasks or frameworks prove a leader's memory, unless the master's own gauge says otherwise.
   */
  async function assertLeads(
    target: Target,
    reading: StateReading,
    url: string,
    signal: AbortSignal,
  ): Promise<void> {
    if (reading.master.electedAt !== null) return;
    if (reading.cut === null) throw new AppError('MESOS_NO_LEADER', `${target.base} does not lead`);
    const elected = await readCounters(upstream, target, signal).then(
      (counters) => counters['master/elected'] ?? null,
      () => null,
    );
    signal.throwIfAborted();
    if (elected === 0) throw new AppError('MESOS_NO_LEADER', `${target.base} does not lead`);
    if (reading.tasksRead > 0 || reading.frameworks.length > 0) return;
    if (reading.cut.failure !== null) throw reading.cut.failure;
    throw upstreamError('mesos', 'badPayload', `${url}: ${reading.cut.why}`);
  }

  function remember(target: Target, { ownAddresses }: MasterFacts): void {
    if (!upstream.targets.includes(target)) return;
    for (const [address, owner] of owners) if (owner === target) owners.delete(address);
    for (const address of ownAddresses) owners.set(address, target);
  }

  return { find, last: () => lastLeader };
}

/** 503 of a master that has no leader to name or has just won; of anything else it is an outage. */
async function unavailable(reply: Reply): Promise<AppError> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of reply.body) {
      parts.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_NOTE_BYTES) break;
    }
  } catch {
    // What was read must do.
  }
  const note = Buffer.concat(parts).toString('utf8', 0, MAX_NOTE_BYTES);
  return /leader|recover/i.test(note)
    ? new AppError('MESOS_NO_LEADER', `${reply.url} answered 503: no leader yet`)
    : statusError('mesos', reply);
}

function mostTelling(failures: AppError[]): AppError {
  const sorted = [...failures].sort((a, b) => TELLING.indexOf(a.code) - TELLING.indexOf(b.code));
  const [first] = sorted;
  if (first === undefined) return new AppError('MESOS_NO_LEADER', 'No master was asked');
  const attempts = failures.map(({ code, message }) => ({ code, message }));
  if (attempts.length === 1) return first;
  const others = sorted.slice(1).map(({ message }) => message);
  return new AppError(first.code, [first.message, ...new Set(others)].join('; '), {
    cause: first,
    details: { attempts },
  });
}

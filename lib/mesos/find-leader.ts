import type { SeenEnds } from '@/lib/domain/seen-ends';
import { AppError } from '@/lib/errors';
import { isRedirect, type Reply, redirectHostPort, type Upstream } from '@/lib/upstream/create-upstream';
import { createRejectLog, type RejectLog } from '@/lib/upstream/reject-log';
import type { Target } from '@/lib/upstream/source';
import { statusError, upstreamError } from '@/lib/upstream/upstream-error';

import type { MasterFacts } from './parse-master';
import { readCounters } from './read-counters';
import { readState, type StateReading } from './read-state';
import type { MasterWatch } from './zookeeper';

const MAX_HOPS = 2;
const MAX_NOTE_BYTES = 1024;
const MAX_VOUCHED = 64;

export type Leader = { target: Target; reading: StateReading; rejectLog: RejectLog };

export type LeaderFinder = {
  /**
   * Reads /state of the leading master: those that ZooKeeper names are asked first, then who led last, then each
   * configured URL. One that has not answered in full after `hedgeMs` is not waited for before the next one is asked
   * too: the first who leads wins, and a master that hangs delays no more than that.
   *
   * Errors: the most telling one of those met, in the order of `TELLING`; all attempts stand in `details`. ZooKeeper
   * out of reach is a warning (`zookeeper_unavailable`) of the reading as long as a leader is found.
   */
  find(signal: AbortSignal, seen: SeenEnds): Promise<Leader>;
  /** Who led at the last look; null: nobody, or nobody was asked yet. */
  last(): Target | null;
};

// A refused login or redirect is something a person must mend; MESOS_NO_LEADER only where all masters said so.
const TELLING = [
  'MESOS_AUTH_REFUSED',
  'MESOS_FORBIDDEN',
  'ZOOKEEPER_OLD_FORMAT',
  'ZOOKEEPER_REFUSED',
  'MESOS_REDIRECT_REFUSED',
  'MESOS_BAD_PAYLOAD',
  'BODY_TOO_LARGE',
  'MESOS_TIMEOUT',
  'MESOS_UNREACHABLE',
  'ZOOKEEPER_UNREACHABLE',
  'ZOOKEEPER_NO_LEADER',
  'MESOS_NO_LEADER',
];

const HEDGE_MS = 5_000;
// Masters beyond that are asked once these are done with.
const ASKED_AT_ONCE = 3;

export type LeaderFinderOptions = {
  /** How long one master is waited for before the next is asked too. */
  hedgeMs?: number;
  /** Absent: the masters are configured by their URLs alone. */
  zookeeper?: { watch: MasterWatch; scheme: 'http' | 'https' };
};

/**
 * Keeps between polls who led last, which path each master serves, and under which addresses the configured
 * masters call themselves: a redirect is followed only to a configured master or such an address.
 */
export function createLeaderFinder(
  upstream: Upstream,
  { hedgeMs = HEDGE_MS, zookeeper }: LeaderFinderOptions = {},
): LeaderFinder {
  let lastLeader: Target | null = null;
  const owners = new Map<string, Target>();
  const statePaths = new Map<string, '/state' | '/state.json'>();

  /** By base: a target holds its credentials, and is looked up again at each poll. */
  const vouched = new Map<string, Target>();

  async function find(signal: AbortSignal, seen: SeenEnds): Promise<Leader> {
    const told = zookeeper === undefined ? null : await zookeeper.watch.masters(signal);
    signal.throwIfAborted();
    const named = (told?.masters ?? []).map(vouchedTarget);
    const isFresh = named.length > 0 && told?.trouble === null;
    const last = lastLeader === null ? [] : [lastLeader];
    const candidates = isFresh ? [...named, ...last] : [...last, ...named];
    const over = new AbortController();
    const race: Race = {
      asked: new Set(),
      failures: new Map(),
      known: [...upstream.targets, ...named],
      seen,
      signal: AbortSignal.any([signal, over.signal]),
    };
    try {
      const leader = await firstOf([...candidates, ...upstream.targets], race);
      signal.throwIfAborted();
      if (leader === null) {
        lastLeader = null;
        throw mostTelling([...(told?.trouble ? [told.trouble] : []), ...race.failures.values()]);
      }
      lastLeader = leader.target;
      return told?.trouble ? withWarning(leader, told.trouble) : leader;
    } finally {
      over.abort();
    }
  }

  /** Null: nobody leads; why stands in `failures`. */
  async function firstOf(candidates: readonly Target[], race: Race): Promise<Leader | null> {
    const running = new Set<Promise<Leader | null>>();
    for (const target of candidates) {
      if (race.asked.has(target.base)) continue;
      race.asked.add(target.base);
      const attempt: Promise<Leader | null> = ask(target, MAX_HOPS, race)
        .catch((thrown: unknown) => {
          if (!(thrown instanceof AppError) && !race.signal.aborted) throw thrown;
          if (thrown instanceof AppError) race.failures.set(target.base, thrown);
          return null;
        })
        .finally(() => running.delete(attempt));
      running.add(attempt);
      const leader = await settled(running, running.size < ASKED_AT_ONCE ? hedgeMs : null);
      if (leader !== null) return leader;
      if (race.signal.aborted) return null;
    }
    while (running.size > 0) {
      const leader = await settled(running, null);
      if (leader !== null) return leader;
    }
    return null;
  }

  type Race = {
    /** Bases of all that were asked so far. */
    asked: Set<string>;
    failures: Map<string, AppError>;
    /** Whom a redirect may name. */
    known: readonly Target[];
    /** See `readState`. */
    seen: SeenEnds;
    signal: AbortSignal;
  };

  function vouchedTarget(hostPort: string): Target {
    const url = `${zookeeper?.scheme ?? 'http'}://${hostPort}`;
    const known = vouched.get(url) ?? upstream.vouched(url);
    // As few as a quorum has, however often masters move.
    if (vouched.size >= MAX_VOUCHED) vouched.clear();
    vouched.set(url, known);
    return upstream.targets.find((target) => target.hostPort === known.hostPort) ?? known;
  }

  async function ask(target: Target, hops: number, race: Race): Promise<Leader> {
    const reply = await openState(target, race.signal);
    if (isRedirect(reply.status)) {
      reply.discard();
      return follow(target, reply.location, hops, race);
    }
    if (reply.status === 503) throw await unavailable(reply);
    if (reply.status !== 200) {
      reply.discard();
      throw statusError('mesos', reply);
    }
    const rejectLog = createRejectLog();
    const reading = await readState(reply.body, rejectLog, race.seen);
    race.signal.throwIfAborted();
    await assertLeads(target, reading, reply.url, race.signal);
    remember(target, reading.master);
    return { target, reading, rejectLog };
  }

  async function follow(from: Target, location: string | null, hops: number, race: Race): Promise<Leader> {
    const hostPort = redirectHostPort(from, location);
    const next = hostPort === null ? null : allowedTarget(from, hostPort, race.known);
    if (next === null) {
      const where = hostPort ?? 'no usable address';
      throw new AppError(
        'MESOS_REDIRECT_REFUSED',
        `${from.base} redirects to ${where}, which is not configured`,
      );
    }
    if (hops === 0 || next.base === from.base) {
      throw new AppError('MESOS_NO_LEADER', `The masters redirect in a circle, last to ${next.base}`);
    }
    const failure = race.failures.get(next.base);
    if (failure !== undefined) throw failure;
    if (race.asked.has(next.base)) {
      throw new AppError('MESOS_NO_LEADER', `${from.base} says that ${next.base} leads, which was asked too`);
    }
    race.asked.add(next.base);
    return ask(next, hops - 1, race).catch((thrown: unknown) => {
      if (thrown instanceof AppError) race.failures.set(next.base, thrown);
      throw thrown;
    });
  }

  /**
   * A redirect only tells who leads. A known address of a configured master is asked at its configured URL; the
   * address itself is used only where that URL is the redirecting one, so a balancer in front of the masters.
   */
  function allowedTarget(from: Target, hostPort: string, known: readonly Target[]): Target | null {
    const configured = known.find((target) => target.hostPort === hostPort);
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

/** The first leader of those who are being asked; null: one of them failed, or `ms` are over (null: no such limit). */
async function settled(
  running: ReadonlySet<Promise<Leader | null>>,
  ms: number | null,
): Promise<Leader | null> {
  if (ms === null) return Promise.race(running);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([...running, late]);
  } finally {
    clearTimeout(timer);
  }
}

function withWarning(leader: Leader, { message }: AppError): Leader {
  const warning = { code: 'zookeeper_unavailable', message };
  return { ...leader, reading: { ...leader.reading, warnings: [warning, ...leader.reading.warnings] } };
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

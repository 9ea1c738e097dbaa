import { hash } from 'node:crypto';

import type { Agent } from '@/lib/domain/cluster';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import { AppError } from '@/lib/errors';
import type { AgentFacts, ContactRow, ContainerRow } from '@/lib/ingest/apply-agent-facts';
import { taskEndId } from '@/lib/ingest/identity';
import { appIdOf } from '@/lib/ingest/marathon-context';
import { log } from '@/lib/log';
import { type AgentAddress, agentAddress } from '@/lib/mesos/agent-address';
import type { AgentGate } from '@/lib/mesos/agent-gate';
import type { RunningContainer } from '@/lib/mesos/parse-containers';
import type { AgentReader } from '@/lib/mesos/read-agent';
import type { TaskUpdate } from '@/lib/mesos/subscribe';

import { createAppMemoryBuckets } from './app-memory-buckets';
import { addSample, type MemorySeries, newSeries, samplesOf } from './memory-series';

export type SamplerOptions = {
  reader: Pick<AgentReader, 'readContainers'>;
  gate: AgentGate;
  /** Pause between two samples of one agent; 0: none are taken. */
  intervalMs: number;
  /** Tasks and containers that are remembered at the same time. */
  maxSeries?: number;
  /** Requests to different agents at the same time. */
  maxAtOnce?: number;
};

/** Agents as the master lists them, and what runs on them: samples them evenly, and keeps what is to be stored. */
export type AgentSampler = {
  /** Takes the agents of a poll, and hands out the series of tasks that ended. */
  learn(snapshot: MasterSnapshot, clusterId: number | null): void;
  /** A framework that is a Marathon, whatever it is called. */
  learnMarathon(frameworkId: string): void;
  /** A container of a status update. */
  noteUpdate(update: TaskUpdate): void;
  addressOf(agentId: string): AgentAddress | null;
  /** Samples until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** What is to be stored since the last call; null: nothing. */
  take(): AgentFacts | null;
  /** What could not be stored, to be offered again. */
  giveBack(facts: AgentFacts): void;
  /** Series held, for tests and the log. */
  size(): number;
};

const TICK_MS = 100;
const MAX_AT_ONCE = 256;
const MAX_POINTS = 240;
const MIN_POINTS = 24;
/** Points of all series together, 8 bytes each. */
const POINTS_BUDGET = 8_000_000;
// Longer than an agent that does not answer is left alone for, so that its tasks keep their series.
const SERIES_KEPT_MS = 60 * 60_000;
/** An end may be revised to another id; its series is offered under that as well. */
const ENDED_KEPT_MS = 15 * 60_000;
const REWRITE_MS = 5 * 60_000;
const SKEW_STEP_MS = 2_000;
const MAX_PENDING = 100_000;
/** Twice what the largest cluster runs: an agent that makes tasks up must not fill our memory. */
const MAX_SERIES = 400_000;

type Sampled = {
  taskId: string;
  agentId: string;
  frameworkId: string;
  series: MemorySeries;
  sampledAt: number;
  /** Ids under which it was handed out. */
  endIds: string[];
  endedAt: number | null;
};

type WrittenContainer = Pick<ContainerRow, 'pid' | 'memLimitBytes' | 'taskId' | 'host' | 'appId'> & {
  at: number;
};

export function createAgentSampler(options: SamplerOptions): AgentSampler {
  const { reader, gate, intervalMs, maxAtOnce = MAX_AT_ONCE, maxSeries = MAX_SERIES } = options;
  let addresses = new Map<string, AgentAddress>();
  let due: { agentId: string; phaseMs: number; nextAt: number }[] = [];
  const hostnames = new Map<string, string>();
  const frameworkNames = new Map<string, string>();
  const marathons = new Set<string>();
  /** By task id: ends are looked up by it, and few tasks share one. */
  const byTask = new Map<string, Sampled[]>();
  let seriesCount = 0;
  let sweptAt = 0;
  const interned = new Map<string, string>();
  const buckets = createAppMemoryBuckets();
  const writtenContainers = new Map<string, WrittenContainer>();
  const writtenContacts = new Map<string, { row: ContactRow; at: number }>();
  let containers: ContainerRow[] = [];
  let contacts: ContactRow[] = [];
  let taskMemory: AgentFacts['taskMemory'][number][] = [];
  let appMemory: AgentFacts['appMemory'] = [];
  let bucketsTakenAt = 0;

  function learn(snapshot: MasterSnapshot, clusterId: number | null): void {
    for (const { frameworkId, name } of snapshot.frameworks) frameworkNames.set(frameworkId, name);
    const listed = new Map<string, AgentAddress>();
    for (const agent of snapshot.agents) {
      hostnames.set(agent.agentId, agent.hostname);
      const address = isUsable(agent) ? agentAddress(agent) : null;
      if (address !== null) listed.set(agent.agentId, address);
    }
    addresses = snapshot.complete ? listed : new Map([...addresses, ...listed]);
    if (snapshot.complete) {
      gate.keepOnly(new Set(addresses.keys()));
      for (const agentId of hostnames.keys()) if (!addresses.has(agentId)) hostnames.delete(agentId);
      for (const { agentId, hostname } of snapshot.agents) hostnames.set(agentId, hostname);
    }
    planTurns();
    if (clusterId !== null) handOut(snapshot, clusterId);
  }

  /** Each agent's turn within the interval is its own for ever: no burst, whatever comes and goes. */
  function planTurns(): void {
    if (intervalMs === 0) return;
    const known = new Map(due.map((one) => [one.agentId, one]));
    const now = Date.now();
    due = [...addresses.keys()].map((agentId) => {
      const before = known.get(agentId);
      if (before !== undefined) return before;
      const phaseMs = phaseOf(agentId) * intervalMs;
      return { agentId, phaseMs, nextAt: nextTurn(phaseMs, now) };
    });
  }

  function nextTurn(phaseMs: number, now: number): number {
    return (Math.floor((now - phaseMs) / intervalMs) + 1) * intervalMs + phaseMs;
  }

  function handOut(snapshot: MasterSnapshot, clusterId: number): void {
    const now = Date.now();
    for (const task of snapshot.ended) {
      const sampled = byTask
        .get(task.taskId)
        ?.find(({ agentId, frameworkId }) => agentId === task.agentId && frameworkId === task.frameworkId);
      if (sampled === undefined) continue;
      const { frameworkId, taskId, agentId } = task;
      const firstStatusAt = task.statuses[0]?.at ?? null;
      const lastAt = task.statuses.at(-1)?.at?.getTime() ?? now;
      // An old end of the same id, whose task was launched again.
      if (lastAt < sampled.series.baseMs - SERIES_KEPT_MS) continue;
      const endId = taskEndId({ clusterId, frameworkId, taskId, agentId, firstStatusAt });
      if (sampled.endIds.includes(endId)) continue;
      sampled.endIds.push(endId);
      sampled.endedAt ??= now;
      taskMemory.push({ endId, limitBytes: sampled.series.limitBytes, samples: samplesOf(sampled.series) });
    }
  }

  async function sample(address: AgentAddress, signal: AbortSignal): Promise<void> {
    const { agentId } = address;
    const askedAt = new Date();
    try {
      const reading = await reader.readContainers(address, signal);
      const now = Date.now();
      for (const one of reading.containers) noteContainer(agentId, one, now);
      noteContact({
        agentId,
        askedAt,
        answeredAt: new Date(now),
        errorCode: null,
        skewMs: reading.skewMs,
        containers: reading.containers.length,
      });
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof AppError)) {
        log.error({ agentId, err: thrown }, 'an agent could not be sampled');
        return;
      }
      const { code } = thrown;
      noteContact({ agentId, askedAt, answeredAt: null, errorCode: code, skewMs: null, containers: null });
    }
  }

  function noteContainer(agentId: string, one: RunningContainer, now: number): void {
    const { usedBytes, limitBytes } = one;
    const frameworkId = one.frameworkId === null ? null : intern(one.frameworkId);
    // The string of the first sample serves all that is kept of a task.
    const taskId = one.taskId === null ? null : (byTask.get(one.taskId)?.[0]?.taskId ?? one.taskId);
    const appId = one.podId ?? (taskId === null || frameworkId === null ? null : appOf(taskId, frameworkId));
    if (one.containerId !== null) {
      offerContainer({
        containerId: one.containerId,
        dockerId: null,
        pid: one.pid,
        frameworkId,
        taskId,
        agentId,
        host: hostnames.get(agentId) ?? null,
        appId,
        memLimitBytes: limitBytes,
        toldBy: 'agent',
        seenAt: new Date(now),
      });
    }
    if (usedBytes === null || frameworkId === null) return;
    if (appId !== null) {
      const task = taskId ?? `${agentId} ${one.executorId}`;
      buckets.add({ appId, task, atMs: now, bytes: usedBytes, limitBytes });
    }
    if (taskId === null) return;
    if (seriesCount >= maxSeries && !byTask.has(taskId)) return;
    const sampled = seriesOf({ taskId, agentId, frameworkId }, now);
    const cap = Math.max(MIN_POINTS, Math.min(MAX_POINTS, Math.floor(POINTS_BUDGET / seriesCount)));
    addSample(sampled.series, now, usedBytes, cap);
    sampled.sampledAt = now;
    if (limitBytes !== null) sampled.series.limitBytes = limitBytes;
  }

  function seriesOf(
    { taskId, agentId, frameworkId }: { taskId: string; agentId: string; frameworkId: string },
    now: number,
  ): Sampled {
    const all = byTask.get(taskId) ?? [];
    const known = all.find((one) => one.agentId === agentId && one.frameworkId === frameworkId);
    if (known !== undefined) return known;
    const made: Sampled = {
      taskId,
      agentId,
      frameworkId,
      series: newSeries(now),
      sampledAt: now,
      endIds: [],
      endedAt: null,
    };
    byTask.set(taskId, [...all, made]);
    seriesCount += 1;
    return made;
  }

  function appOf(taskId: string, frameworkId: string): string | null {
    const appId = appIdOf({
      taskId,
      frameworkId,
      frameworkName: frameworkNames.get(frameworkId) ?? null,
      watched: (id) => marathons.has(id),
    });
    return appId === null ? null : intern(appId);
  }

  /** One string for all tasks of an app and a framework. */
  function intern(text: string): string {
    const same = interned.get(text);
    if (same !== undefined) return same;
    if (interned.size >= MAX_PENDING) interned.clear();
    interned.set(text, text);
    return text;
  }

  /** New, with another pid, limit or app, or not written for 5 minutes. */
  function offerContainer(row: ContainerRow): void {
    if (containers.length >= MAX_PENDING) return;
    const now = row.seenAt.getTime();
    if (row.toldBy === 'agent') {
      const { containerId, pid, memLimitBytes, taskId, host, appId } = row;
      const before = writtenContainers.get(containerId);
      const isSame =
        before !== undefined &&
        now - before.at < REWRITE_MS &&
        before.pid === pid &&
        before.memLimitBytes === memLimitBytes &&
        before.taskId === taskId &&
        before.host === host &&
        before.appId === appId;
      if (isSame) return;
      if (before === undefined && writtenContainers.size >= maxSeries) forgetFirst(writtenContainers);
      // Kept by hundreds of thousands: the few strings that all tasks of an app share, and numbers.
      writtenContainers.set(containerId, { pid, memLimitBytes, taskId, host, appId, at: now });
    }
    containers.push(row);
  }

  /** When it was asked last is stored at most every 5 minutes, what changed at once. */
  function noteContact(row: ContactRow): void {
    const before = writtenContacts.get(row.agentId);
    const isSame =
      before !== undefined &&
      row.askedAt.getTime() - before.at < REWRITE_MS &&
      row.errorCode === before.row.errorCode &&
      row.containers === before.row.containers &&
      Math.abs((row.skewMs ?? 0) - (before.row.skewMs ?? 0)) < SKEW_STEP_MS;
    if (isSame || contacts.length >= MAX_PENDING) return;
    writtenContacts.set(row.agentId, { row, at: row.askedAt.getTime() });
    contacts.push(row);
  }

  function sweep(now: number): void {
    sweptAt = now;
    for (const [taskId, all] of byTask) {
      const kept = all.filter(
        ({ sampledAt, endedAt }) =>
          now - sampledAt < SERIES_KEPT_MS && (endedAt === null || now - endedAt < ENDED_KEPT_MS),
      );
      if (kept.length === all.length) continue;
      seriesCount -= all.length - kept.length;
      if (kept.length === 0) byTask.delete(taskId);
      else byTask.set(taskId, kept);
    }
    for (const written of [writtenContainers, writtenContacts]) {
      for (const [key, { at }] of written) if (now - at > SERIES_KEPT_MS) written.delete(key);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    if (intervalMs === 0) return;
    let atOnce = 0;
    planTurns();
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const now = Date.now();
        for (const turn of due) {
          if (turn.nextAt > now) continue;
          if (atOnce >= maxAtOnce) break; // Its turn comes as soon as another one is done.
          turn.nextAt = nextTurn(turn.phaseMs, now);
          const address = addresses.get(turn.agentId);
          // One that is busy, or left alone, misses this turn.
          if (address === undefined || !gate.isFree(turn.agentId)) continue;
          atOnce += 1;
          void sample(address, signal).finally(() => {
            atOnce -= 1;
          });
        }
        if (now - sweptAt > 60_000) sweep(now);
      }, TICK_MS);
      const end = () => {
        clearInterval(timer);
        resolve();
      };
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
    });
  }

  function take(): AgentFacts | null {
    const now = Date.now();
    // Unfinished buckets are rewritten each minute, not at each call.
    if (now - bucketsTakenAt > 60_000) {
      appMemory = [...appMemory, ...buckets.take(now)];
      bucketsTakenAt = now;
    }
    const facts: AgentFacts = { containers, contacts, appMemory, taskMemory };
    if (Object.values(facts).every((rows) => rows.length === 0)) return null;
    containers = [];
    contacts = [];
    appMemory = [];
    taskMemory = [];
    return facts;
  }

  function giveBack(facts: AgentFacts): void {
    if (containers.length + taskMemory.length > MAX_PENDING) return;
    containers = [...facts.containers, ...containers];
    contacts = [...facts.contacts, ...contacts];
    appMemory = [...facts.appMemory, ...appMemory];
    taskMemory = [...facts.taskMemory, ...taskMemory];
  }

  return {
    learn,
    learnMarathon: (frameworkId) => void marathons.add(frameworkId),
    noteUpdate({ docker, taskId, frameworkId, agentId, containerId }) {
      const id = docker?.containerId ?? containerId;
      if (docker === null || id === null) return;
      offerContainer({
        containerId: id,
        dockerId: docker.dockerId,
        pid: docker.pid,
        frameworkId,
        taskId,
        agentId,
        host: agentId === null ? null : (hostnames.get(agentId) ?? null),
        appId: frameworkId === null ? null : appOf(taskId, frameworkId),
        memLimitBytes: docker.limitBytes,
        toldBy: 'status',
        seenAt: new Date(),
      });
    },
    addressOf: (agentId) => addresses.get(agentId) ?? null,
    run,
    take,
    giveBack,
    size: () => seriesCount,
  };
}

/** Of a map, what was put in first; nothing worse comes of it than that it is offered once more. */
function forgetFirst(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

function isUsable({ active }: Agent): boolean {
  return active;
}

/** From 0 to 1, the same for the same agent in every process. */
function phaseOf(agentId: string): number {
  return Number.parseInt(hash('sha1', agentId, 'hex').slice(0, 8), 16) / 2 ** 32;
}

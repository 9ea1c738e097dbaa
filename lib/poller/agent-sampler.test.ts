import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask } from '@/lib/domain/task';
import { AppError } from '@/lib/errors';
import { taskEndId } from '@/lib/ingest/identity';
import { createAgentGate } from '@/lib/mesos/agent-gate';
import type { RunningContainer } from '@/lib/mesos/parse-containers';
import type { ContainersReading } from '@/lib/mesos/read-agent';

import { createAgentSampler, type SamplerOptions } from './agent-sampler';

const START = Date.parse('2026-03-01T10:00:00Z');
beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  stop.abort();
  stop = new AbortController();
  vi.useRealTimers();
});
let stop = new AbortController();

const WEB = 'shop_web.0a1b2c3d-0000-11ea-8000-0242ac110002';
const INTERVAL_MS = 60_000;

const container = (more: Partial<RunningContainer> = {}): RunningContainer => ({
  containerId: 'c1',
  frameworkId: 'F1',
  executorId: WEB,
  taskId: WEB,
  podId: null,
  pid: null,
  usedBytes: 1024,
  limitBytes: 4096,
  ...more,
});

function snapshotOf(
  agents: number,
  { ended = [] as MesosTask[], active = true, complete = true } = {},
): MasterSnapshot {
  const snapshot: Partial<MasterSnapshot> = {
    complete,
    frameworks: [{ frameworkId: 'F1', name: 'marathon', webuiUrl: null, hostname: null, registered: true }],
    ended,
    agents: Array.from({ length: agents }, (_, index) => ({
      agentId: `S${index}`,
      hostname: `node-${index}`,
      pid: `slave(1)@10.0.${index >> 8}.${index & 255}:5051`,
      port: 5051,
      version: '1.11.0',
      active,
      registeredAt: null,
      reregisteredAt: null,
      cpus: null,
      memMb: null,
      diskMb: null,
      attributes: {},
    })),
  };
  return snapshot as MasterSnapshot; // All that it looks at.
}

/** A sampler that runs, whose agents answer with `answer`; who was asked, and when since the start. */
function start(
  answer: (agentId: string) => RunningContainer[] | Promise<ContainersReading>,
  more: Partial<SamplerOptions> = {},
) {
  const asked: { agentId: string; atMs: number }[] = [];
  const gate = createAgentGate();
  const sampler = createAgentSampler({
    gate,
    intervalMs: INTERVAL_MS,
    reader: {
      readContainers: ({ agentId }) =>
        gate.pass(agentId, async () => {
          asked.push({ agentId, atMs: Date.now() - START });
          const said = answer(agentId);
          return Array.isArray(said) ? { containers: said, skewMs: null } : said;
        }),
    },
    ...more,
  });
  void sampler.run(stop.signal);
  return { sampler, asked };
}

const ended = (firstAt = START - 1_000): MesosTask => ({
  frameworkId: 'F1',
  taskId: WEB,
  agentId: 'S0',
  executorId: '',
  name: 'web',
  state: 'TASK_FAILED',
  statuses: [firstAt, START + 600_000].map((at) => ({
    state: 'TASK_FAILED',
    at: new Date(at),
    message: null,
    reason: null,
    source: null,
    healthy: null,
    containerId: null,
  })),
  resources: { cpus: 1, memMb: 1, diskMb: 1, gpus: 0 },
  image: null,
  containerizer: null,
  labels: {},
  list: 'completed_tasks',
});

describe('createAgentSampler', () => {
  it('asks each of 10,000 agents once an interval, spread evenly', async () => {
    const { sampler, asked } = start(() => []);
    sampler.learn(snapshotOf(10_000), 1);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(new Set(asked.map(({ agentId }) => agentId)).size).toBe(10_000);
    expect(asked.length).toBe(10_000);
    const perTick = new Map<number, number>();
    for (const { atMs } of asked) perTick.set(atMs, (perTick.get(atMs) ?? 0) + 1);
    // 16.7 on the average.
    expect(Math.max(...perTick.values())).toBeLessThan(45);
    expect(perTick.size).toBe(600);
  });

  it('keeps each agent’s turn, whatever comes and goes', async () => {
    const { sampler, asked } = start(() => []);
    sampler.learn(snapshotOf(3), 1);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    sampler.learn(snapshotOf(50), 1);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    const turns = asked.filter(({ agentId }) => agentId === 'S1').map(({ atMs }) => atMs);
    expect(turns).toHaveLength(2);
    expect((turns[1] ?? 0) - (turns[0] ?? 0)).toBe(INTERVAL_MS);
  });

  it.each([
    ['inactive agents', { active: false }, {}],
    ['anybody where sampling is off', {}, { intervalMs: 0 }],
  ])('does not ask %s', async (_name, snapshot, options) => {
    const { sampler, asked } = start(() => [], options);
    sampler.learn(snapshotOf(5, snapshot), 1);
    await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS);
    expect(asked).toEqual([]);
  });

  it('asks at most so many at once; one that hangs misses turns and takes no more of them', async () => {
    let open = 0;
    let most = 0;
    const { sampler, asked } = start(
      () => {
        open += 1;
        most = Math.max(most, open);
        return new Promise<ContainersReading>((_resolve, reject) => {
          setTimeout(() => {
            open -= 1;
            reject(new AppError('AGENT_TIMEOUT', 'no answer'));
          }, 5_000);
        });
      },
      { maxAtOnce: 20 },
    );
    sampler.learn(snapshotOf(100), 1);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS + 1_000);
    expect(most).toBeLessThanOrEqual(20);
    expect(asked).toHaveLength(100);
    // Left alone for a minute after 5 s, then for two.
    await vi.advanceTimersByTimeAsync(4 * INTERVAL_MS);
    expect(asked.length).toBeLessThanOrEqual(300);
    expect(sampler.take()?.contacts).toContainEqual({
      agentId: 'S7',
      askedAt: expect.any(Date),
      answeredAt: null,
      errorCode: 'AGENT_TIMEOUT',
      skewMs: null,
      containers: null,
    });
  });

  it('hands out the series of a task once it has ended, under the id of its end', async () => {
    let used = 0;
    const { sampler } = start(() => {
      used += 1024;
      return [container({ usedBytes: used })];
    });
    sampler.learn(snapshotOf(1), 1);
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    expect(sampler.take()?.taskMemory).toEqual([]);
    const end = ended();
    sampler.learn(snapshotOf(1, { ended: [end] }), 1);
    sampler.learn(snapshotOf(1, { ended: [end] }), 1);
    const identity = { clusterId: 1, frameworkId: 'F1', taskId: WEB, agentId: 'S0' };
    const [row, ...rest] = sampler.take()?.taskMemory ?? [];
    expect(rest).toEqual([]);
    expect(row).toMatchObject({
      endId: taskEndId({ ...identity, firstStatusAt: new Date(START - 1_000) }),
      limitBytes: 4096,
    });
    expect(row?.samples.map(([, bytes]) => bytes)).toEqual([1024, 2048, 3072]);
    // Its end is told with another first status, so under another id.
    sampler.learn(snapshotOf(1, { ended: [ended(START - 900)] }), 1);
    expect(sampler.take()?.taskMemory).toMatchObject([
      { endId: taskEndId({ ...identity, firstStatusAt: new Date(START - 900) }) },
    ]);
  });

  it('forgets a series some time after its task is gone', async () => {
    let isRunning = true;
    const { sampler } = start(() => (isRunning ? [container()] : []));
    sampler.learn(snapshotOf(1), 1);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    isRunning = false;
    await vi.advanceTimersByTimeAsync(50 * INTERVAL_MS);
    expect(sampler.size()).toBe(1);
    await vi.advanceTimersByTimeAsync(15 * INTERVAL_MS);
    expect(sampler.size()).toBe(0);
  });

  it('remembers no more than so many, whatever an agent makes up', async () => {
    let made = 0;
    const { sampler } = start(
      () =>
        Array.from({ length: 100 }, () => container({ containerId: `c${made}`, taskId: `${WEB}-${made++}` })),
      { maxSeries: 150 },
    );
    sampler.learn(snapshotOf(1), 1);
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    expect(sampler.size()).toBe(150);
    expect(sampler.take()?.containers).toHaveLength(300);
  });

  it('offers a container when it is new or changed, and else every 5 minutes', async () => {
    let limitBytes = 4096;
    const { sampler } = start(() => [container({ limitBytes })]);
    sampler.learn(snapshotOf(1), 1);
    const rows = () => sampler.take()?.containers ?? [];
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(rows()).toMatchObject([
      {
        containerId: 'c1',
        taskId: WEB,
        appId: '/shop/web',
        host: 'node-0',
        memLimitBytes: 4096,
        toldBy: 'agent',
      },
    ]);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(rows()).toEqual([]);
    limitBytes = 8192;
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(rows()).toMatchObject([{ memLimitBytes: 8192 }]);
    await vi.advanceTimersByTimeAsync(4 * INTERVAL_MS);
    expect(rows()).toEqual([]);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(rows()).toHaveLength(1);
  });

  it('sums a pod’s memory up for its app, though no task of it has it alone', async () => {
    const { sampler } = start(() => [container({ taskId: null, podId: '/shop/pod' })]);
    sampler.learn(snapshotOf(2), 1);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(sampler.take()?.appMemory).toMatchObject([{ appId: '/shop/pod', maxBytes: 1024, tasks: 2 }]);
    expect(sampler.size()).toBe(0);
  });

  it('an app of a Marathon that is not called so is one once that Marathon was read', async () => {
    const { sampler } = start(() => [container({ frameworkId: 'F2' })]);
    sampler.learn(snapshotOf(1), 1);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(sampler.take()?.containers).toMatchObject([{ appId: null }]);
    sampler.learnMarathon('F2');
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(sampler.take()?.containers).toMatchObject([{ appId: '/shop/web' }]);
  });

  it('offers again what could not be stored', async () => {
    const { sampler } = start(() => [container()]);
    sampler.learn(snapshotOf(1), 1);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    const facts = sampler.take();
    if (facts === null) throw new Error('nothing was told');
    sampler.giveBack(facts);
    expect(sampler.take()).toEqual(facts);
    expect(sampler.take()).toBeNull();
  });
});

import { fork } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { MasterSnapshot } from '@/lib/domain/snapshot';
import { createAgentGate } from '@/lib/mesos/agent-gate';
import { createAgentReader } from '@/lib/mesos/read-agent';
import { createAgentSampler } from '@/lib/poller/agent-sampler';

import { report } from './report';

/**
 * What sampling a large cluster costs: every agent is asked once an interval for its containers, each over a
 * connection of its own (127.0.0.0/8 is all this machine). `tsx bench/sample-agents.ts [agents] [containers] [hung %]`
 */
const AGENTS = Number(process.argv[2] ?? 10_000);
const CONTAINERS = Number(process.argv[3] ?? 20);
const HUNG_PERCENT = Number(process.argv[4] ?? 0);
const INTERVAL_MS = 60_000;

type Told = { asked: number; mostAtOnce: number; mostInSecond: number };

/** All agents in a process of their own; every so many of them take a request and say nothing. */
function serve(): void {
  const perSecond = new Map<number, number>();
  let asked = 0;
  let atOnce = 0;
  let mostAtOnce = 0;
  const server = createServer((request, response) => {
    asked += 1;
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    response.on('close', () => {
      atOnce -= 1;
    });
    const second = Math.floor(Date.now() / 1_000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    const agent = Number(/slave\((\d+)\)/.exec(request.url ?? '')?.[1] ?? 0);
    if (agent % 100 < HUNG_PERCENT) return;
    const all = Array.from({ length: CONTAINERS }, (_, index) => {
      const id = `team_app-${index}.0a1b2c3d-0000-11ea-8000-${String(agent * 100 + index).padStart(12, '0')}`;
      return {
        container_id: `3f0c6f6e-1111-4222-8333-${String(agent * 100 + index).padStart(12, '0')}`,
        framework_id: 'F1',
        executor_id: id,
        executor_name: 'Command Executor',
        source: id,
        status: { container_id: { value: 'x' } },
        statistics: {
          timestamp: Date.now() / 1_000,
          cpus_limit: 1.1,
          cpus_system_time_secs: 100.5,
          cpus_user_time_secs: 1000.5,
          mem_limit_bytes: 570_425_344,
          mem_rss_bytes: 400_000_000 + index,
          mem_total_bytes: 450_000_000,
          mem_cache_bytes: 50_000_000,
        },
      };
    });
    response.end(JSON.stringify(all));
  });
  server.listen(0, '0.0.0.0', () => process.send?.((server.address() as AddressInfo).port));
  process.on('message', () => {
    const told: Told = { asked, mostAtOnce, mostInSecond: Math.max(0, ...perSecond.values()) };
    process.send?.(told);
  });
}

async function measure(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2));
  const [port] = await once(child, 'message');
  const gate = createAgentGate();
  const reader = createAgentReader({ credentials: null, timeoutMs: 5_000, ca: null, gate });
  const sampler = createAgentSampler({ reader, gate, intervalMs: INTERVAL_MS });
  const snapshot: Partial<MasterSnapshot> = {
    complete: true,
    frameworks: [{ frameworkId: 'F1', name: 'marathon', webuiUrl: null, hostname: null, registered: true }],
    ended: [],
    agents: Array.from({ length: AGENTS }, (_, index) => ({
      agentId: `S${index}`,
      hostname: `agent-${index}`,
      pid: `slave(${index})@127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}:${port}`,
      port: null,
      version: '1.11.0',
      active: true,
      registeredAt: null,
      reregisteredAt: null,
      cpus: null,
      memMb: null,
      diskMb: null,
      attributes: {},
    })),
  };
  sampler.learn(snapshot as MasterSnapshot, 1); // All that it looks at.
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const rssBefore = process.memoryUsage().rss;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const running = sampler.run(stop.signal);
  for (const round of [1, 2]) {
    let rows = 0;
    const until = startedAt + round * INTERVAL_MS;
    while (performance.now() < until) {
      await pause(1_000);
      const facts = sampler.take();
      rows += (facts?.containers.length ?? 0) + (facts?.contacts.length ?? 0);
    }
    const { user, system } = process.cpuUsage(cpuBefore);
    child.send('tell');
    const [told] = (await once(child, 'message')) as [Told];
    console.log(
      JSON.stringify({
        round,
        agents: AGENTS,
        hungPercent: HUNG_PERCENT,
        series: sampler.size(),
        ...told,
        rowsToStore: rows,
        cpuSecondsSoFar: Number(((user + system) / 1e6).toFixed(1)),
        cpuShareOfOneCore: (user + system) / 1e3 / (performance.now() - startedAt),
        loopDelayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
        rssGrowthMb: Math.round((process.memoryUsage().rss - rssBefore) / 1e6),
        heapMb: heapMb(),
      }),
    );
  }
  report({
    measure: `sample ${AGENTS} agents once a minute, CPU of one core`,
    value:
      (process.cpuUsage(cpuBefore).user + process.cpuUsage(cpuBefore).system) /
      1e3 /
      (performance.now() - startedAt),
    unit: 'cores',
  });
  report({
    measure: 'longest event-loop block of that',
    value: delay.max / 1e6,
    unit: 'ms',
    bar: { most: 50 },
  });
  stop.abort();
  await running;
  await reader.close();
  child.kill();
}

/** What is really held, where node runs with --expose-gc. */
function heapMb(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1e6);
}

if (process.send !== undefined) serve();
else await measure();

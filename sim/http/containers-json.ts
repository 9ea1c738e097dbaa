import type { Agent } from '../model/agent';
import { memoryOf } from '../model/memory';
import { since } from '../model/mesos-version';
import type { World } from '../model/world';
import { type Run, runsOf } from './agent-state-json';

type Json = Record<string, unknown>;

/** `/containers`: what runs, with its statistics. Only the Mesos containerizer knows the executor's process. */
export function containersJson(world: World, agent: Agent, only: string | null): Json[] {
  return livingRuns(world, agent)
    .filter(({ run }) => only === null || run.container === only)
    .map(({ run, frameworkId }) => {
      const [task] = run.tasks;
      if (task === undefined) return {};
      return {
        container_id: run.container,
        ...headJson(run, frameworkId),
        statistics: statisticsJson(world, run),
        status: {
          ...(since(world.version, '1.2') ? { container_id: { value: run.container } } : {}),
          ...(task.kind === 'docker' ? {} : { executor_pid: task.pid - 1 }),
          network_infos: [{ ip_addresses: [{ protocol: 'IPv4', ip_address: task.address }] }],
        },
      };
    });
}

/** `/monitor/statistics`. */
export function monitorJson(world: World, agent: Agent): Json[] {
  return livingRuns(world, agent).map(({ run, frameworkId }) => ({
    ...headJson(run, frameworkId),
    statistics: statisticsJson(world, run),
  }));
}

function livingRuns(world: World, agent: Agent): { run: Run; frameworkId: string }[] {
  return [...world.master.frameworks.values()].flatMap((framework) =>
    runsOf(agent, framework)
      .filter(({ isEnded, tasks }) => !isEnded && tasks.some(({ runningSince }) => runningSince !== null))
      .map((run) => ({ run, frameworkId: framework.id })),
  );
}

function headJson({ executorId, tasks: [task] }: Run, frameworkId: string): Json {
  const isPod = task !== undefined && task.executorId !== '';
  return {
    executor_id: executorId,
    executor_name: isPod ? '' : `Command Executor (Task: ${task?.id})`,
    framework_id: frameworkId,
    source: isPod ? '' : task?.id,
  };
}

function statisticsJson(world: World, { tasks }: Run): Json {
  const running = tasks.filter(({ runningSince, endedAt }) => runningSince !== null && endedAt === null);
  const [task] = running;
  const timestamp = world.timeline.stampOf(world.now);
  if (task === undefined) return { timestamp };
  const seconds = world.now - (task.runningSince ?? world.now);
  let rss = 0;
  let cache = 0;
  let limit = 0;
  let cpus = 0;
  for (const one of running) {
    const memory = memoryOf(world, one);
    rss += memory.rssBytes;
    cache += memory.cacheBytes;
    limit += memory.limitBytes;
    cpus += one.cpus;
  }
  return {
    timestamp,
    cpus_limit: cpus,
    cpus_user_time_secs: round(seconds * cpus * 0.31),
    cpus_system_time_secs: round(seconds * cpus * 0.04),
    mem_limit_bytes: limit,
    mem_rss_bytes: rss,
    // Docker's numbers are read from its cgroup by another code, which takes fewer of them.
    ...(task.kind === 'docker'
      ? {}
      : {
          mem_total_bytes: rss + cache,
          mem_anon_bytes: rss,
          mem_cache_bytes: cache,
          mem_file_bytes: cache,
          mem_mapped_file_bytes: 0,
          mem_swap_bytes: 0,
          mem_unevictable_bytes: 0,
        }),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

import { since } from '../model/mesos-version';
import type { World } from '../model/world';

const TERMINAL_COUNTERS = ['finished', 'failed', 'killed', 'lost', 'error'];
const TERMINAL_COUNTERS_SINCE_1_1 = ['dropped', 'gone', 'gone_by_operator'];
const LIVE_STATES = ['staging', 'starting', 'running', 'killing', 'unreachable'];

/** `/metrics/snapshot`: counters since the election, gauges of now. A master that does not lead counts nothing. */
export function metricsJson(
  world: World,
  leads: boolean,
  startedAt: number,
  subscribers = 0,
): Record<string, number> {
  const base = {
    'master/elected': leads ? 1 : 0,
    'master/uptime_secs': Math.max(0, world.now - startedAt),
    'system/cpus_total': 4,
    'system/load_1min': 0.12,
    'system/mem_total_bytes': 16_777_216_000,
  };
  const names = [...TERMINAL_COUNTERS, ...(since(world.version, '1.1') ? TERMINAL_COUNTERS_SINCE_1_1 : [])];
  const zeros = Object.fromEntries(names.map((name) => [`master/tasks_${name}`, 0]));
  if (!leads) return { ...base, ...zeros };
  return {
    ...base,
    ...zeros,
    ...gauges(world),
    ...(since(world.version, '1.8') ? { 'master/operator_event_stream_subscribers': subscribers } : {}),
    ...Object.fromEntries(world.master.counters),
    ...perFramework(world),
  };
}

function gauges(world: World): Record<string, number> {
  const { master, version } = world;
  const agents = [...master.agents.values()];
  const frameworks = [...master.frameworks.values()];
  const states = frameworks.flatMap((one) => [...one.tasks.values(), ...one.unreachable.values()]);
  const inState = (word: string) =>
    states.filter(({ state }) => state === `TASK_${word.toUpperCase()}`).length;
  const registered = agents.filter(({ presence }) => presence === 'registered').length;
  const live = since(version, '1.2') ? LIVE_STATES : LIVE_STATES.filter((word) => word !== 'unreachable');
  return {
    'master/slaves_active': registered,
    'master/slaves_inactive': 0,
    'master/slaves_connected': registered,
    'master/slaves_disconnected': 0,
    ...(since(version, '1.2')
      ? {
          'master/slaves_unreachable': agents.filter(({ presence }) => presence === 'unreachable').length,
        }
      : {}),
    'master/frameworks_active': frameworks.length,
    'master/frameworks_connected': frameworks.length,
    'master/frameworks_disconnected': 0,
    'master/slave_removals': 0,
    'master/recovery_slave_removals': 0,
    'master/valid_status_updates': 0,
    'master/invalid_status_updates': 0,
    ...Object.fromEntries(live.map((word) => [`master/tasks_${word}`, inState(word)])),
  };
}

function perFramework(world: World): Record<string, number> {
  if (!since(world.version, '1.7')) return {};
  const metrics: Record<string, number> = {};
  for (const framework of world.master.frameworks.values()) {
    const prefix = `master/frameworks/${encodeURIComponent(framework.name)}/${framework.id}/tasks`;
    for (const [word, total] of Object.entries(framework.terminalCounts))
      metrics[`${prefix}/terminal/${word}`] = total;
    for (const { state } of framework.tasks.values()) {
      const key = `${prefix}/active/${state.toLowerCase()}`;
      metrics[key] = (metrics[key] ?? 0) + 1;
    }
  }
  return metrics;
}

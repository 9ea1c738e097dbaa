import type { Auth } from './http/auth';
import { SCENARIO_NAMES } from './scenarios/scenario';
import { type Cluster, type ClusterOptions, startCluster } from './start-cluster';

const NOW = Date.UTC(2026, 5, 10, 14) / 1000;
export const NO_AUTH: Auth = null;

/** A cluster with a two-day past on free ports, whose clock stands still unless time is skipped. For tests. */
export function startTestCluster(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  return startCluster({
    seed: 137,
    speed: 1,
    historySeconds: 2 * 86_400,
    behindSeconds: 0,
    scenarios: SCENARIO_NAMES,
    version: '1.11',
    ringSize: null,
    epochFile: null,
    welcomes: true,
    taskKilling: false,
    hostLogFile: null,
    hostLogPast: true,
    syslog: null,
    realNow: () => NOW,
    host: '127.0.0.1',
    port: 0,
    masterAuth: NO_AUTH,
    marathonAuth: NO_AUTH,
    stateMb: 0,
    ...options,
  });
}

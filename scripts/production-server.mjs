import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startChild } from './child.mjs';
import { freePort } from './port.mjs';
import { ROOT } from './root.mjs';

const STOP_MS = 60_000;

/**
 * `npm start` as a test or a benchmark needs it: on a free port, with a data folder of its own that is removed
 * afterwards, deaf to the developer's `.env` and settings. Set-up and build come first where they are stale.
 * @param {{ env?: Record<string, string>, simArgs?: string[], onLine?: (line: string) => void }} [options]
 *   `simArgs` go to the simulated cluster
 * @returns {Promise<{ url: string, dataDir: string, simControl: string, stop(): Promise<void> }>} when it answers;
 *   `simControl`: where the simulated cluster takes orders (see sim/main.ts)
 * @throws {Error} with its last lines when it ends before that
 */
export async function startProductionServer({ env = {}, simArgs = [], onLine } = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'exit137-server-'));
  let onReady = (_message) => {};
  const ready = new Promise((resolve) => {
    onReady = resolve;
  });
  const child = startChild({
    name: 'npm start',
    cwd: ROOT,
    args: ['scripts/start.mjs', '--no-env-file', ...(simArgs.length > 0 ? ['--sim', ...simArgs] : [])],
    env: { ...NO_SETTINGS, HOST: '127.0.0.1', PORT: String(await freePort()), DATA_DIR: dataDir, ...env },
    onMessage: onReady,
    onLine: (line) => onLine?.(line),
  });
  const removeData = () => rmSync(dataDir, { recursive: true, force: true });
  const first = await Promise.race([ready, child.ended.then((how) => ({ how }))]);
  if (first.url === undefined) {
    removeData();
    throw new Error(`npm start ended (${first.how}) before it was ready:\n${child.tail.join('\n')}`);
  }
  return {
    url: first.url,
    simControl: first.sim.control,
    dataDir,
    async stop() {
      await child.stop(STOP_MS);
      removeData();
    },
  };
}

/** Settings of this shell that would make the server another one than the tests are written for. */
const NO_SETTINGS = Object.fromEntries(
  [
    'DATABASE_URL',
    'DATABASE_READ_URL',
    'MESOS_MASTER_URLS',
    'MESOS_SCHEME',
    'MARATHON_URLS',
    'ROLE',
    'CLUSTER_NAME',
    'SIMULATED',
    'POLL_INTERVAL_MS',
    'POLL_TIMEOUT_MS',
    'MESOS_USERNAME',
    'MESOS_PASSWORD',
    'MESOS_TOKEN',
    'MARATHON_USERNAME',
    'MARATHON_PASSWORD',
    'MARATHON_TOKEN',
    'TOKEN_SCHEME',
    'CA_FILE',
    'TIME_ZONE',
    'AGENT_SAMPLE_INTERVAL_MS',
    'AGENT_TIMEOUT_MS',
    'SANDBOX_TAILS',
    'RETENTION_DAYS',
    'SANDBOX_RETENTION_DAYS',
    'AGENT_USERNAME',
    'AGENT_PASSWORD',
    'AGENT_TOKEN',
    'LOGS_TOKEN',
    'LOG_FILES',
    'LOG_HOST',
    'LOG_TIME_ZONE',
    'SYSLOG_PORT',
    'SYSLOG_HOST',
    'SYSLOG_TLS_CERT',
    'SYSLOG_TLS_KEY',
  ].map((name) => [name, undefined]),
);

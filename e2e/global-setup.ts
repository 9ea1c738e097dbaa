import { createWriteStream, mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { startProductionServer } from '../scripts/production-server.mjs';

const FIRST_DATA_MS = 90_000;

/**
 * Starts `npm start` once for all specs, as a person would get it, over a simulated cluster with a past; waits until
 * its ended tasks are stored. Specs find it through `baseURL`, and
 * what commands the cluster (sim/main.ts) in EXIT137_SIM_CONTROL. Its log: test-results/server.log.
 * @returns what stops it again, or nothing when EXIT137_BASE_URL named a server that runs already
 */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.EXIT137_BASE_URL;
  if (given) return undefined;

  mkdirSync('test-results', { recursive: true });
  const log = createWriteStream('test-results/server.log');
  const server = await startProductionServer({
    env: { POLL_INTERVAL_MS: '2000' },
    onLine: (line) => log.write(`${line}\n`),
  });
  try {
    await storesTaskEnds(server.url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  process.env.EXIT137_BASE_URL = server.url;
  process.env.EXIT137_SIM_CONTROL = server.simControl;
  return async () => {
    await server.stop();
    log.end();
  };
}

async function storesTaskEnds(url: string): Promise<void> {
  const deadline = Date.now() + FIRST_DATA_MS;
  let last = 'no answer';
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/api/v1/tasks?limit=1`);
    const text = await response.text();
    if (response.ok && !text.includes('"items":[]')) return;
    last = `${response.status} ${text.slice(0, 300)}`;
    await delay(500);
  }
  throw new Error(`No ended task was stored within ${FIRST_DATA_MS / 1_000} s. /api/v1/tasks says: ${last}`);
}

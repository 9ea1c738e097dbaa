import { isMainThread, parentPort } from 'node:worker_threads';

import { env, readCa } from '@/lib/config/env';
import { createPool } from '@/lib/db/pool';
import { AppError } from '@/lib/errors';
import { log } from '@/lib/log';
import { createMarathonReader } from '@/lib/marathon/read-marathon';
import { createMasterReader } from '@/lib/mesos/read-master';
import { credentialsOf, shownUrl } from '@/lib/upstream/source';

import { newHolder } from './holder';
import { runLoop } from './loop';

const STATEMENT_TIMEOUT_MS = 120_000;

/**
 * The collector as a program: a worker thread of the server, or a process of its own (ROLE=poller). Stops at
 * SIGTERM, SIGINT or the message 'stop', after the transaction in hand, and gives the lease back.
 */
async function main(): Promise<void> {
  const settings = env();
  if (settings.DATABASE_URL === undefined) throw new AppError('CONFIG_INVALID', 'DATABASE_URL: not set');
  if (settings.MESOS_MASTER_URLS.length === 0)
    throw new AppError('CONFIG_INVALID', 'MESOS_MASTER_URLS: not set');
  const ca = readCa(settings);
  const timeoutMs = settings.POLL_TIMEOUT_MS;
  const master = createMasterReader({
    urls: settings.MESOS_MASTER_URLS,
    credentials: credentialsOf({
      username: settings.MESOS_USERNAME,
      password: settings.MESOS_PASSWORD,
      token: settings.MESOS_TOKEN,
      scheme: settings.TOKEN_SCHEME,
    }),
    timeoutMs,
    ca,
  });
  const marathons = settings.MARATHON_URLS.map((urls) => {
    const url = urls.map(shownUrl).join('|');
    const reader = createMarathonReader({
      urls,
      credentials: credentialsOf({
        username: settings.MARATHON_USERNAME,
        password: settings.MARATHON_PASSWORD,
        token: settings.MARATHON_TOKEN,
        scheme: settings.TOKEN_SCHEME,
      }),
      timeoutMs,
      ca,
    });
    return { ...reader, name: `marathon:${url}`, url };
  });
  const pool = createPool(settings.DATABASE_URL, {
    max: 6,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    applicationName: 'exit137 collector',
  });

  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  if (isMainThread) {
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  }
  parentPort?.on('message', (message) => message === 'stop' && stop());

  await runLoop(
    {
      pool,
      clusterName: settings.CLUSTER_NAME,
      simulated: settings.SIMULATED,
      holder: newHolder(),
      intervalMs: settings.POLL_INTERVAL_MS,
      timeoutMs,
      sources: { master, masterUrl: settings.MESOS_MASTER_URLS.map(shownUrl).join(','), marathons },
    },
    stopping.signal,
  );
  await Promise.all([master.close(), ...marathons.map((one) => one.close()), pool.end()]);
  parentPort?.close();
}

main().catch((thrown) => {
  log.fatal({ err: thrown }, 'the collector cannot run');
  process.exitCode = 1;
  parentPort?.close();
});

import { isMainThread, parentPort } from 'node:worker_threads';

import { env, readCa } from '@/lib/config/env';
import { createPool } from '@/lib/db/pool';
import { AppError } from '@/lib/errors';
import { log } from '@/lib/log';
import { runLogInputs } from '@/lib/logs/run-log-inputs';
import { createMarathonReader } from '@/lib/marathon/read-marathon';
import { createAgentGate } from '@/lib/mesos/agent-gate';
import { createAgentReader } from '@/lib/mesos/read-agent';
import { createMasterReader } from '@/lib/mesos/read-master';
import { isZookeeperUrl } from '@/lib/mesos/zookeeper-url';
import { credentialsOf, shownUrl } from '@/lib/upstream/source';
import { createAgents } from './agents';
import { newHolder } from './holder';
import { runLoop } from './loop';
import { createPollKick } from './poll-kick';
import { createRefill } from './refill';
import { createStreams } from './streams';
import { createUpkeep } from './upkeep';

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
    scheme: settings.MESOS_SCHEME,
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
  const gate = createAgentGate();
  const agentReader = createAgentReader({
    credentials: credentialsOf({
      username: settings.AGENT_USERNAME,
      password: settings.AGENT_PASSWORD,
      token: settings.AGENT_TOKEN,
      scheme: settings.TOKEN_SCHEME,
    }),
    timeoutMs: settings.AGENT_TIMEOUT_MS,
    ca,
    // libprocess speaks TLS in all of a cluster's processes or in none; a path means a proxy before the master.
    scheme: settings.MESOS_MASTER_URLS.every((url) =>
      isZookeeperUrl(url) ? settings.MESOS_SCHEME === 'https' : /^https:\/\/[^/]+\/?$/.test(url),
    )
      ? 'https'
      : 'http',
    gate,
  });
  const pool = createPool(settings.DATABASE_URL, {
    max: 6,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    applicationName: 'exit137 collector',
  });

  const kick = createPollKick();
  const agents = createAgents({
    pool,
    reader: agentReader,
    gate,
    sampleIntervalMs: settings.AGENT_SAMPLE_INTERVAL_MS,
    sandboxTails: settings.SANDBOX_TAILS,
  });
  const streams = createStreams({
    pool,
    master,
    marathons,
    kick: kick.kick,
    onUpdate: agents.noteUpdate,
    onFailures: agents.fetchTails,
  });

  const refill = createRefill({ pool, reader: agentReader });
  const upkeep = createUpkeep(pool, {
    retentionDays: settings.RETENTION_DAYS,
    sandboxRetentionDays: settings.SANDBOX_RETENTION_DAYS,
  });

  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  if (isMainThread) {
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  }
  parentPort?.on('message', (message) => message === 'stop' && stop());

  const logInputs = runLogInputs(pool, settings, stopping.signal);
  await runLoop(
    {
      pool,
      clusterName: settings.CLUSTER_NAME,
      simulated: settings.SIMULATED,
      holder: newHolder(),
      intervalMs: settings.POLL_INTERVAL_MS,
      timeoutMs,
      sources: {
        master: withLook(master, agents.learn),
        masterUrl: settings.MESOS_MASTER_URLS.map(shownUrl).join(','),
        marathons: marathons.map((one) =>
          withLook(one, ({ frameworkId }) => agents.learnMarathon(frameworkId)),
        ),
        streams: {
          ...streams,
          adopt(lease, state) {
            streams.adopt(lease, state);
            refill.adopt(lease, state);
          },
        },
      },
      followers: [agents, streams, refill, upkeep],
      kick,
      evidence: { timeZone: settings.LOG_TIME_ZONE },
    },
    stopping.signal,
  );
  await logInputs;
  await Promise.all([
    master.close(),
    agentReader.close(),
    ...marathons.map((one) => one.close()),
    pool.end(),
  ]);
  parentPort?.close();
}

/** The same reader, what it reads shown to `look` as well. */
function withLook<Snapshot, Rest extends unknown[], Reader>(
  reader: Reader & { read(...args: Rest): Promise<Snapshot> },
  look: (snapshot: Snapshot) => void,
): Reader & { read(...args: Rest): Promise<Snapshot> } {
  return {
    ...reader,
    async read(...args: Rest) {
      const snapshot = await reader.read(...args);
      look(snapshot);
      return snapshot;
    },
  };
}

main().catch((thrown) => {
  log.fatal({ err: thrown }, 'the collector cannot run');
  process.exitCode = 1;
  parentPort?.close();
});

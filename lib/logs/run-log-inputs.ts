import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';

import type { Env } from '@/lib/config/env';
import { toAppError } from '@/lib/errors';
import { recordLogInputError } from '@/lib/ingest/apply-log-lines';
import { ensureCluster } from '@/lib/ingest/ensure-cluster';
import { clearLogInputError, loadInputPosition } from '@/lib/ingest/log-input';
import { log } from '@/lib/log';

import { storeInto } from './store-into';
import { type SyslogOptions, type SyslogServer, startSyslogServer } from './syslog-server';
import { tailFile } from './tail-file';

const RETRY_MS = 10_000;

export type LogInputSettings = Pick<
  Env,
  | 'CLUSTER_NAME'
  | 'SIMULATED'
  | 'LOG_FILES'
  | 'LOG_HOST'
  | 'LOG_TIME_ZONE'
  | 'SYSLOG_PORT'
  | 'SYSLOG_HOST'
  | 'SYSLOG_TLS_CERT'
  | 'SYSLOG_TLS_KEY'
>;

/**
 * Takes logs by syslog and from the files of LOG_FILES until `signal` aborts, then stores what was read and resolves.
 * Never rejects: what cannot be had (a port that is taken, a file that is missing) is tried again and shown on /status.
 * Needs no lease: each process tails the files of its own machine.
 */
export async function runLogInputs(
  pool: Pool,
  settings: LogInputSettings,
  signal: AbortSignal,
): Promise<void> {
  if (settings.LOG_FILES.length === 0 && settings.SYSLOG_PORT === 0) return;
  const clusterId = await clusterIdOf(pool, settings, signal);
  if (clusterId === null) return;
  const store = storeInto(pool, { clusterId, timeZone: settings.LOG_TIME_ZONE });
  const onTrouble = (input: string) => (trouble: string | null) => {
    if (trouble !== null) log.error({ input, reason: trouble }, 'no logs from here for now');
    const noted =
      trouble === null
        ? clearLogInputError(pool, { clusterId, input })
        : recordLogInputError(pool, { clusterId, input, error: trouble, now: new Date() });
    noted.catch(() => {}); // Only told; the log has it.
  };
  const thisHost = settings.LOG_HOST ?? hostname();
  await Promise.all([
    ...settings.LOG_FILES.map((path) => {
      // By host: several replicas have a file of the same name.
      const input = `file:${thisHost}:${path}`;
      return tailFile(
        {
          path,
          input,
          defaultHost: thisHost,
          store,
          loadPosition: () => loadInputPosition(pool, { clusterId, input }),
          onTrouble: onTrouble(input),
        },
        signal,
      );
    }),
    settings.SYSLOG_PORT === 0
      ? null
      : runSyslog(() => syslogOptions(settings, store), { onTrouble: onTrouble('syslog'), signal }),
  ]);
}

async function clusterIdOf(
  pool: Pool,
  settings: LogInputSettings,
  signal: AbortSignal,
): Promise<number | null> {
  const named = { clusterName: settings.CLUSTER_NAME, simulated: settings.SIMULATED };
  while (!signal.aborted) {
    try {
      return await ensureCluster(pool, named);
    } catch (thrown) {
      log.warn({ code: toAppError(thrown).code }, 'log inputs wait for Postgres');
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

function syslogOptions(settings: LogInputSettings, store: SyslogOptions['store']): SyslogOptions {
  const { SYSLOG_PORT, SYSLOG_HOST, SYSLOG_TLS_CERT, SYSLOG_TLS_KEY } = settings;
  const tls =
    SYSLOG_TLS_CERT === undefined || SYSLOG_TLS_KEY === undefined
      ? null
      : { cert: readFileSync(SYSLOG_TLS_CERT, 'utf8'), key: readFileSync(SYSLOG_TLS_KEY, 'utf8') };
  return { port: SYSLOG_PORT, host: SYSLOG_HOST, tls, store };
}

async function runSyslog(
  options: () => SyslogOptions,
  { onTrouble, signal }: { onTrouble: (trouble: string | null) => void; signal: AbortSignal },
): Promise<void> {
  let server: SyslogServer | null = null;
  while (server === null && !signal.aborted) {
    try {
      server = await startSyslogServer(options());
      onTrouble(null);
      log.info({ port: server.port }, 'taking syslog over TCP');
    } catch (thrown) {
      onTrouble(
        `It cannot listen: ${thrown instanceof Error ? thrown.message : String(thrown)}`.slice(0, 300),
      );
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  await server?.stop();
}

import type { Pool } from 'pg';

import type { Env } from '@/lib/config/env';
import { AppError } from '@/lib/errors';
import { ensureCluster } from '@/lib/ingest/ensure-cluster';

import { createIntakeGate, type IntakeGate } from './intake-gate';
import { receiveLogs } from './receive-logs';
import { storeInto } from './store-into';
import type { StoredLines, StoreLines } from './store-lines';

/** Requests at a time; each holds a batch of about 1 MiB and a few chunks of its body. */
const PLACES = 20;
/** Batches at a time: the calls of one input wait for each other in Postgres, and each holds a session. */
const STEPS = 2;
const RETRY_AFTER_SECONDS = 2;

// Kept on globalThis: the server evaluates this module in several bundles, and the bound is the process's.
const store = globalThis as typeof globalThis & { exit137LogsGate?: IntakeGate };

/** Takes the body of a POST of logs for this server's cluster. Throws LOGS_BUSY past the bound, else as receiveLogs. */
export async function takeLogs(
  request: Request,
  { pool, settings, defaultHost }: { pool: Pool; settings: Env; defaultHost: string | null },
): Promise<StoredLines> {
  store.exit137LogsGate ??= createIntakeGate({
    places: PLACES,
    steps: STEPS,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
  return await store.exit137LogsGate.enter(async (step) => {
    const clusterId = await ensureCluster(pool, {
      clusterName: settings.CLUSTER_NAME,
      simulated: settings.SIMULATED,
    });
    return await receiveLogs(request, {
      store: busyWhenSlow(storeInto(pool, { clusterId, timeZone: settings.LOG_TIME_ZONE })),
      step,
      defaultHost,
    });
  });
}

/** What the same lines may go well after; 55P03: a lock was not to be had. */
const PASSING = new Set(['DATABASE_BUSY', '55P03']);

function busyWhenSlow(store: StoreLines): StoreLines {
  return async (batch) => {
    try {
      return await store(batch);
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && PASSING.has(String(thrown.code)))) throw thrown;
      throw new AppError('LOGS_BUSY', 'Postgres is too busy to store these lines now.', {
        cause: thrown,
        details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
      });
    }
  };
}

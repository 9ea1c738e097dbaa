import { randomUUID } from 'node:crypto';

import type { Db } from '@/lib/db/pool';

/** What a test says about a stored signal; the rest is a kernel kill of java at 4 GiB on node-1. */
export type SignalForTest = {
  at: string;
  id?: string;
  clusterId?: number;
  host?: string | null;
  atKnown?: boolean;
  signature?: string;
  containerId?: string | null;
  killedComm?: string | null;
  anonRssKb?: number;
  device?: string | null;
  facts?: unknown;
  lines?: unknown;
  about?: string | null;
  appId?: string | null;
  aboutTaskId?: string;
  aboutProof?: string;
  aboutReason?: string;
};

/** Inserts signals as the collector does. Returns their ids in order. */
export async function insertSignals(db: Db, signals: readonly SignalForTest[]): Promise<string[]> {
  const rows = signals.map((signal) => ({
    cluster_id: signal.clusterId ?? 1,
    id: signal.id ?? randomUUID(),
    at: signal.at,
    at_known: signal.atKnown ?? true,
    received_at: signal.at,
    printed_host: 'node-1',
    host: signal.host === undefined ? 'node-1' : signal.host,
    signature: signal.signature ?? 'memcg_oom',
    source: 'kernel',
    container_id: signal.containerId ?? null,
    killed_pid: 4242,
    killed_comm: signal.killedComm === undefined ? 'java' : signal.killedComm,
    limit_kb: 4_194_304,
    usage_kb: 4_194_304,
    anon_rss_kb: signal.anonRssKb ?? 4_100_000,
    orchestrator: 'docker',
    device: signal.device ?? null,
    facts: signal.facts ?? { processes: [] },
    lines: signal.lines ?? ['Killed process 4242 (java)'],
    about: signal.about ?? null,
    app_id: signal.appId ?? null,
    about_task_id: signal.aboutTaskId ?? null,
    about_proof: signal.aboutProof ?? null,
    about_reason: signal.aboutReason ?? null,
  }));
  await db.query(
    'INSERT INTO log_signal SELECT * FROM jsonb_populate_recordset(NULL::log_signal, $1::jsonb)',
    [JSON.stringify(rows)],
  );
  return rows.map((row) => row.id);
}

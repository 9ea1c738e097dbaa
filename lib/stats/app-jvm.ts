import { z } from 'zod';

import type { JvmReportBody } from '@/lib/contracts/evidence';
import type { Db } from '@/lib/db/pool';
import { adviseJvm, type JvmQuestion } from '@/lib/diagnose/jvm/advise-jvm';

import { SIGNAL_COLUMNS, type SignalRow, toLogSignal } from './signal-row';

const DAY_MS = 86_400_000;
/** Long enough for the teeth of a saw that dies once a day. */
const DEATHS_MS = 30 * DAY_MS;
const MEMORY_MS = 7 * DAY_MS;
const MAX_DEATHS = 200;
const MAX_ENDS = 50;

const Flags = z.array(z.object({ from: z.string(), flags: z.array(z.string()) }));

/**
 * What the JVM advisor says of an app as it is now, whatever window a page shows. Null: nothing shows a JVM.
 *
 * Shape: the definition as Marathon has it, else what its newest end ran with; the largest of the hosts it lately ran
 * on; the newest kill that a log told of; 30 days of deaths at the limit; 7 days of samples. Of kill, deaths and samples
 * only what came after the last change of the definition: what an older one did says nothing of this one's flags.
 * Errors: a database failure propagates. Cost: five short index ranges of one app.
 */
export async function appJvm(
  db: Db,
  clusterId: number,
  appId: string,
  now: Date,
): Promise<JvmReportBody | null> {
  const definition = await readDefinition(db, { clusterId, appId });
  const of = { clusterId, appId, now, changedAt: definition?.changedAt ?? new Date(0) };
  const places = await readPlaces(db, of);
  return adviseJvm({
    flags: definition?.flags ?? [],
    image: definition?.image ?? places.image,
    cmd: definition?.cmd ?? null,
    memMb: definition?.memMb ?? places.memMb,
    hostMemMb: places.hostMemMb,
    oom: await readNewestKill(db, of),
    ...(await readDeaths(db, of)),
    memory: await readSamples(db, of),
    isDefinitionKnown: definition?.flags != null,
  });
}

type Of = { clusterId: number; appId: string; now: Date; changedAt: Date };
type Definition = {
  /** Null: they were never looked for. */
  flags: z.infer<typeof Flags> | null;
  image: string | null;
  cmd: string | null;
  memMb: number | null;
  /** When anything but its number of instances last changed; null: Marathon does not tell. */
  changedAt: Date | null;
};

async function readDefinition(
  db: Db,
  { clusterId, appId }: Pick<Of, 'clusterId' | 'appId'>,
): Promise<Definition | null> {
  const { rows } = await db.query<{
    jvm_flags: unknown;
    image: string | null;
    cmd: string | null;
    mem_mb: number | null;
    last_config_change_at: Date | null;
  }>(
    `SELECT jvm_flags, image, cmd, mem_mb, last_config_change_at FROM app WHERE cluster_id = $1 AND app_id = $2
     ORDER BY gone_at DESC NULLS FIRST, last_seen_at DESC LIMIT 1`,
    [clusterId, appId],
  );
  const [row] = rows;
  if (!row) return null;
  const flags = Flags.safeParse(row.jvm_flags);
  return {
    flags: flags.success ? flags.data : null,
    image: row.image,
    cmd: row.cmd,
    memMb: row.mem_mb,
    changedAt: row.last_config_change_at,
  };
}

async function readPlaces(
  db: Db,
  { clusterId, appId }: Of,
): Promise<{ image: string | null; memMb: number | null; hostMemMb: number | null }> {
  const { rows } = await db.query<{
    image: string | null;
    mem_mb: number | null;
    host_mem_mb: number | null;
  }>(
    `SELECT e.image, e.mem_mb, (SELECT mem_mb FROM agent a WHERE a.cluster_id = $1 AND a.agent_id = e.agent_id) AS host_mem_mb
     FROM (SELECT image, mem_mb, agent_id FROM task_end
           WHERE cluster_id = $1 AND app_id = $2 ORDER BY finished_at DESC LIMIT $3) e`,
    [clusterId, appId, MAX_ENDS],
  );
  const hosts = rows.map((row) => row.host_mem_mb).filter((mb) => mb !== null);
  return {
    image: rows[0]?.image ?? null,
    memMb: rows[0]?.mem_mb ?? null,
    hostMemMb: hosts.length === 0 ? null : Math.max(...hosts),
  };
}

async function readNewestKill(db: Db, { clusterId, appId, changedAt }: Of): Promise<JvmQuestion['oom']> {
  const { rows } = await db.query<SignalRow>(
    `SELECT ${SIGNAL_COLUMNS} FROM log_signal s
     WHERE s.cluster_id = $1 AND s.app_id = $2 AND s.signature IN ('memcg_oom', 'global_oom')
       AND s.at >= $3
     ORDER BY s.at DESC LIMIT 1`,
    [clusterId, appId, changedAt],
  );
  return rows[0] ? toLogSignal(rows[0]) : null;
}

async function readDeaths(
  db: Db,
  { clusterId, appId, now, changedAt }: Of,
): Promise<Pick<JvmQuestion, 'deaths' | 'medianRanMs'>> {
  const { rows } = await db.query<{ finished_at: Date; started_at: Date | null }>(
    `SELECT finished_at, started_at FROM task_end
     WHERE cluster_id = $1 AND app_id = $2 AND finished_at >= $3 AND finished_at <= $4
       AND cause = 'oom_cgroup_limit' AND reopened_at IS NULL
     ORDER BY finished_at DESC LIMIT $5`,
    [clusterId, appId, since(now, DEATHS_MS, changedAt), now, MAX_DEATHS],
  );
  const ran = rows
    .flatMap((row) => (row.started_at === null ? [] : [row.finished_at.getTime() - row.started_at.getTime()]))
    .sort((a, b) => a - b);
  return {
    deaths: rows.map((row) => row.finished_at),
    medianRanMs: ran[Math.floor(ran.length / 2)] ?? null,
  };
}

function since(now: Date, windowMs: number, changedAt: Date): Date {
  return new Date(Math.max(now.getTime() - windowMs, changedAt.getTime()));
}

async function readSamples(db: Db, { clusterId, appId, now, changedAt }: Of): Promise<JvmQuestion['memory']> {
  const { rows } = await db.query<{ max_bytes: string | null; limit_bytes: string | null }>(
    `SELECT max(max_bytes) AS max_bytes, max(limit_bytes) AS limit_bytes
     FROM app_memory WHERE cluster_id = $1 AND app_id = $2 AND at >= $3 AND at <= $4`,
    [clusterId, appId, since(now, MEMORY_MS, changedAt), now],
  );
  const [row] = rows;
  if (!row || row.max_bytes === null) return null;
  return {
    maxBytes: Number(row.max_bytes),
    limitBytes: row.limit_bytes === null ? null : Number(row.limit_bytes),
  };
}

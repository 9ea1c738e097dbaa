import { z } from 'zod';

import { AgentsSummary, LogInputItem } from './evidence';

const time = z.iso.datetime();
const count = z.number().int();

export const SOURCE_HEALTHS = ['ok', 'failing', 'stale', 'never'] as const;

/** One thing the collector reads: a master quorum or one Marathon. */
export const SourceStatus = z.object({
  cluster: z.string(),
  /** `mesos`, or `marathon:<url without credentials>`. */
  source: z.string(),
  health: z.enum(SOURCE_HEALTHS),
  url: z.string().nullable(),
  lastSuccessAt: time.nullable(),
  lastAttemptAt: time.nullable(),
  /** Seconds since the last success at the time of the answer; null: never. */
  lagSeconds: z.number().nullable(),
  /** The newest failure, also when later polls went through. */
  lastError: z.object({ at: time, code: z.string(), message: z.string(), cure: z.string() }).nullable(),
  failuresInARow: count,
  lastDurationMs: z.number().nullable(),
  bytes: z.number().nullable(),
  tasksRead: count.nullable(),
  /** Entries of the last poll that could not be understood. */
  rejected: count,
  rejects: z.array(z.object({ where: z.string(), why: z.string(), sample: z.string() })),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type SourceStatus = z.infer<typeof SourceStatus>;

/** GET /api/v1/status. */
export const StatusBody = z.object({
  now: time,
  version: z.string(),
  role: z.enum(['all', 'web', 'poller']),
  pollIntervalMs: count,
  /** Overall: the worst source. `blind`: nothing was ever read. */
  health: z.enum(['ok', 'degraded', 'blind']),
  simulated: z.boolean(),
  clusters: z.array(
    z.object({
      name: z.string(),
      masterVersion: z.string().nullable(),
      masterUrl: z.string().nullable(),
      electedAt: time.nullable(),
      firstPolledAt: time.nullable(),
      lastPolledAt: time.nullable(),
      ringSize: count.nullable(),
      taskEnds: count,
      lease: z
        .object({
          holder: z.string(),
          token: z.string(),
          acquiredAt: time,
          expiresAt: time,
          expired: z.boolean(),
        })
        .nullable(),
    }),
  ),
  sources: z.array(SourceStatus),
  /** Newest first, at most 50. */
  gaps: z.array(
    z.object({
      cluster: z.string(),
      frameworkId: z.string().nullable(),
      kind: z.string(),
      from: time,
      to: time,
      detail: z.string(),
    }),
  ),
  /** Newest first, at most 50, successes and failures of all sources. */
  polls: z.array(
    z.object({
      cluster: z.string(),
      source: z.string(),
      startedAt: time,
      durationMs: z.number(),
      ok: z.boolean(),
      errorCode: z.string().nullable(),
      errorMessage: z.string().nullable(),
      bytes: z.number().nullable(),
      tasksRead: count.nullable(),
      endsNew: count.nullable(),
      rejected: count,
    }),
  ),
  /** Where host logs come in, the newest first, at most 100; empty: nowhere. */
  logInputs: z.array(LogInputItem),
  /** How the agents of each watched cluster answer. */
  agents: z.array(AgentsSummary),
  database: z.object({ sizeBytes: z.number(), version: z.string(), migrations: count }),
});
export type StatusBody = z.infer<typeof StatusBody>;

/** What every page's frame needs: the banner, the stale notice. GET /api/v1/strip. */
export const StripBody = z.object({
  now: time,
  simulated: z.boolean(),
  health: z.enum(['ok', 'degraded', 'blind']),
  /** A sentence for the strip where health is not ok. */
  notice: z.string().nullable(),
  lastSuccessAt: time.nullable(),
  clusters: z.array(z.string()),
  timeZone: z.string(),
});
export type StripBody = z.infer<typeof StripBody>;

import { z } from 'zod';

import { DatabaseSize } from './database-size';
import { AgentsSummary, LogInputItem } from './evidence';
import { ReadReplica } from './read-replica';

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

export const STREAM_STATES = ['open', 'closed', 'refused'] as const;

/** One event stream, which tells of ends and changes between the polls. The counts are of all time. */
export const StreamStatus = z.object({
  cluster: z.string(),
  /** `mesos`, or `marathon:<url without credentials>`. */
  source: z.string(),
  /** `closed`: it is tried again. `refused`: the server has none, or not for us; polls go on alone. */
  state: z.enum(STREAM_STATES),
  url: z.string().nullable(),
  /** Since when it is in this state. */
  since: time,
  lastEventAt: time.nullable(),
  events: count,
  ends: count,
  reconnects: count,
  /** Ends that were told and dropped knowingly, as the database did not keep up: a poll was asked for instead. */
  dropped: count,
  lastDroppedAt: time.nullable(),
  /** Ends that were told without what makes them themselves: a poll was asked for instead. */
  leftToPoll: count,
  /** Ends that waited to be stored. */
  backlog: count,
  lastError: z.object({ at: time, message: z.string() }).nullable(),
  /** When the collector wrote this. */
  writtenAt: time,
});
export type StreamStatus = z.infer<typeof StreamStatus>;

/** One life of a leading master: what it counted, held against what is stored. */
export const LedgerItem = z.object({
  cluster: z.string(),
  masterId: z.string(),
  electedAt: time,
  /** It is the life that the last whole poll read. */
  isCurrent: z.boolean(),
  /** Since when its counting is held against ours: its election, or the first poll ever. */
  since: time,
  /** When its counters were last read; null: not once. */
  readAt: time.nullable(),
  /** Task ends it counted since, without those it refused before launch. */
  counted: count,
  refused: count,
  /** Of those counted, how many are surely not stored. It should be 0. */
  escaped: count,
  /** When that last grew; null: never. */
  escapedAt: time.nullable(),
  /** States that were counted or stored. */
  states: z.array(
    z.object({
      state: z.string(),
      /** The counter when counting began. */
      base: count,
      counted: count,
      refused: count,
      /** Stored since, with those that the event stream told since the counters were read. */
      stored: count,
      /** Of `stored`, how many this master never counted: they ended while nobody led. */
      uncounted: count,
      escaped: count,
    }),
  ),
});
export type LedgerItem = z.infer<typeof LedgerItem>;

/** A span in which task ends may be missing. */
export const GapItem = z.object({
  cluster: z.string(),
  frameworkId: z.string().nullable(),
  /** `ring_overrun`, `master_failover`, `agents_not_back`. */
  kind: z.string(),
  from: time,
  to: time,
  detail: z.string(),
  /** What the agents' own histories gave back after a failover; null: agents are not asked, or not yet. */
  refill: z
    .object({
      ends: count,
      /** Null: they are being asked. */
      agentsAsked: count.nullable(),
      agentsAnswered: count.nullable(),
      at: time.nullable(),
    })
    .nullable(),
});
export type GapItem = z.infer<typeof GapItem>;

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
  /** Of each source that has one; empty: the collector has not run yet. */
  streams: z.array(StreamStatus),
  /** The newest 20 lives of the master of each cluster, newest first. */
  ledger: z.array(LedgerItem),
  /** Newest first, at most 50; `gapCount` of all time. */
  gaps: z.array(GapItem),
  gapCount: count,
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
  database: DatabaseSize,
  /** Null: DATABASE_READ_URL is not set. */
  readReplica: ReadReplica.nullable(),
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

import { z } from 'zod';

import { CAUSE_GROUPS, CAUSES } from '@/lib/domain/cause';

import {
  AgentContactItem,
  AppMemory,
  HostConditionItem,
  HostTrouble,
  JvmReportBody,
  LogInputBrief,
  SignalGroup,
  StuckKillItem,
  SurvivorItem,
} from './evidence';
import { TaskItem } from './task';
import { windowFields } from './window';

const time = z.iso.datetime();
const count = z.number().int();

/** Query of /stats/hosts and /stats/apps. */
export const RatesQuery = z.object({
  ...windowFields,
  limit: z.coerce.number().int().min(1).max(5000).default(1000),
});
export type RatesQuery = z.infer<typeof RatesQuery>;

/** What every rate row tells. `ended` = failed + killed + finished + other ends that are no failure. */
const rateFields = {
  cluster: z.string(),
  ended: count,
  /** Ends whose disposition is failure. */
  failed: count,
  /** TASK_KILLED that is no failure. */
  killed: count,
  /** Of `failed`, those that ran out of memory. */
  oom: count,
  /** failed / ended; null: nothing ended. */
  failureShare: z.number().nullable(),
  /** Failures since task-hours are counted, over those hours. Null: no task-hours were observed in the window. */
  failuresPer1000TaskHours: z.number().nullable(),
  taskHours: z.number(),
  lastFailureAt: time.nullable(),
  topCause: z.enum(CAUSES).nullable(),
};

export const HostRate = z.object({
  hostname: z.string(),
  ...rateFields,
  /** Listed by the master at the last whole poll; null: never listed (history only). */
  listed: z.boolean().nullable(),
  active: z.boolean().nullable(),
  tasksRunning: count.nullable(),
  /**
   * Odds of at least this many failures at the fleet's rate, by chance (Poisson over task-hours), 0..1.
   * Null: too little is known to say.
   */
  chance: z.number().nullable(),
});
export type HostRate = z.infer<typeof HostRate>;

export const AppRate = z.object({
  appId: z.string(),
  ...rateFields,
  frameworkName: z.string().nullable(),
  /** False: Marathon no longer has it. Null: its Marathon is not watched. */
  exists: z.boolean().nullable(),
  instances: count.nullable(),
  tasksRunning: count.nullable(),
  /** Backed off in Marathon's queue after failures. */
  backedOff: z.boolean(),
  memMb: z.number().nullable(),
  image: z.string().nullable(),
});
export type AppRate = z.infer<typeof AppRate>;

/** The whole fleet in the window, to compare a row with. */
export const FleetRate = z.object({
  ended: count,
  failed: count,
  killed: count,
  failureShare: z.number().nullable(),
  failuresPer1000TaskHours: z.number().nullable(),
  taskHours: z.number(),
});
export type FleetRate = z.infer<typeof FleetRate>;

/** A span in which task ends may be missing. */
export const MissingSpan = z.object({ from: time, to: time, kind: z.string(), detail: z.string() });

/** Rows with failures first: most per 1,000 task-hours, then most failures. */
export const HostRatesBody = z.object({
  items: z.array(HostRate),
  fleet: FleetRate,
  from: time,
  to: time,
  /** Hosts whose logs tell of a bad condition in the window. */
  trouble: z.array(HostTrouble),
  /** Spans of the window that were not, or not wholly, observed, oldest first. */
  gaps: z.array(MissingSpan),
});
export type HostRatesBody = z.infer<typeof HostRatesBody>;
export const AppRatesBody = z.object({
  items: z.array(AppRate),
  fleet: FleetRate,
  from: time,
  to: time,
  /** As of `HostRatesBody`. */
  gaps: z.array(MissingSpan),
});
export type AppRatesBody = z.infer<typeof AppRatesBody>;

/** How well a span was looked at. `none`: no poll has seen it yet. */
export const COVERAGES = ['observed', 'memory', 'gap', 'none'] as const;
export type Coverage = (typeof COVERAGES)[number];
export const COVERAGE_LABELS: Record<Coverage, string> = {
  observed: 'Observed',
  memory: 'From the master’s memory, before exit137 watched: may be incomplete',
  gap: 'Task ends may be missing here',
  none: 'Not observed',
};

export const TimelineQuery = z.object({
  ...windowFields,
  host: z.string().min(1).max(500).optional(),
  app: z.string().min(1).max(1000).optional(),
  fingerprint: z.string().min(1).max(64).optional(),
});
export type TimelineQuery = z.infer<typeof TimelineQuery>;

export const TimelineBucket = z.object({
  /** Aligned to UTC: may lie before `from`. The first and last bucket count only what is in [from, to). */
  start: time,
  coverage: z.enum(COVERAGES),
  /** By colour group; an absent group is a true zero, unless coverage is `none`. Null: not observed, nothing known. */
  counts: z.partialRecord(z.enum(CAUSE_GROUPS), count).nullable(),
});
export type TimelineBucket = z.infer<typeof TimelineBucket>;

/** Task ends over time, at most 120 buckets of equal width, oldest first. GET /api/v1/stats/timeline. */
export const TimelineBody = z.object({
  from: time,
  to: time,
  stepMs: count,
  buckets: z.array(TimelineBucket),
  /** Deployments first seen in the window, oldest first, at most 100. */
  deployments: z.array(z.object({ at: time, deploymentId: z.string(), apps: z.array(z.string()) })),
  gaps: z.array(z.object({ from: time, to: time, kind: z.string(), detail: z.string() })),
});
export type TimelineBody = z.infer<typeof TimelineBody>;

export const CauseCount = z.object({
  cause: z.enum(CAUSES),
  disposition: z.enum(['normal', 'failure', 'unexplained']),
  ends: count,
});
export type CauseCount = z.infer<typeof CauseCount>;

export const OverviewQuery = z.object({ ...windowFields });
export type OverviewQuery = z.infer<typeof OverviewQuery>;

/** GET /api/v1/overview. */
export const OverviewBody = z.object({
  from: time,
  to: time,
  /** One sentence made from facts, and how it should look. */
  verdict: z.object({ tone: z.enum(['good', 'warn', 'bad', 'blind']), sentence: z.string() }),
  now: FleetRate,
  /** The same hours a week earlier; null: exit137 did not know that time. */
  weekBefore: FleetRate.nullable(),
  timeline: TimelineBody,
  causes: z.array(CauseCount),
  /** At most 8 each, those with failures. */
  hosts: z.array(HostRate),
  apps: z.array(AppRate),
  /** The newest failures of the window, at most 10. */
  newest: z.array(TaskItem),
  agents: z.object({ listed: count, inactive: count }),
  tasksRunning: count.nullable(),
  /** Hosts whose logs tell of a bad condition in the window, the worst first, at most 8; `troubleCount` of all. */
  trouble: z.array(HostTrouble),
  troubleCount: count,
  /** Apps with kernel kills inside containers that lived on, most kills first, at most 8. */
  survivors: z.array(z.object({ cluster: z.string(), appId: z.string(), kills: count, lastAt: time })),
});
export type OverviewBody = z.infer<typeof OverviewBody>;

export const HostDetailBody = z.object({
  rate: HostRate,
  fleet: FleetRate,
  from: time,
  to: time,
  /** Every agent id ever seen under this name, newest first. */
  agents: z.array(
    z.object({
      cluster: z.string(),
      agentId: z.string(),
      version: z.string().nullable(),
      active: z.boolean(),
      registeredAt: time.nullable(),
      reregisteredAt: time.nullable(),
      goneAt: time.nullable(),
      cpus: z.number().nullable(),
      memMb: z.number().nullable(),
      diskMb: z.number().nullable(),
      tasksRunning: count,
      attributes: z.record(z.string(), z.string()),
    }),
  ),
  timeline: TimelineBody,
  causes: z.array(CauseCount),
  /** Apps with ends here, most failures first, at most 50. */
  apps: z.array(z.object({ appId: z.string().nullable(), ended: count, failed: count, killed: count })),
  /** The newest failures of the window, at most 20. */
  newest: z.array(TaskItem),
  /** What its signals of the window, its clock and its stuck kills add up to; the worst first. */
  conditions: z.array(HostConditionItem),
  /** What its logs told in the window, the newest signature first. */
  signals: z.array(SignalGroup),
  /** How its agents answer; empty: they were never asked. */
  contacts: z.array(AgentContactItem),
  /** Kills not obeyed here in the window, those still stuck first, at most 50. */
  stuckKills: z.array(StuckKillItem),
  /** Where logs come in, the newest first, at most 20; empty: nowhere. */
  logInputs: z.array(LogInputBrief),
});
export type HostDetailBody = z.infer<typeof HostDetailBody>;

export const AppDetailBody = z.object({
  rate: AppRate,
  fleet: FleetRate,
  from: time,
  to: time,
  /** Null: Marathon does not have it, or is not watched. */
  definition: z
    .object({
      kind: z.enum(['app', 'pod']),
      version: z.string(),
      instances: count,
      cpus: z.number().nullable(),
      memMb: z.number().nullable(),
      diskMb: z.number().nullable(),
      image: z.string().nullable(),
      cmd: z.string().nullable(),
      hasHealthChecks: z.boolean(),
      killGraceSeconds: z.number().nullable(),
      lastScalingAt: time.nullable(),
      lastConfigChangeAt: time.nullable(),
      tasksHealthy: count.nullable(),
      tasksUnhealthy: count.nullable(),
      tasksStaged: count.nullable(),
      queue: z
        .object({ count, delaySeconds: z.number().nullable(), overdue: z.boolean().nullable() })
        .nullable(),
      goneAt: time.nullable(),
      /** Pretty-printed JSON, env values redacted. */
      json: z.string().nullable(),
    })
    .nullable(),
  lastTaskFailure: z
    .object({
      taskId: z.string(),
      state: z.string(),
      message: z.string().nullable(),
      host: z.string().nullable(),
      at: time,
      version: z.string().nullable(),
    })
    .nullable(),
  timeline: TimelineBody,
  causes: z.array(CauseCount),
  /** Newest version first, at most 50; ends in the window of tasks that began while it was in force. */
  versions: z.array(
    z.object({
      version: z.string(),
      createdAt: time,
      image: z.string().nullable(),
      memMb: z.number().nullable(),
      cpus: z.number().nullable(),
      instances: count.nullable(),
      ended: count,
      failed: count,
    }),
  ),
  deployments: z.array(
    z.object({
      deploymentId: z.string(),
      actions: z.array(z.object({ action: z.string(), target: z.string() })),
      firstSeenAt: time,
      endedAt: time.nullable(),
    }),
  ),
  hosts: z.array(z.object({ host: z.string(), ended: count, failed: count, killed: count })),
  /** The newest failures of the window, at most 20. */
  newest: z.array(TaskItem),
  /** Kernel kills inside containers that lived on: how many in the window, and the newest 20. */
  survivors: z.object({ total: count, items: z.array(SurvivorItem) }),
  /** Null: none of its tasks was sampled in the window. */
  memory: AppMemory.nullable(),
  /** Ends that ran out of memory in the window, newest first, at most 200. */
  oomDeaths: z.array(z.object({ at: time, taskId: z.string() })),
  /** Null: nothing shows a JVM. */
  jvm: JvmReportBody.nullable(),
  /** Kills not obeyed by its tasks in the window, those still stuck first, at most 50. */
  stuckKills: z.array(StuckKillItem),
});
export type AppDetailBody = z.infer<typeof AppDetailBody>;

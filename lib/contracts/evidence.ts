import { z } from 'zod';

import { CAUSES, DISPOSITIONS, PROOFS } from '@/lib/domain/cause';
import { TIE_KINDS } from '@/lib/domain/evidence';
import { LOG_SIGNATURES, LOG_SOURCES, ORCHESTRATORS } from '@/lib/domain/log-signal';

const time = z.iso.datetime();
const count = z.number().int();

/** One fact of a host log as pages show it. Sizes in KiB. */
export const SignalItem = z.object({
  /** Null: not stored (a pasted log). */
  id: z.string().nullable(),
  signature: z.enum(LOG_SIGNATURES),
  source: z.enum(LOG_SOURCES),
  at: time.nullable(),
  /** False: `at` is when the line came. */
  atKnown: z.boolean(),
  printedHost: z.string().nullable(),
  /** The agent's hostname; null: no agent we know. */
  host: z.string().nullable(),
  /** One plain sentence made of its facts. */
  sentence: z.string(),
  containerId: z.string().nullable(),
  cgroup: z.string().nullable(),
  limitCgroup: z.string().nullable(),
  orchestrator: z.enum(ORCHESTRATORS).nullable(),
  killedPid: count.nullable(),
  killedComm: z.string().nullable(),
  invokedBy: z.string().nullable(),
  limitKb: z.number().nullable(),
  usageKb: z.number().nullable(),
  anonRssKb: z.number().nullable(),
  failcnt: z.number().nullable(),
  device: z.string().nullable(),
  taskId: z.string().nullable(),
  processes: z.array(z.object({ pid: count, name: z.string(), rssKb: z.number().nullable() })),
  lines: z.array(z.string()),
});
export type SignalItem = z.infer<typeof SignalItem>;

/** A signal tied to a task end, with the reason. */
export const EvidenceItem = z.object({
  tie: z.enum(TIE_KINDS),
  proof: z.enum(PROOFS),
  reason: z.string(),
  candidates: count,
  signal: SignalItem,
});
export type EvidenceItem = z.infer<typeof EvidenceItem>;

/** The end of one file of a sandbox. Its text: GET /api/v1/sandbox/{cluster}/{end id}/{file}. */
export const SandboxFile = z.object({
  file: z.enum(['stdout', 'stderr']),
  fetchedAt: time,
  sizeBytes: z.number().nullable(),
  /** Where in the file the kept part begins; above 0 the start is missing. */
  fromByte: z.number().nullable(),
  keptBytes: z.number().nullable(),
  /** Why it could not be read; null: it was. */
  errorCode: z.string().nullable(),
});
export type SandboxFile = z.infer<typeof SandboxFile>;

/** Memory of a task while it ran. Points: [ms since the epoch, bytes]. */
export const TaskMemory = z.object({
  limitBytes: z.number().nullable(),
  points: z.array(z.tuple([z.number(), z.number()])),
});
export type TaskMemory = z.infer<typeof TaskMemory>;

/** Memory of an app's tasks in steps; null: not sampled then. */
export const AppMemory = z.object({
  stepMs: count,
  points: z.array(
    z.object({
      at: time,
      maxBytes: z.number().nullable(),
      meanBytes: z.number().nullable(),
      limitBytes: z.number().nullable(),
      tasks: count,
    }),
  ),
});
export type AppMemory = z.infer<typeof AppMemory>;

export const DerivedNumber = z.object({
  label: z.string(),
  value: z.string(),
  formula: z.string(),
  inputs: z.array(z.object({ name: z.string(), value: z.string(), from: z.string() })),
});
export type DerivedNumber = z.infer<typeof DerivedNumber>;

export const JvmReportBody = z.object({
  because: z.string(),
  javaVersion: z.string().nullable(),
  findings: z.array(
    z.object({
      id: z.string(),
      tone: z.enum(['bad', 'warn', 'good', 'info']),
      sentence: z.string(),
      numbers: z.array(DerivedNumber),
    }),
  ),
  recommendation: z.string().nullable(),
});
export type JvmReportBody = z.infer<typeof JvmReportBody>;

export const HostConditionItem = z.object({
  id: z.string(),
  tone: z.enum(['bad', 'warn']),
  sentence: z.string(),
  advice: z.array(z.string()),
  since: time,
  lastAt: time,
  count,
  numbers: z.array(DerivedNumber),
  signalIds: z.array(z.string()),
});
export type HostConditionItem = z.infer<typeof HostConditionItem>;

export const StuckKillItem = z.object({
  cluster: z.string(),
  taskId: z.string(),
  host: z.string().nullable(),
  appId: z.string().nullable(),
  kind: z.enum(['task_killing', 'marathon']),
  since: time,
  limitSeconds: z.number(),
  lastSeenAt: time,
  /** Null: still stuck. */
  endedAt: time.nullable(),
});
export type StuckKillItem = z.infer<typeof StuckKillItem>;

/** Kernel kills inside containers of an app that live on: no task end tells of them. Newest first. */
export const SurvivorItem = z.object({
  signal: SignalItem,
  proof: z.enum(PROOFS),
  reason: z.string(),
  taskId: z.string().nullable(),
});
export type SurvivorItem = z.infer<typeof SurvivorItem>;

/** A task that a signal of a pasted log is about. */
export const TiedTask = z.object({
  /** Null: the log alone names it, nothing is stored of it. */
  cluster: z.string().nullable(),
  endId: z.string().nullable(),
  taskId: z.string(),
  appId: z.string().nullable(),
  state: z.string().nullable(),
  finishedAt: time.nullable(),
  tie: z.enum(TIE_KINDS),
  proof: z.enum(PROOFS),
  reason: z.string(),
});
export type TiedTask = z.infer<typeof TiedTask>;

/** POST /api/v1/diagnose: what a pasted log says. Nothing is stored unless `store=true`. */
export const DiagnoseBody = z.object({
  lines: count,
  /** At most 500, in the order of the log; `signalsFound` tells how many there were. */
  signals: z.array(
    z.object({
      signal: SignalItem,
      verdict: z.object({
        cause: z.enum(CAUSES),
        disposition: z.enum(DISPOSITIONS),
        proof: z.enum(PROOFS),
        summary: z.string(),
        because: z.array(z.string()),
        advice: z.array(z.string()),
      }),
      tasks: z.array(TiedTask),
    }),
  ),
  signalsFound: count,
  from: time.nullable(),
  to: time.nullable(),
  hosts: z.array(z.string()),
  stored: z.boolean(),
});
export type DiagnoseBody = z.infer<typeof DiagnoseBody>;

/** Answer of POST /api/v1/logs. accepted + rejected + duplicates = lines sent. */
export const LogsBody = z.object({
  /** Lines taken, those of a block that is not whole yet among them. */
  accepted: count,
  /** Lines that are no log line (malformed JSON), or longer than the limit; the first few with the reason. */
  rejected: count,
  /** Lines of signals that were stored already. */
  duplicates: count,
  signals: count,
  rejects: z.array(z.object({ line: count, why: z.string() })),
});
export type LogsBody = z.infer<typeof LogsBody>;

/** One way in for logs, for /status. */
export const LogInputItem = z.object({
  cluster: z.string(),
  input: z.string(),
  lines: z.number(),
  rejected: z.number(),
  signals: z.number(),
  duplicates: z.number(),
  firstAt: time,
  lastAt: time,
  lastError: z.string().nullable(),
  lastErrorAt: time.nullable(),
});
export type LogInputItem = z.infer<typeof LogInputItem>;

/** How an agent answered when it was last asked for its containers. */
export const AgentContactItem = z.object({
  cluster: z.string(),
  agentId: z.string(),
  askedAt: time,
  /** The last time it answered; null: never. */
  answeredAt: time.nullable(),
  /** Why it did not answer the last time; null: it did. */
  errorCode: z.string().nullable(),
  /** Its clock less ours; null: not told. */
  skewMs: z.number().nullable(),
  containers: count.nullable(),
});
export type AgentContactItem = z.infer<typeof AgentContactItem>;

/** Signals of one signature on one host in a window. */
export const SignalGroup = z.object({
  signature: z.enum(LOG_SIGNATURES),
  count,
  firstAt: time,
  lastAt: time,
  /** The newest, at most 5. */
  newest: z.array(SignalItem),
});
export type SignalGroup = z.infer<typeof SignalGroup>;

/** A host of which a condition holds, in short. */
export const HostTrouble = z.object({
  cluster: z.string(),
  host: z.string(),
  tone: z.enum(['bad', 'warn']),
  /** Of its conditions, the worst first. */
  sentences: z.array(z.string()),
});
export type HostTrouble = z.infer<typeof HostTrouble>;

/** Whether logs come in at all: without them, no evidence says nothing. */
export const LogInputBrief = z.object({ input: z.string(), lastAt: time });
export type LogInputBrief = z.infer<typeof LogInputBrief>;

/** How the agents of a cluster answer. Counts are of agents that are listed now. */
export const AgentsSummary = z.object({
  cluster: z.string(),
  listed: count,
  asked: count,
  answered: count,
  /** Asked and did not answer the last time; the names of at most 10, longest silent first. */
  silent: z.array(
    z.object({ host: z.string(), agentId: z.string(), answeredAt: time.nullable(), errorCode: z.string() }),
  ),
  silentCount: count,
  /** The largest difference of a clock from ours, with its sign; null: none told. */
  maxSkewMs: z.number().nullable(),
  maxSkewHost: z.string().nullable(),
});
export type AgentsSummary = z.infer<typeof AgentsSummary>;

/** GET /api/v1/sandbox/{cluster}/{end id}/{file}: the kept text; what is no UTF-8 is replaced. */
export const SandboxText = z.object({ text: z.string() });
export type SandboxText = z.infer<typeof SandboxText>;

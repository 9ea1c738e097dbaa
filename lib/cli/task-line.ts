import { z } from 'zod';

import { type EndState, isEndState, isTaskState } from '@/lib/domain/task';
import type { Facts, MarathonContext } from '@/lib/domain/verdict';

import { kernelLogEvidence } from './kernel-log-evidence';

const text = z.string().nullish();

const TaskLineSchema = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  state: z.string(),
  reason: text,
  status_source: text,
  message: text,
  context: z
    .object({
      container: text,
      mem: z.union([z.number(), z.string()]).nullish(),
      image: text,
      health: z.union([z.string(), z.boolean()]).nullish(),
      marathon_event: z.unknown().optional(),
      kernel_log: z.union([z.string(), z.array(z.string())]).nullish(),
    })
    .nullish(),
});

type TaskLine = z.infer<typeof TaskLineSchema>;
type Context = NonNullable<TaskLine['context']>;
export type LineId = string | number | null;

/** A line understood, or why it was not. */
export type ParsedLine = { id: LineId; facts: Facts } | { id: LineId; error: string };

const UNHEALTHY: ReadonlySet<string> = new Set(['failed', 'failing', 'unhealthy', 'false']);
const HEALTHY: ReadonlySet<string> = new Set(['passed', 'passing', 'healthy', 'ok', 'true']);
const DEPLOYMENT_EVENT = /deployment|app_terminated|restart|scale|upgrade/i;
const UNHEALTHY_EVENT = /unhealthy_\w{1,20}_kill|failed_health_check/i;
const NO_TIME = new Date(0);

/**
 * One JSON line `{id, state, reason, status_source, message, context}` as facts. Nothing else is known of the
 * task, which the facts say (`onlyStatus`). Never throws: what cannot be read comes back as `error`.
 */
export function parseTaskLine(line: string): ParsedLine {
  const json = parseJson(line);
  if (json === undefined) return { id: null, error: 'not JSON' };
  const parsed = TaskLineSchema.safeParse(json);
  if (!parsed.success) return { id: idOf(json), error: describe(parsed.error) };
  const id = parsed.data.id ?? null;
  const state = toEndState(parsed.data.state);
  return state === null
    ? { id, error: 'state: not a Mesos task state' }
    : { id, facts: toFacts(parsed.data, state) };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function idOf(json: unknown): LineId {
  const parsed = z.object({ id: z.union([z.string(), z.number()]) }).safeParse(json);
  return parsed.success ? parsed.data.id : null;
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'not understood';
  return `${issue.path.length === 0 ? 'line' : issue.path.join('.')}: ${issue.message}`;
}

/** A state in which nothing has ended yet is read as LOST: only the words beside it can tell what happened. */
function toEndState(state: string): EndState | null {
  if (isEndState(state)) return state;
  return isTaskState(state) ? 'TASK_LOST' : null;
}

function toFacts(line: TaskLine, state: EndState): Facts {
  const context: Partial<Context> = line.context ?? {};
  const event = typeof context.marathon_event === 'string' ? context.marathon_event : '';
  return {
    state,
    reason: line.reason ?? null,
    source: line.status_source ?? null,
    message: line.message ?? null,
    healthy: UNHEALTHY_EVENT.test(event) ? false : toHealthy(context.health),
    statuses: [],
    everRan: null,
    containerizer: toContainerizer(context.container),
    image: context.image ?? null,
    memMb: toMemMb(context.mem),
    frameworkName: null,
    marathon: null,
    finishedAt: NO_TIME,
    onlyStatus: true,
    ...(isDeployment(event, state) ? { marathon: deploymentOf(event) } : {}),
    ...(context.kernel_log ? { evidence: evidenceOf(line, context.kernel_log) } : {}),
  };
}

/** Stamps without a year get one that no rule looks at: nothing is known of the task's own time. */
function evidenceOf({ id, message }: TaskLine, log: string | string[]) {
  return kernelLogEvidence(log, `${id ?? ''} ${message ?? ''}`, NO_TIME);
}

function toHealthy(health: string | boolean | null | undefined): boolean | null {
  const word = String(health ?? '').toLowerCase();
  if (UNHEALTHY.has(word)) return false;
  return HEALTHY.has(word) ? true : null;
}

function toContainerizer(container: string | null | undefined): string | null {
  const word = container?.toUpperCase();
  return word === 'DOCKER' || word === 'MESOS' ? word : null;
}

function toMemMb(mem: number | string | null | undefined): number | null {
  const value = typeof mem === 'string' ? Number(mem) : (mem ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : null;
}

function isDeployment(event: string, state: EndState): boolean {
  return state === 'TASK_KILLED' && DEPLOYMENT_EVENT.test(event) && !UNHEALTHY_EVENT.test(event);
}

/** The event tells that a deployment was at work, not which app or id. */
function deploymentOf(event: string): MarathonContext {
  return {
    appId: '',
    appExists: true,
    isService: true,
    deployment: { deploymentId: `told by ${event.slice(0, 60)}`, actions: [], startedAt: NO_TIME },
    lastConfigChangeAt: null,
    lastScalingAt: null,
    ownFailure: null,
    killGraceSeconds: null,
  };
}

import type { AgentContactItem, HostConditionItem, HostTrouble } from '@/lib/contracts/evidence';
import type { CauseCount } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';
import { hostConditions as conditionsOf, type HostQuestion } from '@/lib/diagnose/host-conditions';
import type { HostCondition } from '@/lib/domain/derived';
import { LOG_SIGNATURES, type LogSignature } from '@/lib/domain/log-signal';

import { type ClusterScope, idsOf, namesById } from './cluster-scope';
import { SIGNAL_COLUMNS, type SignalRow, toLogSignal } from './signal-row';

const MINUTE_MS = 60_000;
/** A condition that has been quiet for an hour is no longer bad: what lies further back cannot make a host so. */
const TROUBLE_MS = 120 * MINUTE_MS;
/** A clock was read at the last question; it says nothing of a window that is over. */
const CLOCK_MS = 10 * MINUTE_MS;
const MAX_SIGNALS = 5000;
/** Of one kind on one host: a device that is never released is told of every ten seconds. */
const MAX_OF_A_KIND = 200;
const SKEW_MS = 5000;

/** About a container or a process: no state of a host is made of them. */
const OF_CONTAINERS: ReadonlySet<LogSignature> = new Set<LogSignature>([
  'memcg_oom',
  'mesos_agent_oom_report',
  'oom_kill_disable',
  'process_crash',
  'container_not_found',
  'container_start_failed',
  'mesos_registration_timeout',
]);
const OF_HOSTS = LOG_SIGNATURES.filter((signature) => !OF_CONTAINERS.has(signature));

/** As SIGNAL_COLUMNS, but of the lines the first three, and no process table: conditions are made of no more. */
const LIGHT_COLUMNS = SIGNAL_COLUMNS.replace('s.facts', `s.facts - 'processes' AS facts`).replace(
  's.lines',
  `jsonb_path_query_array(s.lines, '$[0 to 2]') AS lines`,
);

export type ConditionsOf = {
  host: string;
  window: Window;
  now: Date;
  contacts: readonly AgentContactItem[];
  causes: readonly CauseCount[];
};

/**
 * The states that a host's signals, failures and clock in [from, to) add up to, the worst first, as at the window's
 * end. Errors: a database failure propagates. Cost: two index ranges of one host, of the newest 5,000 signals.
 */
export async function hostConditions(
  db: Db,
  cluster: ClusterScope,
  { host, window, now, contacts, causes }: ConditionsOf,
): Promise<HostConditionItem[]> {
  const { from, to } = window;
  const signals = await db.query<SignalRow>(
    `SELECT ${LIGHT_COLUMNS} FROM log_signal s
     WHERE s.cluster_id = $1 AND s.host = $2 AND s.at >= $3 AND s.at < $4 AND s.signature = ANY ($5)
     ORDER BY s.at DESC LIMIT $6`,
    [cluster.id, host, from, to, OF_HOSTS, MAX_SIGNALS],
  );
  const failures = await db.query<{ finished_at: Date }>(
    `SELECT finished_at FROM task_end
     WHERE cluster_id = $1 AND host = $2 AND finished_at >= $3 AND finished_at < $4
       AND cause = 'no_space_left_on_device' AND disposition = 'failure' AND reopened_at IS NULL
     ORDER BY finished_at DESC LIMIT $5`,
    [cluster.id, host, from, to, MAX_OF_A_KIND],
  );
  return conditionsOf({
    signals: toStored(signals.rows),
    now: endOf(window, now),
    failures: failuresOf(causes),
    skewMs: isOver(window, now) ? null : skewOf(contacts),
    diskFailures: failures.rows.map((row) => row.finished_at),
  }).map(toItem);
}

type TroubleRow = SignalRow & { cluster_id: number };
type HostRow = { cluster_id: number; host: string };

/**
 * Hosts of which a condition holds at the end of [from, to), those with a bad one first, then by name.
 * Errors: a database failure propagates. Cost: index ranges of at most two hours, and the clocks that are off.
 */
export async function listHostTrouble(
  db: Db,
  clusters: readonly ClusterScope[],
  window: Window,
  now: Date,
): Promise<HostTrouble[]> {
  const end = endOf(window, now);
  const from = new Date(Math.max(window.from.getTime(), end.getTime() - TROUBLE_MS));
  const range = [idsOf(clusters), from, end];
  const signals = await db.query<TroubleRow>(
    `WITH newest AS (
       SELECT cluster_id, id, at,
              row_number() OVER (PARTITION BY cluster_id, host, signature ORDER BY at DESC, id) AS place
       FROM log_signal
       WHERE cluster_id = ANY ($1::smallint[]) AND signature = ANY ($4) AND at >= $2 AND at <= $3 AND host IS NOT NULL
     )
     SELECT s.cluster_id, ${LIGHT_COLUMNS}
     FROM newest n JOIN log_signal s ON s.cluster_id = n.cluster_id AND s.id = n.id AND s.at = n.at
     WHERE n.place <= $5 LIMIT $6`,
    [...range, OF_HOSTS, MAX_OF_A_KIND, 4 * MAX_SIGNALS],
  );
  const failures = await db.query<HostRow & { finished_at: Date }>(
    `SELECT cluster_id, host, finished_at FROM task_end
     WHERE cluster_id = ANY ($1::smallint[]) AND finished_at >= $2 AND finished_at <= $3
       AND disposition = 'failure' AND reopened_at IS NULL AND cause = 'no_space_left_on_device'
     LIMIT $4`,
    [...range, MAX_SIGNALS],
  );
  const clocks = isOver(window, now) ? [] : await listSkews(db, clusters);

  const questions = new Map<string, HostRow & { question: HostQuestion; rows: SignalRow[] }>();
  const of = ({ cluster_id, host }: HostRow) => {
    const key = `${cluster_id} ${host}`;
    const known = questions.get(key) ?? { cluster_id, host, rows: [], question: emptyQuestion(end) };
    questions.set(key, known);
    return known;
  };
  for (const row of signals.rows) of({ ...row, host: row.signal_host ?? '' }).rows.push(row);
  for (const row of failures.rows) {
    const known = of(row);
    known.question = {
      ...known.question,
      diskFailures: [...known.question.diskFailures, row.finished_at],
    };
  }
  for (const row of clocks) {
    const known = of(row);
    known.question = { ...known.question, skewMs: row.skew_ms };
  }
  const names = namesById(clusters);
  return [...questions.values()]
    .flatMap(({ cluster_id, host, question, rows }): HostTrouble[] => {
      const conditions = conditionsOf({ ...question, signals: toStored(rows) });
      const [worst] = conditions;
      if (worst === undefined) return [];
      const sentences = conditions.filter(({ tone }) => tone === worst.tone).map(({ sentence }) => sentence);
      return [{ cluster: names.get(cluster_id) ?? '', host, tone: worst.tone, sentences }];
    })
    .sort((a, b) => a.tone.localeCompare(b.tone) || a.host.localeCompare(b.host, 'en', { numeric: true }));
}

async function listSkews(
  db: Db,
  clusters: readonly ClusterScope[],
): Promise<(HostRow & { skew_ms: number })[]> {
  const { rows } = await db.query<HostRow & { skew_ms: number }>(
    `SELECT a.cluster_id, a.hostname AS host, c.skew_ms
     FROM agent_contact c JOIN agent a ON a.cluster_id = c.cluster_id AND a.agent_id = c.agent_id
     WHERE c.cluster_id = ANY ($1::smallint[]) AND abs(c.skew_ms) >= $2 AND a.gone_at IS NULL`,
    [idsOf(clusters), SKEW_MS],
  );
  return rows;
}

function emptyQuestion(now: Date): HostQuestion {
  return { signals: [], now, failures: {}, skewMs: null, diskFailures: [] };
}

/** When the window ends, as far as it has come. */
function endOf({ to }: Window, now: Date): Date {
  return to < now ? to : now;
}

function isOver({ to }: Window, now: Date): boolean {
  return now.getTime() - to.getTime() > CLOCK_MS;
}

function toStored(rows: readonly SignalRow[]): HostQuestion['signals'] {
  return rows.flatMap((row) => {
    const signal = toLogSignal(row);
    return signal === null ? [] : [{ id: row.signal_id, at: row.signal_at, signal }];
  });
}

function failuresOf(causes: readonly CauseCount[]): HostQuestion['failures'] {
  return Object.fromEntries(
    causes.filter(({ disposition }) => disposition === 'failure').map(({ cause, ends }) => [cause, ends]),
  );
}

/** Of the agent that was asked last. */
function skewOf(contacts: readonly AgentContactItem[]): number | null {
  return contacts.find(({ skewMs }) => skewMs !== null)?.skewMs ?? null;
}

function toItem(condition: HostCondition): HostConditionItem {
  return {
    ...condition,
    since: condition.since.toISOString(),
    lastAt: condition.lastAt.toISOString(),
  };
}

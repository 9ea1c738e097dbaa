import type { Pool, PoolClient } from 'pg';

import type { Window } from '@/lib/contracts/window';
import { tieEvidence, unsettledSignals } from '@/lib/ingest/apply-evidence';
import { tailCandidates } from '@/lib/ingest/apply-sandbox';
import { knownEnds, standInsOf } from '@/lib/ingest/apply-task-ends';
import { appDetail } from '@/lib/stats/app-detail';
import { appRates } from '@/lib/stats/app-rates';
import { collectorTotals } from '@/lib/stats/collector-totals';
import { hostDetail } from '@/lib/stats/host-detail';
import { hostRates } from '@/lib/stats/host-rates';
import { listTasks, type TasksInput } from '@/lib/stats/list-tasks';
import { overview } from '@/lib/stats/overview';
import { review } from '@/lib/stats/review';
import { status } from '@/lib/stats/status';
import { strip } from '@/lib/stats/strip';
import { taskDetail } from '@/lib/stats/task-detail';
import { timeline } from '@/lib/stats/timeline';

/** A failure whose host, app and words the questions are about. */
export type Subject = {
  clusterId: number;
  cluster: string;
  id: string;
  taskId: string;
  finishedAt: Date;
  host: string;
  appId: string;
  frameworkId: string;
  fingerprint: string;
  containerId: string;
  message: string;
};

export type Question = {
  page: string;
  ask: (pool: Pool, window: Window, now: Date) => Promise<unknown>;
};

/** The newest failure of an app, with a container: what most pages can be asked about. Null: there is none. */
export async function pickSubject(pool: Pool): Promise<Subject | null> {
  const { rows } = await pool.query<Subject>(
    `SELECT cluster_id AS "clusterId", cluster.name AS cluster, task_end.id, task_id AS "taskId",
            finished_at AS "finishedAt", host, app_id AS "appId", framework_id AS "frameworkId", fingerprint,
            container_id AS "containerId", coalesce(message, 'exited') AS message
     FROM cluster JOIN task_end ON task_end.cluster_id = cluster.id
     WHERE disposition = 'failure' AND reopened_at IS NULL AND app_id IS NOT NULL AND container_id IS NOT NULL
     ORDER BY finished_at DESC, task_end.id DESC LIMIT 1`,
  );
  return rows[0] ?? null;
}

/** Every page's question, the task list with each of its filters, and what the collector asks again and again. */
export function questionsAbout(subject: Subject): Question[] {
  const { clusterId, cluster, id, taskId, host, appId } = subject;
  const pollIntervalMs = 30_000;
  return [
    { page: 'overview', ask: (pool, window, now) => overview(pool, { ...window, pollIntervalMs }, now) },
    { page: 'hosts', ask: (pool, window, now) => hostRates(pool, { ...window, limit: 1000 }, now) },
    { page: 'host', ask: (pool, window, now) => hostDetail(pool, { ...window, hostname: host }, now) },
    { page: 'apps', ask: (pool, window, now) => appRates(pool, { ...window, limit: 1000 }, now) },
    { page: 'app', ask: (pool, window, now) => appDetail(pool, { ...window, appId }, now) },
    { page: 'timeline', ask: (pool, window, now) => timeline(pool, window, now) },
    { page: 'timeline-host', ask: (pool, window, now) => timeline(pool, { ...window, host }, now) },
    { page: 'timeline-app', ask: (pool, window, now) => timeline(pool, { ...window, app: appId }, now) },
    {
      page: 'review',
      ask: (pool, { to }, now) => review(pool, { day: dayBefore(to), timeZone: 'Europe/Berlin' }, now),
    },
    { page: 'task', ask: (pool, _, now) => taskDetail(pool, { cluster, taskId, id }, now) },
    {
      page: 'status',
      ask: (pool, _, now) =>
        status(
          pool,
          {
            version: '0',
            role: 'all',
            pollIntervalMs,
            simulated: false,
            retentionDays: 400,
            sandboxRetentionDays: 30,
          },
          now,
        ),
    },
    {
      page: 'strip',
      ask: (pool, _, now) =>
        strip(pool, { pollIntervalMs, simulated: false, timeZone: 'UTC', hasMasters: true }, now),
    },
    { page: 'metrics', ask: (pool, _, now) => collectorTotals(pool, now) },
    ...taskQuestions(subject),
    {
      page: 'poll-known-ends',
      ask: (pool) => inSession(pool, (client) => knownEnds(client, clusterId, [id])),
    },
    {
      page: 'poll-stand-ins',
      ask: (pool) => inSession(pool, (client) => standInsOf(client, clusterId, [taskId])),
    },
    { page: 'evidence-loop', ask: (pool) => unsettledSignals(pool, clusterId, 500) },
    { page: 'evidence-ties', ask: (pool, _, now) => tieAgain(pool, subject, now) },
    { page: 'sandbox-loop', ask: (pool, _, now) => tailCandidates(pool, clusterId, now) },
  ];
}

/** The task list as it is asked: each filter, each search, and a page far down. */
function taskQuestions(subject: Subject): Question[] {
  const { host, appId, frameworkId, fingerprint, taskId, containerId, message } = subject;
  const filters: Record<string, Partial<TasksInput>> = {
    newest: {},
    state: { state: ['TASK_LOST'] },
    cause: { cause: ['oom_cgroup_limit', 'oom_host'] },
    disposition: { disposition: ['unexplained'] },
    failures: { disposition: ['failure'], countedOnly: true },
    host: { host },
    app: { app: appId },
    framework: { framework: frameworkId },
    fingerprint: { fingerprint },
    'exit-code': { exitCode: 137 },
    'exit-code-0': { exitCode: 0 },
    'host-and-cause': { host, cause: ['disk_limit'] },
    'app-and-failures': { app: appId, disposition: ['failure'] },
    'search-task-id': { q: taskId.slice(0, -3) },
    'search-container-id': { q: containerId.slice(0, 8) },
    'search-docker-id': { q: 'abcdef012345' },
    'search-host': { q: host },
    'search-app': { q: appId },
    'search-words': { q: message.slice(0, 60) },
    'search-rare-word': { q: 'zebra' },
    'search-words-and-cause': { q: 'status', cause: ['disk_limit'] },
  };
  return Object.entries(filters).flatMap(([name, filter]): Question[] => {
    const ask = (pool: Pool, { from, to }: Window, now: Date, cursor?: string) =>
      listTasks(pool, { ...filter, from, to, limit: 50, cursor }, now);
    const second = async (pool: Pool, window: Window, now: Date) => {
      const { nextCursor } = await ask(pool, window, now);
      return nextCursor === null ? null : await ask(pool, window, now, nextCursor);
    };
    return [{ page: `tasks-${name}`, ask: name === 'newest' ? second : ask }];
  });
}

/** What the collector asks to tie host logs to an end and to place signals; undone, so that nothing is revised. */
async function tieAgain(pool: Pool, { clusterId, id }: Subject, now: Date): Promise<void> {
  await inSession(pool, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      'SELECT id FROM log_signal WHERE cluster_id = $1 AND at > $2 ORDER BY at DESC LIMIT 20',
      [clusterId, new Date(now.getTime() - 7 * 86_400_000)],
    );
    const signalIds = rows.map((row) => row.id);
    await client.query('BEGIN');
    try {
      await tieEvidence(client, { clusterId, signalIds, endIds: [id], marathons: new Map(), now });
    } finally {
      await client.query('ROLLBACK');
    }
  });
}

async function inSession<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

function dayBefore(at: Date): string {
  return new Date(at.getTime() - 86_400_000).toISOString().slice(0, 10);
}

import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { cache } from 'react';

import { loadPage } from '@/app/load-page';

import { oneParam, type RawSearchParams } from '@/components/shell/window-params';
import { pathText } from '@/components/tasks/path-text';
import { taskTitle } from '@/components/tasks/task-title';
import { TaskView } from '@/components/tasks/task-view';
import { TaskDetailQuery } from '@/lib/contracts/task';
import { readPool } from '@/lib/db/read-pool';
import { CAUSE_LABELS } from '@/lib/domain/cause';
import { taskHref, withQuery } from '@/lib/format/hrefs';
import { formatUtc } from '@/lib/format/times';
import { taskDetail } from '@/lib/stats/task-detail';

type TaskPageProps = {
  params: Promise<{ cluster: string; taskId: string[] }>;
  searchParams: Promise<RawSearchParams>;
};

export default async function TaskPage(props: TaskPageProps) {
  const address = await addressOf(props);
  const now = new Date();
  const body = await loadTask(address.cluster, address.taskId, address.agent, address.id);
  if (body === null) notFound();
  const url = withQuery(`/api/v1${taskHref({ cluster: address.cluster, taskId: address.taskId })}`, {
    agent: address.agent,
    id: address.id,
  });
  return <TaskView initial={{ url, body, at: now.toISOString() }} />;
}

/** What a chat shows under a pasted link: who, what, why, where and when. */
export async function generateMetadata(props: TaskPageProps): Promise<Metadata> {
  const address = await addressOf(props);
  const body = await loadTask(address.cluster, address.taskId, address.agent, address.id);
  if (body === null) return { title: 'No such task' };
  const { task } = body;
  const title = taskTitle(task);
  const description = `${task.summary} ${CAUSE_LABELS[task.cause]} (${task.proof}) on ${task.host}, ${formatUtc(new Date(task.finishedAt))}.`;
  return { title, description, openGraph: { title, description, type: 'article', siteName: 'exit137' } };
}

// Page and metadata ask for the same task; one rendering reads it once. Primitives, since `cache` compares by identity.
const loadTask = cache((cluster: string, taskId: string, agent: string | undefined, id: string | undefined) =>
  loadPage(() => taskDetail(readPool(), { cluster, taskId, agent, id }, new Date())),
);

async function addressOf({ params, searchParams }: TaskPageProps) {
  const { cluster, taskId } = await params;
  const raw = await searchParams;
  // An id that cannot be one finds no task, rather than failing in the database.
  const query = TaskDetailQuery.safeParse({
    agent: oneParam(raw, 'agent') ?? undefined,
    id: oneParam(raw, 'id') ?? undefined,
  });
  if (!query.success) notFound();
  return { cluster: pathText([cluster]), taskId: pathText(taskId), ...query.data };
}

import type { APIRequestContext } from '@playwright/test';

/** What the specs read of a task end of the API. */
export type TaskEnd = {
  id: string;
  cluster: string;
  frameworkId: string;
  taskId: string;
  agentId: string;
  hostname: string | null;
  appId: string | null;
  state: string;
  finishedAt: string;
  cause: string;
  disposition: string;
  exitCode: number | null;
  message: string | null;
  reopenedAt: string | null;
};

/** Stored task ends, newest first, as one page of /api/v1/tasks gives them: `state=TASK_FAILED&limit=1`. */
export async function taskEnds(request: APIRequestContext, query: string): Promise<TaskEnd[]> {
  const response = await request.get(`/api/v1/tasks?${query}`);
  if (!response.ok()) throw new Error(`${response.status()} ${await response.text()}`);
  const body: { items: TaskEnd[] } = await response.json();
  return body.items;
}

/** Every stored task end, by following the cursor from page to page. */
export async function allTaskEnds(request: APIRequestContext, limit: number): Promise<TaskEnd[]> {
  const ends: TaskEnd[] = [];
  let cursor = '';
  do {
    const response = await request.get(`/api/v1/tasks?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    if (!response.ok()) throw new Error(`${response.status()} ${await response.text()}`);
    const body: { items: TaskEnd[]; nextCursor: string | null } = await response.json();
    ends.push(...body.items);
    cursor = body.nextCursor ?? '';
  } while (cursor !== '');
  return ends;
}

/** The first of the newest task ends that a query finds; the simulated past holds one, or the spec cannot say anything. */
export async function newestEnd(request: APIRequestContext, query: string): Promise<TaskEnd> {
  const [end] = await taskEnds(request, `${query}&limit=1`);
  if (end === undefined) throw new Error(`The simulated past has no task end with ${query}`);
  return end;
}

export function taskPath(end: Pick<TaskEnd, 'cluster' | 'taskId'>): string {
  return `/tasks/${encodeURIComponent(end.cluster)}/${encodeURIComponent(end.taskId)}`;
}

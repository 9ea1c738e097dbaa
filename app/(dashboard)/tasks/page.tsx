import type { Metadata } from 'next';
import { redirect } from 'next/navigation';

import { loadPage } from '@/app/load-page';
import { stripInput } from '@/app/strip-input';
import { pageWindow, type RawSearchParams, windowAt } from '@/components/shell/window-params';
import {
  PAGE_SIZE,
  type TaskFilters,
  taskFilters,
  taskListPlace,
  tasksApiUrl,
} from '@/components/tasks/task-filters';
import { TaskList } from '@/components/tasks/task-list';
import { readPool } from '@/lib/db/read-pool';
import { withQuery } from '@/lib/format/hrefs';
import { listTasks } from '@/lib/stats/list-tasks';
import { strip } from '@/lib/stats/strip';
import { parseTaskCursor } from '@/lib/stats/task-cursor';

export const metadata: Metadata = { title: 'Tasks' };

export default async function TasksPage({ searchParams }: { searchParams: Promise<RawSearchParams> }) {
  const raw = await searchParams;
  const now = new Date();
  const { window } = pageWindow(raw);
  const { filters } = taskFilters(raw);
  const place = taskListPlace(raw);
  // A cursor cut short in a chat still opens the list, at its newest.
  if (place.cursor !== null && !isTaskCursor(place.cursor))
    redirect(withQuery('/tasks', { ...raw, cursor: null }));
  const query = {
    ...narrowing(filters),
    ...windowAt(window, now),
    ...(place.allTime ? { from: null, to: null } : {}),
    cursor: place.cursor ?? undefined,
    limit: PAGE_SIZE,
  };
  const [body, health] = await loadPage(() =>
    Promise.all([listTasks(readPool(), query, now), strip(readPool(), stripInput(), now)]),
  );
  const initial = { url: tasksApiUrl({ filters, place, window }), body, at: now.toISOString() };
  return <TaskList initial={initial} everObserved={health.lastSuccessAt !== null} />;
}

/** The filters as lib/stats takes them: what narrows nothing is absent. */
function narrowing(filters: TaskFilters) {
  const { state, cause, disposition, host, app, framework, fingerprint, exitCode, q } = filters;
  return {
    state: state.length > 0 ? state : undefined,
    cause: cause.length > 0 ? cause : undefined,
    disposition: disposition.length > 0 ? disposition : undefined,
    host: host ?? undefined,
    app: app ?? undefined,
    framework: framework ?? undefined,
    fingerprint: fingerprint ?? undefined,
    exitCode: exitCode ?? undefined,
    q: q ?? undefined,
  };
}

function isTaskCursor(text: string): boolean {
  try {
    parseTaskCursor(text);
    return true;
  } catch {
    return false;
  }
}

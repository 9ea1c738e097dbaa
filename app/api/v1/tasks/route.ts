import { TasksQuery } from '@/lib/contracts/task';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { withWindow } from '@/lib/http/query-window';
import { listTasks } from '@/lib/stats/list-tasks';

export const dynamic = 'force-dynamic';

export const GET = getRoute(TasksQuery, (query, now) => {
  const isAllTime = !query.from && !query.to && !query.range;
  // Only the bounds that were asked for: a filter without a window means all time.
  const { from, to } = isAllTime ? { from: null, to: null } : boundsOf(query, now);
  return listTasks(readPool(), { ...query, from, to }, now);
});

function boundsOf(query: TasksQuery, now: Date): { from: Date | null; to: Date | null } {
  if (query.range || (query.from && query.to)) return withWindow(query, now);
  return { from: query.from ?? null, to: query.to ?? null };
}

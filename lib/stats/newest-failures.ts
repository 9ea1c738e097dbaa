import type { TaskItem } from '@/lib/contracts/task';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';

import { listTasks } from './list-tasks';

/**
 * The newest failures of the window that still count, newest first, at most `limit`.
 * Errors: a database failure propagates. Cost: one short index scan a cluster.
 */
export async function newestFailures(
  db: Db,
  query: Window & { cluster?: string | undefined; host?: string; app?: string; limit: number },
  now: Date,
): Promise<TaskItem[]> {
  const { items } = await listTasks(db, { ...query, disposition: ['failure'], countedOnly: true }, now);
  return items;
}

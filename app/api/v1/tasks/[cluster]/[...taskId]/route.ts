import { TaskDetailQuery } from '@/lib/contracts/task';
import { readPool } from '@/lib/db/read-pool';
import { getRoute } from '@/lib/http/get-route';
import { pathText } from '@/lib/http/path-text';
import { taskDetail } from '@/lib/stats/task-detail';

export const dynamic = 'force-dynamic';

type Params = { cluster: string; taskId: string[] };

export const GET = getRoute<TaskDetailQuery, unknown, Params>(TaskDetailQuery, (query, now, params) =>
  taskDetail(
    readPool(),
    { ...query, cluster: pathText(params.cluster), taskId: pathText(params.taskId) },
    now,
  ),
);

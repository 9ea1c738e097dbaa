import { appOfTaskId } from '@/lib/domain/marathon-task-id';
import { asId, asNumber, asRecord, asRecords, type JsonRecord } from '@/lib/upstream/loose-json';

/** One container as its agent describes it while it runs. Bytes as the agent counts them; null: not told. */
export type RunningContainer = {
  /** Mesos container id; null from `/monitor/statistics`, which does not tell it. */
  containerId: string | null;
  frameworkId: string | null;
  executorId: string | null;
  /** Null: its executor may hold several tasks, and nothing says it is one's own. */
  taskId: string | null;
  /** Of a pod's executor; of other tasks the task id tells it. */
  podId: string | null;
  /** First process, on the host; told by the Mesos containerizer alone. */
  pid: number | null;
  usedBytes: number | null;
  limitBytes: number | null;
};

const MAX_CONTAINERS = 10_000;
const POD_EXECUTOR = /^instance-(.+)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads an entry list of `/containers` or `/monitor/statistics`; what is no object is left out, at most 10,000.
 * Null: not a list.
 */
export function parseContainers(value: unknown): RunningContainer[] | null {
  if (!Array.isArray(value)) return null;
  return asRecords(value.slice(0, MAX_CONTAINERS)).map((raw) => {
    const status = asRecord(raw.status);
    const statistics = asRecord(raw.statistics);
    const executorId = asId(raw.executor_id);
    return {
      containerId: asId(raw.container_id),
      frameworkId: asId(raw.framework_id),
      executorId,
      taskId: taskIdOf(executorId, asId(raw.source)),
      podId: podOf(executorId),
      pid: pidOf(status?.executor_pid),
      usedBytes: statistics === null ? null : usedBytes(statistics),
      limitBytes: bytes(statistics?.mem_limit_bytes),
    };
  });
}

/**
 * The memory that counts against the limit and cannot be given back: anonymous memory (`mem_rss_bytes`, which
 * Docker's and Mesos's containerizer take from the cgroup's `total_rss`). The kernel drops page cache before it
 * kills, so `mem_total_bytes` with a busy file cache stands at the limit for weeks without harm; it is used only
 * where nothing better is told, less the cache where that is.
 */
function usedBytes(statistics: JsonRecord): number | null {
  const anonymous = bytes(statistics.mem_rss_bytes) ?? bytes(statistics.mem_anon_bytes);
  if (anonymous !== null) return anonymous;
  const total = bytes(statistics.mem_total_bytes);
  return total === null ? null : Math.max(0, total - (bytes(statistics.mem_cache_bytes) ?? 0));
}

/** A command task's executor and source bear its id; Marathon calls a custom executor `marathon-<task id>`. */
function taskIdOf(executorId: string | null, source: string | null): string | null {
  if (executorId === null) return null;
  if (source === executorId) return executorId;
  const ofMarathon = executorId.startsWith('marathon-') ? executorId.slice('marathon-'.length) : '';
  return [ofMarathon, executorId, source ?? ''].find((id) => appOfTaskId(id) !== null && !podOf(id)) ?? null;
}

function podOf(executorId: string | null): string | null {
  const safe = POD_EXECUTOR.exec(executorId ?? '')?.[1];
  return safe === undefined ? null : `/${safe.replaceAll('_', '/')}`;
}

function bytes(value: unknown): number | null {
  const number = asNumber(value);
  return number !== null && number >= 0 && number <= Number.MAX_SAFE_INTEGER ? Math.round(number) : null;
}

function pidOf(value: unknown): number | null {
  const pid = asNumber(value);
  return pid !== null && Number.isInteger(pid) && pid > 1 && pid < 2 ** 31 ? pid : null;
}

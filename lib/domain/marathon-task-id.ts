/** What a Mesos task id that Marathon made says about its app or pod. */
export type MarathonTaskName = {
  /** Absolute path, `/shop/cart`. */
  appId: string;
  kind: 'app' | 'pod';
  /** The pod's container; null: an app, or a pod whose container has no name. */
  container: string | null;
  /** As Marathon's API names it, `shop_cart.instance-<uuid>` or `shop_cart.marathon-<uuid>`. */
  instanceId: string | null;
  /** Grows when the same instance is launched again; null: the form has no counter. */
  attempt: number | null;
};

// Mesos allows ids of any length; Marathon's own stay far below this.
const MAX_TASK_ID_LENGTH = 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const INSTANCE_WITH_ATTEMPT = /^(.+)\.(instance-|marathon-)([^_.]+)[._]([^.]+)\.(\d+)$/;
const INSTANCE = /^(.+)\.(instance-|marathon-)([^_.]+)[._](.+)$/;
const TASK_WITH_ATTEMPT = /^(.+)[._]([^_.]+)\.(\d+)$/;
const TASK = /^(.+)[._]([^_.]+)$/;
// `$anon` until Marathon 1.7, `_app` since 1.8.
const APP_CONTAINERS = new Set(['_app', '$anon']);
// PathId segments of Marathon, joined by `_`.
const SAFE_PATH = /^[a-z0-9.-]+(?:_[a-z0-9.-]+)*$/i;

/**
 * The app or pod a Mesos task id belongs to, by the forms Marathon has written from 0.7 to 1.11.
 * Null: not one of Marathon's ids. A real UUID is demanded, which Marathon's own expression does not do:
 * `some.thing` of another framework must not become an app. Ask only for tasks of a Marathon framework:
 * other frameworks may use UUIDs too.
 */
export function appOfTaskId(taskId: string): MarathonTaskName | null {
  if (taskId.length > MAX_TASK_ID_LENGTH) return null;
  return ofInstance(taskId) ?? ofTask(taskId);
}

function ofInstance(taskId: string): MarathonTaskName | null {
  const match = INSTANCE_WITH_ATTEMPT.exec(taskId) ?? INSTANCE.exec(taskId);
  const [, safe, prefix, uuid, container, attempt] = match ?? [];
  if (safe === undefined || uuid === undefined || container === undefined || !UUID.test(uuid)) return null;
  const appId = toAppId(safe);
  if (appId === null) return null;
  const isApp = APP_CONTAINERS.has(container);
  return {
    appId,
    kind: isApp ? 'app' : 'pod',
    container: isApp ? null : container,
    instanceId: `${safe}.${prefix}${uuid}`,
    attempt: attempt === undefined ? null : Number(attempt),
  };
}

function ofTask(taskId: string): MarathonTaskName | null {
  for (const form of [TASK_WITH_ATTEMPT, TASK]) {
    const [, safe, uuid, attempt] = form.exec(taskId) ?? [];
    if (safe === undefined || uuid === undefined || !UUID.test(uuid)) continue;
    const appId = toAppId(safe);
    if (appId === null) return null;
    return {
      appId,
      kind: 'app',
      container: null,
      instanceId: `${safe}.marathon-${uuid}`,
      attempt: attempt === undefined ? null : Number(attempt),
    };
  }
  return null;
}

/** A segment never holds `_`, so turning each into `/` is exact, and dots inside segments survive. */
function toAppId(safe: string): string | null {
  return SAFE_PATH.test(safe) ? `/${safe.replaceAll('_', '/')}` : null;
}

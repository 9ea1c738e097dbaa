/** The window and cluster a link keeps: the same names in every page's URL. Null and absent mean the default. */
export type WindowParams = {
  /** `24h` and the like; ignored where `from` or `to` is given. */
  range?: string | null | undefined;
  /** ISO 8601. */
  from?: string | null | undefined;
  to?: string | null | undefined;
  cluster?: string | null | undefined;
};

/** Filters of the list of task ends; lists become comma-separated values. */
export type TasksHrefFilters = WindowParams & {
  state?: readonly string[] | string | null | undefined;
  cause?: readonly string[] | string | null | undefined;
  disposition?: readonly string[] | string | null | undefined;
  host?: string | null | undefined;
  app?: string | null | undefined;
  framework?: string | null | undefined;
  fingerprint?: string | null | undefined;
  exitCode?: number | null | undefined;
  q?: string | null | undefined;
};

/** `/tasks/{cluster}/{task id}`; `id` only where several ends share the task id. */
export function taskHref(task: { cluster: string; taskId: string; id?: string | undefined }): string {
  const path = `/tasks/${encodeURIComponent(task.cluster)}/${encodeURIComponent(task.taskId)}`;
  return task.id === undefined ? path : `${path}?id=${encodeURIComponent(task.id)}`;
}

/** `/hosts/{hostname}`, keeping the window. */
export function hostHref(hostname: string, window: WindowParams = {}): string {
  return withQuery(`/hosts/${encodeURIComponent(hostname)}`, window);
}

/** `/apps/shop/cart` of the app id `/shop/cart`, keeping the window. */
export function appHref(appId: string, window: WindowParams = {}): string {
  const segments = appId.split('/').filter((segment) => segment !== '');
  return withQuery(`/apps/${segments.map(encodeURIComponent).join('/')}`, window);
}

/** `/tasks` with filters and window. */
export function tasksHref(filters: TasksHrefFilters = {}): string {
  return withQuery('/tasks', filters);
}

/** `/review/{day}`; `day` is a calendar day `2026-11-25`. */
export function reviewHref(day: string, window: Pick<WindowParams, 'cluster'> = {}): string {
  return withQuery(`/review/${encodeURIComponent(day)}`, { cluster: window.cluster });
}

/** Any path with the query that `params` make; empty and absent values are left out. */
export function withQuery(
  path: string,
  params: Record<string, readonly string[] | string | number | null | undefined>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined) continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    if (text !== '') search.set(name, text);
  }
  const query = search.toString();
  return query === '' ? path : `${path}?${query}`;
}

import { z } from 'zod';

import { DEFAULT_RANGE, RANGE_NAMES, type Range, resolveWindow, type Window } from '@/lib/contracts/window';
import { withQuery } from '@/lib/format/hrefs';

/** The window and cluster of a page, as its URL has them and as the API takes them. */
export type PageWindow = {
  /** Null where `from` and `to` are set. */
  range: Range | null;
  /** ISO 8601; both or neither. */
  from: string | null;
  to: string | null;
  /** Null: all clusters. */
  cluster: string | null;
};

/** `searchParams` of a Next page. */
export type RawSearchParams = Record<string, string | string[] | undefined>;

/** One value of the raw search parameters; the first where it is repeated; null where absent or empty. */
export function oneParam(params: RawSearchParams, name: string): string | null {
  const value = [params[name]].flat()[0]?.trim();
  return value === undefined || value === '' ? null : value;
}

/**
 * The window a URL means. What cannot be (an unknown range, a date that is none, `from` after `to`) gives the
 * default range and `invalid: true`, which the page says rather than failing.
 */
export function pageWindow(raw: RawSearchParams): { window: PageWindow; invalid: boolean } {
  const cluster = oneParam(raw, 'cluster')?.slice(0, 200) ?? null;
  const from = oneParam(raw, 'from');
  const to = oneParam(raw, 'to');
  const range = oneParam(raw, 'range');
  if (from !== null || to !== null) {
    const span = instants(from, to);
    if (span !== null) return { window: { range: null, ...span, cluster }, invalid: false };
  }
  const known = RANGE_NAMES.find((name) => name === range);
  return {
    window: { range: known ?? DEFAULT_RANGE, from: null, to: null, cluster },
    invalid: from !== null || to !== null || (range !== null && known === undefined),
  };
}

/** The same window with the default range left out, for links: a plain URL is the default's. */
export function linkParams(window: PageWindow): PageWindow {
  return { ...window, range: window.range === DEFAULT_RANGE ? null : window.range };
}

/** `path` with the window (always spelled out) and further parameters as its query. */
export function apiUrl(
  path: string,
  window: PageWindow,
  more: Record<string, readonly string[] | string | number | null> = {},
): string {
  return withQuery(path, { ...window, ...more });
}

/** The window as instants at `now`, for the server's first rendering. */
export function windowAt(window: PageWindow, now: Date): Window & { cluster?: string } {
  const resolved = resolveWindow(
    {
      range: window.range ?? undefined,
      from: window.from === null ? undefined : new Date(window.from),
      to: window.to === null ? undefined : new Date(window.to),
    },
    now,
  );
  // pageWindow lets no impossible window through.
  if (resolved === null) throw new Error('The window ends before it begins');
  return window.cluster === null ? resolved : { ...resolved, cluster: window.cluster };
}

const Instant = z.iso.datetime({ offset: true });

/** Both ends as UTC ISO strings; one missing end is no window of its own. Null: not two instants in order. */
function instants(from: string | null, to: string | null): { from: string; to: string } | null {
  if (from === null || to === null) return null;
  if (!Instant.safeParse(from).success || !Instant.safeParse(to).success) return null;
  const [start, end] = [new Date(from), new Date(to)];
  return start < end ? { from: start.toISOString(), to: end.toISOString() } : null;
}

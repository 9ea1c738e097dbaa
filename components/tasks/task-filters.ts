import { apiUrl, oneParam, type PageWindow, type RawSearchParams } from '@/components/shell/window-params';
import { CAUSE_LABELS, CAUSES, type Cause, DISPOSITIONS, type Disposition } from '@/lib/domain/cause';
import { END_STATES, type EndState } from '@/lib/domain/task';

/** What narrows the list of task ends; null and empty narrow nothing. */
export type TaskFilters = {
  state: EndState[];
  cause: Cause[];
  disposition: Disposition[];
  host: string | null;
  app: string | null;
  framework: string | null;
  fingerprint: string | null;
  exitCode: number | null;
  q: string | null;
};

export type TaskFilterName = keyof TaskFilters;

export const FILTER_NAMES = [
  'state',
  'cause',
  'disposition',
  'host',
  'app',
  'framework',
  'fingerprint',
  'exitCode',
  'q',
] as const satisfies readonly TaskFilterName[];

/** Where in the list, and how far back. */
export type TaskListPlace = {
  /** Of the page before; null: the newest. */
  cursor: string | null;
  /** True for `range=all`: the whole past, whatever the window says. */
  allTime: boolean;
};

export const PAGE_SIZE = 50;

/**
 * The filters a URL means, with the names of those it gives in vain (an unknown state, an exit code that is none):
 * these are left out and the page says so.
 */
export function taskFilters(raw: RawSearchParams): { filters: TaskFilters; ignored: string[] } {
  const ignored: string[] = [];
  const list = <T extends string>(name: string, known: readonly T[], meant = same): T[] => {
    const given = (oneParam(raw, name) ?? '').split(',').map((part) => part.trim());
    const words = [...new Set(given.filter((word) => word !== '').map(meant))];
    const good = known.filter((word) => words.includes(word));
    if (good.length < words.length) ignored.push(name);
    return good;
  };
  const text = (name: string, max: number): string | null => {
    const value = oneParam(raw, name);
    if (value === null || value.length <= max) return value;
    ignored.push(name);
    return null;
  };
  const filters = {
    state: list('state', END_STATES, toState),
    cause: list('cause', CAUSES),
    disposition: list('disposition', DISPOSITIONS),
    host: text('host', 500),
    app: text('app', 1000),
    framework: text('framework', 500),
    fingerprint: text('fingerprint', 64),
    exitCode: exitCodeOf(oneParam(raw, 'exitCode'), ignored),
    q: text('q', 200),
  };
  return { filters, ignored };
}

/** Where in the list a URL stands. A cursor longer than any that we give is dropped. */
export function taskListPlace(raw: RawSearchParams): TaskListPlace {
  const cursor = oneParam(raw, 'cursor');
  return {
    cursor: cursor !== null && cursor.length <= 200 ? cursor : null,
    allTime: oneParam(raw, 'range') === 'all',
  };
}

/** The URL of /api/v1/tasks for a list; `limit` in rows. */
export function tasksApiUrl(list: {
  filters: TaskFilters;
  place: TaskListPlace;
  window: PageWindow;
  limit?: number;
}): string {
  const { filters, place, window, limit = PAGE_SIZE } = list;
  // Without from, to and range the API looks at all time.
  const span = place.allTime ? { ...window, range: null, from: null, to: null } : window;
  return apiUrl('/api/v1/tasks', span, { ...filters, cursor: place.cursor, limit });
}

/** One chip's words: `State: FAILED`, `Exit code: 137`. Null: the filter narrows nothing. */
export function filterWords(filters: TaskFilters, name: TaskFilterName): string | null {
  const value = filters[name];
  if (value === null || (Array.isArray(value) && value.length === 0)) return null;
  switch (name) {
    case 'state':
      return `State: ${filters.state.map((state) => state.replace('TASK_', '')).join(' or ')}`;
    case 'cause':
      return `Cause: ${filters.cause.map((cause) => CAUSE_LABELS[cause]).join(' or ')}`;
    case 'disposition':
      return `Kind: ${filters.disposition.join(' or ')}`;
    case 'host':
      return `Host: ${value}`;
    case 'app':
      return `App: ${value}`;
    case 'framework':
      return `Framework: ${value}`;
    case 'fingerprint':
      return `The same problem: ${String(value).slice(0, 12)}`;
    case 'exitCode':
      return `Exit code: ${value}`;
    case 'q':
      return `Text: ${value}`;
  }
}

/** The filters with one of them taken out. */
export function without(filters: TaskFilters, name: TaskFilterName): TaskFilters {
  const isList = name === 'state' || name === 'cause' || name === 'disposition';
  return { ...filters, [name]: isList ? [] : null };
}

function same(word: string): string {
  return word;
}

/** `failed` and `FAILED` mean TASK_FAILED, as in the API. */
function toState(word: string): string {
  return `TASK_${word.toUpperCase().replace(/^TASK_/, '')}`;
}

function exitCodeOf(text: string | null, ignored: string[]): number | null {
  if (text === null) return null;
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  ignored.push('exitCode');
  return null;
}

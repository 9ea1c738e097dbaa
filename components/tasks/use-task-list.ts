'use client';

import { parseAsString, useQueryStates } from 'nuqs';

import {
  FILTER_NAMES,
  type TaskFilters,
  type TaskListPlace,
  taskFilters,
  taskListPlace,
} from './task-filters';

const PARSERS = {
  state: parseAsString,
  cause: parseAsString,
  disposition: parseAsString,
  host: parseAsString,
  app: parseAsString,
  framework: parseAsString,
  fingerprint: parseAsString,
  exitCode: parseAsString,
  q: parseAsString,
  cursor: parseAsString,
  range: parseAsString,
};

export type TaskListState = {
  filters: TaskFilters;
  place: TaskListPlace;
  /** Names of parameters the URL gives in vain. */
  ignored: string[];
  /** Any change of what is listed begins at the newest again. */
  setFilters: (next: TaskFilters, history?: 'push' | 'replace') => void;
  setCursor: (cursor: string | null) => void;
  setAllTime: (allTime: boolean) => void;
};

/** The list's filters and place, held in the URL. */
export function useTaskList(): TaskListState {
  const [raw, setRaw] = useQueryStates(PARSERS, { history: 'push' });
  const given = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, value ?? undefined]));
  return {
    ...taskFilters(given),
    place: taskListPlace(given),
    setFilters: (next, history = 'push') =>
      void setRaw({ ...filterParams(next), cursor: null }, { history, scroll: false }),
    setCursor: (cursor) => void setRaw({ cursor }, { scroll: true }),
    setAllTime: (allTime) => void setRaw({ range: allTime ? 'all' : null, cursor: null }),
  };
}

function filterParams(filters: TaskFilters): Partial<Record<keyof typeof PARSERS, string | null>> {
  return Object.fromEntries(
    FILTER_NAMES.map((name) => {
      const value = filters[name];
      const text = value === null ? '' : [value].flat().join(',');
      return [name, text === '' ? null : text];
    }),
  );
}

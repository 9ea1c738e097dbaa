'use client';

import { useQueryState } from 'nuqs';

import { formatSort, parseSort, type Sort } from './sort-rows';

/** A table's sorting, held in the URL as `?sort=-failed`; the fallback leaves the URL plain. */
export function useSort(fallback: Sort): [Sort, (sort: Sort) => void] {
  const [text, setText] = useQueryState('sort', { history: 'replace' });
  const set = (sort: Sort): void => {
    const next = formatSort(sort);
    void setText(next === formatSort(fallback) ? null : next);
  };
  return [parseSort(text, fallback), set];
}

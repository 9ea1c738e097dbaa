'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';

import { fetchBody, type LiveProblem, toLiveProblem } from './fetch-body';

const REFRESH_MS = 15_000;

/** What a server component hands to a live one: the body it rendered with, and the API URL that answers the same. */
export type Initial<T> = { url: string; body: T; at: string };

export type Live<T> = {
  /** Never blank: the newest body there is, of the URL before while the new one loads or cannot be had. */
  data: T;
  /** When the data shown was read; set only while refreshing fails. */
  staleSince: Date | null;
  problem: LiveProblem | null;
  /** True while another URL's body is shown, the new one still under way. */
  isChanging: boolean;
  retry: () => void;
};

/**
 * Live data of one API URL: starts with what the server rendered, refreshes every 15 s while the page is
 * visible, keeps the old data when a refresh fails and says since when it is old.
 */
export function useLive<T>(options: { url: string; schema: z.ZodType<T>; initial: Initial<T> }): Live<T> {
  const { url, schema, initial } = options;
  const own = initial.url === url;
  const query = useQuery({
    queryKey: [url],
    queryFn: ({ signal }) => fetchBody(url, schema, signal),
    ...(own ? { initialData: initial.body, initialDataUpdatedAt: Date.parse(initial.at) } : {}),
    placeholderData: keepPreviousData,
    staleTime: REFRESH_MS - 1000,
    refetchInterval: REFRESH_MS,
    refetchIntervalInBackground: false,
    retry: 1,
  });

  // A failed first load of a new URL has no data of its own and drops the placeholder: keep what was shown.
  const [shown, setShown] = useState({ body: initial.body, at: Date.parse(initial.at) });
  const data = query.data ?? shown.body;
  const at = query.data === undefined || query.isPlaceholderData ? shown.at : query.dataUpdatedAt;
  if (data !== shown.body || at !== shown.at) setShown({ body: data, at });

  return {
    data,
    staleSince: query.error === null ? null : new Date(at),
    problem: query.error === null ? null : toLiveProblem(query.error),
    isChanging: query.isPlaceholderData || (query.data === undefined && query.isFetching),
    retry: () => void query.refetch(),
  };
}

'use client';

import { usePathname } from 'next/navigation';
import { parseAsString, useQueryStates } from 'nuqs';

import { linkParams, type PageWindow, pageWindow } from './window-params';

const PARSERS = { range: parseAsString, from: parseAsString, to: parseAsString, cluster: parseAsString };

export type PageWindowState = {
  window: PageWindow;
  /** True: the URL names a window that cannot be; `window` is the default then. */
  invalid: boolean;
  /** The list of task ends alone can show all of them: `range=all`. `window` is the default then. */
  allTime: boolean;
  /** What links to other pages carry: `hostHref(name, links)`. */
  links: PageWindow;
  setWindow: (next: Partial<PageWindow>) => void;
};

/** The page's window and cluster, held in the URL. Setting a range clears from/to, and the other way round. */
export function usePageWindow(): PageWindowState {
  const [raw, setRaw] = useQueryStates(PARSERS, { history: 'push', clearOnDefault: true });
  const { window, invalid } = pageWindow({
    range: raw.range ?? undefined,
    from: raw.from ?? undefined,
    to: raw.to ?? undefined,
    cluster: raw.cluster ?? undefined,
  });
  const allTime = usePathname() === '/tasks' && raw.range === 'all';
  return {
    window,
    invalid: invalid && !allTime,
    allTime,
    links: linkParams(window),
    setWindow: (next) => void setRaw(linkParams({ ...window, ...next })),
  };
}

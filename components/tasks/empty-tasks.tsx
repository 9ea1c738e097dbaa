'use client';

import { useQueries } from '@tanstack/react-query';
import type { PageWindow } from '@/components/shell/window-params';
import { Empty } from '@/components/ui/empty';
import { fetchBody } from '@/components/ui/fetch-body';
import { PlainLink } from '@/components/ui/plain-link';
import { TasksBody } from '@/lib/contracts/task';
import { tasksHref } from '@/lib/format/hrefs';
import {
  FILTER_NAMES,
  filterWords,
  type TaskFilters,
  type TaskListPlace,
  tasksApiUrl,
  without,
} from './task-filters';
import classes from './task-list.module.css';

type EmptyTasksProps = {
  filters: TaskFilters;
  place: TaskListPlace;
  window: PageWindow;
  /** False: no poll ever went through, so that nothing can be here. */
  everObserved: boolean;
};

/** Says why the list is empty: nothing was ever seen, or which filter (or the time) shuts everything out. */
export function EmptyTasks(props: EmptyTasksProps) {
  if (!props.everObserved) {
    return (
      <Empty title="Not observed yet">
        No poll of a master has gone through, so nothing is known about ended tasks. The{' '}
        <PlainLink href="/status">status page</PlainLink> says why.
      </Empty>
    );
  }
  if (props.place.cursor !== null) {
    return <Empty title="No older task ends here">The list ends before this place.</Empty>;
  }
  return <Excluded {...props} />;
}

type Relaxed = { key: string; words: string; filters: TaskFilters; place: TaskListPlace };

function Excluded({ filters, place, window }: EmptyTasksProps) {
  const relaxed = relaxations(filters, place);
  const found = useQueries({
    queries: relaxed.map((one) => {
      const url = tasksApiUrl({ ...one, window, limit: 1 });
      return {
        queryKey: [url],
        queryFn: ({ signal }: { signal: AbortSignal }) => fetchBody(url, TasksBody, signal),
      };
    }),
  });
  const helpful = relaxed.filter((_, index) => (found[index]?.data?.items.length ?? 0) > 0);
  const isFiltered = FILTER_NAMES.some((name) => filterWords(filters, name) !== null);
  const isSettled = found.every(({ isPending }) => !isPending);
  return (
    <Empty title={isFiltered ? 'No task end fits these filters' : 'No task ended in this time'}>
      {helpful.length > 0 && (
        <>
          <p>There are some</p>
          <ul className={classes.relaxed}>
            {helpful.map((one) => (
              <li key={one.key}>
                <PlainLink href={hrefOf(one, window)}>{one.words}</PlainLink>
              </li>
            ))}
          </ul>
        </>
      )}
      {helpful.length === 0 && isSettled && isFiltered && (
        <>
          Taking away one of them alone is not enough.{' '}
          <PlainLink href={tasksHref({ range: 'all', cluster: window.cluster })}>All task ends</PlainLink>
        </>
      )}
    </Empty>
  );
}

/** The list with one thing less to shut task ends out, for each such thing. */
function relaxations(filters: TaskFilters, place: TaskListPlace): Relaxed[] {
  const byFilter = FILTER_NAMES.flatMap((name) => {
    const words = filterWords(filters, name);
    if (words === null) return [];
    return [{ key: name, words: `without “${words}”`, filters: without(filters, name), place }];
  });
  if (place.allTime) return byFilter;
  return [
    ...byFilter,
    { key: 'time', words: 'at another time', filters, place: { ...place, allTime: true } },
  ];
}

function hrefOf({ filters, place }: Relaxed, window: PageWindow): string {
  const span = place.allTime ? { range: 'all', cluster: window.cluster } : window;
  return tasksHref({ ...span, ...filters });
}

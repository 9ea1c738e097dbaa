'use client';

import { usePageWindow } from '@/components/shell/use-page-window';
import { TaskTable } from '@/components/task-ends/task-table';
import { LiveNotice } from '@/components/ui/live-notice';
import { Notice } from '@/components/ui/notice';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { Panel } from '@/components/ui/panel';
import { type Initial, useLive } from '@/components/ui/use-live';
import { TasksBody } from '@/lib/contracts/task';

import { EmptyTasks } from './empty-tasks';
import { RowKeys } from './row-keys';
import { TaskFilterBar } from './task-filter-bar';
import { PAGE_SIZE, tasksApiUrl } from './task-filters';
import classes from './task-list.module.css';
import { type TaskListState, useTaskList } from './use-task-list';

/** Every ended task, newest first, narrowed by what the URL says. */
export function TaskList({ initial, everObserved }: { initial: Initial<TasksBody>; everObserved: boolean }) {
  const list = useTaskList();
  const { window, links } = usePageWindow();
  const url = tasksApiUrl({ filters: list.filters, place: list.place, window });
  const live = useLive({ url, schema: TasksBody, initial });
  const { items } = live.data;
  return (
    <Page>
      <PageHeader title="Tasks" note="Every task that ended, newest first" />
      <LiveNotice live={live} />
      {list.ignored.length > 0 && (
        <Notice tone="warn" role="status">
          Not understood in the address and left out: {list.ignored.join(', ')}.
        </Notice>
      )}
      <TaskFilterBar list={list} />
      <Panel
        title={list.place.cursor === null ? 'Newest' : 'Older'}
        note={items.length > 0 && <KeysHint />}
        flush
      >
        {/* Fewer rows than asked for with more to come: the search looked at its budget of rows. */}
        {items.length === 0 && live.data.nextCursor === null ? (
          <EmptyTasks filters={list.filters} place={list.place} window={window} everObserved={everObserved} />
        ) : (
          <RowKeys>
            <TaskTable caption="Ended tasks, newest first" items={items} links={links} pageSize={PAGE_SIZE} />
          </RowKeys>
        )}
        <Paging list={list} nextCursor={live.data.nextCursor} isChanging={live.isChanging} />
      </Panel>
    </Page>
  );
}

function KeysHint() {
  return (
    <span className={classes.keys}>
      <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> opens
    </span>
  );
}

type PagingProps = { list: TaskListState; nextCursor: string | null; isChanging: boolean };

function Paging({ list, nextCursor, isChanging }: PagingProps) {
  const isFirst = list.place.cursor === null;
  if (isFirst && nextCursor === null) return null;
  return (
    <nav className={classes.paging} aria-label="Pages">
      <button type="button" disabled={isFirst} onClick={() => list.setCursor(null)}>
        ← Newest
      </button>
      {/* While the next page loads, the cursor at hand is still the shown page's: once more would go nowhere. */}
      <button
        type="button"
        disabled={nextCursor === null || isChanging}
        onClick={() => list.setCursor(nextCursor)}
      >
        Older →
      </button>
    </nav>
  );
}

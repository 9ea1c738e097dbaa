'use client';

import type { ReactNode } from 'react';
import type { LiveProblem } from '@/components/ui/fetch-body';
import { LiveNotice } from '@/components/ui/live-notice';
import { Panel } from '@/components/ui/panel';

import classes from './chart-frame.module.css';

/** What a chart may be given: `useLive` satisfies it; `data: null` while nothing is there yet. */
export type ChartState<T> = {
  data: T | null;
  staleSince: Date | null;
  problem: LiveProblem | null;
  isChanging: boolean;
  retry: () => void;
};

type ChartFrameProps<T> = {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  state: ChartState<T>;
  /** Says why there is nothing to draw; null: draw. */
  emptyText?: (data: T) => string | null;
  children: (data: T) => ReactNode;
};

/** Owns loading, empty, error and staleness for every chart, so that no chart can forget one. */
export function ChartFrame<T>({ title, note, actions, state, emptyText, children }: ChartFrameProps<T>) {
  const empty = state.data === null ? null : (emptyText?.(state.data) ?? null);
  return (
    <Panel title={title} note={note} actions={actions}>
      <div aria-busy={state.isChanging || (state.data === null && state.problem === null)}>
        <LiveNotice live={state} />
        {state.data === null && state.problem === null && (
          <p role="status" className={classes.hollow}>
            Loading {title.toLowerCase()}…
          </p>
        )}
        {state.data === null && state.problem !== null && (
          <p role="alert" className={classes.hollow}>
            {state.problem.message}. {state.problem.cure}
          </p>
        )}
        {empty !== null && <p className={classes.hollow}>{empty}</p>}
        {state.data !== null && empty === null && children(state.data)}
      </div>
    </Panel>
  );
}

/** For a chart whose data arrives with its page, which owns the notices itself. */
export function settled<T>(data: T): ChartState<T> {
  return { data, staleSince: null, problem: null, isChanging: false, retry: () => undefined };
}

'use client';

import { Instant } from './instant';
import classes from './live-notice.module.css';
import type { Live } from './use-live';

/** Says beside the data, never instead of it, that it could not be refreshed or is still changing. */
export function LiveNotice({
  live,
}: {
  live: Pick<Live<unknown>, 'staleSince' | 'problem' | 'isChanging' | 'retry'>;
}) {
  const { problem, staleSince } = live;
  return (
    <div aria-live="polite" className={classes.live}>
      {live.isChanging && <div className={classes.progress} title="Loading" />}
      {problem !== null && staleSince !== null && (
        <p className={classes.notice}>
          <strong>{problem.message}.</strong> Shown is what was known{' '}
          <Instant at={staleSince.toISOString()} mode="relative" />. {problem.cure}{' '}
          <code>{problem.code}</code>{' '}
          <button type="button" className={classes.retry} onClick={live.retry}>
            Try again
          </button>
        </p>
      )}
    </div>
  );
}

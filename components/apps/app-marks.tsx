import type { AppRate } from '@/lib/contracts/stats';

import classes from './app-marks.module.css';

/** What Marathon says of the app beyond its failures: backed off, gone. */
export function AppMarks({ app }: { app: Pick<AppRate, 'backedOff' | 'exists'> }) {
  return (
    <>
      {app.backedOff && (
        <span className={classes.mark} data-tone="warn" title="Marathon waits before it starts the app again">
          backed off
        </span>
      )}
      {app.exists === false && (
        <span className={classes.mark} title="Marathon no longer has this app">
          gone
        </span>
      )}
    </>
  );
}

import type { ReactNode } from 'react';

import classes from './notice.module.css';

export type Tone = 'good' | 'warn' | 'bad' | 'blind';

/** A sentence that must be seen, coloured by what it means. */
export function Notice({
  tone,
  role,
  children,
}: {
  tone: Tone;
  role?: 'status' | 'alert' | 'note';
  children: ReactNode;
}) {
  return (
    <div className={classes.notice} data-tone={tone} role={role}>
      {children}
    </div>
  );
}

import type { ReactNode } from 'react';

import classes from './empty.module.css';

/** Says that there is nothing, why, and what would bring something. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <p className={classes.title}>{title}</p>
      {children !== undefined && <div>{children}</div>}
    </div>
  );
}

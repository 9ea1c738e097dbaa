import type { ReactNode } from 'react';

import classes from './page.module.css';

/** The blocks of one page, one below the other. */
export function Page({ children }: { children: ReactNode }) {
  return <div className={classes.page}>{children}</div>;
}

/** Two blocks beside each other, below each other where narrow. */
export function Columns({ children }: { children: ReactNode }) {
  return <div className={classes.columns}>{children}</div>;
}

import { type ReactNode, useId } from 'react';

import classes from './panel.module.css';

type PanelProps = {
  title: string;
  /** A muted sentence beside the title. */
  note?: ReactNode;
  /** Links or buttons at the title's right. */
  actions?: ReactNode;
  /** True: no padding, for tables that reach the edges. */
  flush?: boolean;
  children: ReactNode;
};

/** A titled block of a page, a region by its title. */
export function Panel({ title, note, actions, flush = false, children }: PanelProps) {
  const id = useId();
  return (
    <section className={classes.panel} aria-labelledby={id}>
      <header className={classes.head}>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <div className={classes.note}>{note}</div>}
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </header>
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}

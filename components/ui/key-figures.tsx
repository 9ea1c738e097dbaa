import type { ReactNode } from 'react';

import classes from './key-figures.module.css';
import type { Tone } from './notice';

export type KeyFigure = {
  label: string;
  value: ReactNode;
  /** The comparison or the unit under it. */
  note?: ReactNode;
  tone?: Tone | undefined;
  title?: string;
};

/** The few numbers of a page, big. */
export function KeyFigures({ figures, label }: { figures: KeyFigure[]; label: string }) {
  return (
    <dl className={classes.figures} aria-label={label}>
      {figures.map((figure) => (
        <div key={figure.label} className={classes.figure} title={figure.title}>
          <dt>{figure.label}</dt>
          <dd className={classes.value} data-tone={figure.tone}>
            {figure.value}
          </dd>
          {figure.note !== undefined && <dd className={classes.note}>{figure.note}</dd>}
        </div>
      ))}
    </dl>
  );
}

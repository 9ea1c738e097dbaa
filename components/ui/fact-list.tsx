import type { ReactNode } from 'react';

import classes from './fact-list.module.css';

export type Fact = { label: string; value: ReactNode; title?: string; isWide?: boolean };

/** Names and values in columns. */
export function FactList({ facts }: { facts: Fact[] }) {
  return (
    <dl className={classes.list}>
      {facts.map(({ label, value, title, isWide }) => (
        <div key={label} className={classes.fact} data-wide={isWide || undefined} title={title}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

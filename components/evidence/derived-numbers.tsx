import { Fragment } from 'react';

import type { DerivedNumber } from '@/lib/contracts/evidence';

import classes from './derived-numbers.module.css';

/** Numbers that were reckoned, each of which unfolds to its formula and what went into it. */
export function DerivedNumbers({ numbers }: { numbers: readonly DerivedNumber[] }) {
  if (numbers.length === 0) return null;
  return (
    <ul className={classes.numbers}>
      {numbers.map((number, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two numbers may share a label, and their order is fixed.
        <li key={index}>
          <details className={classes.number}>
            <summary>
              {number.label} <strong>{number.value}</strong>
            </summary>
            <p className={classes.formula}>= {number.formula}</p>
            <dl className={classes.inputs}>
              {number.inputs.map(({ name, value, from }, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                <Fragment key={place}>
                  <dt>{name}</dt>
                  <dd>
                    {value} <span className={classes.from}>from {from}</span>
                  </dd>
                </Fragment>
              ))}
            </dl>
          </details>
        </li>
      ))}
    </ul>
  );
}

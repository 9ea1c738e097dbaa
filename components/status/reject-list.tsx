import type { SourceStatus } from '@/lib/contracts/status';

import classes from './reject-list.module.css';

/** Samples of what a source sent that could not be understood, as plain text whatever they hold. */
export function RejectList({ rejects }: { rejects: SourceStatus['rejects'] }) {
  return (
    <details className={classes.details}>
      <summary>Samples of what was rejected ({rejects.length})</summary>
      <ul className={classes.list}>
        {rejects.map((reject, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: samples have no id, may repeat and never move.
          <li key={index}>
            <p>
              <code>{reject.where}</code>: {reject.why}
            </p>
            <pre className={classes.sample}>{reject.sample}</pre>
          </li>
        ))}
      </ul>
    </details>
  );
}

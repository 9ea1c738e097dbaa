import { Notice } from '@/components/ui/notice';
import type { StatusBody } from '@/lib/contracts/status';
import { missingFeatures } from './missing-features';
import classes from './missing-features-list.module.css';

/** What the pages cannot tell as things stand. Nothing where all is there. */
export function MissingFeatures({ status }: { status: StatusBody }) {
  const missing = missingFeatures(status);
  if (missing.length === 0) return null;
  return (
    <Notice tone="blind" role="note">
      <strong>Not told for want of a source</strong>
      <ul className={classes.list}>
        {missing.map(({ what, want }) => (
          <li key={what}>
            {what}: {want}.
          </li>
        ))}
      </ul>
    </Notice>
  );
}

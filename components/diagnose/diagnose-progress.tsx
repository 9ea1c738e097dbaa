import { formatShare } from '@/lib/format/numbers';

import classes from './diagnose-view.module.css';

/** How far the log is sent, then that it is read; both can be cancelled. */
export function DiagnoseProgress({ share, onCancel }: { share: number; onCancel: () => void }) {
  const sent = share >= 1;
  return (
    <div className={classes.progress}>
      <span role="status">{sent ? 'Reading what it says…' : `Sending, ${formatShare(share)}`}</span>
      <progress aria-label="Progress" {...(sent ? {} : { value: share, max: 1 })} />
      <button type="button" className={classes.button} onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}

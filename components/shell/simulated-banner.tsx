import { CopyText } from '@/components/ui/copy-text';

import classes from './simulated-banner.module.css';

const COMMAND =
  'MESOS_MASTER_URLS=http://master1:5050,http://master2:5050 MARATHON_URLS=http://marathon:8080 npm start';

/** Nobody may take made-up failures for their own. */
export function SimulatedBanner() {
  return (
    <aside className={classes.banner} aria-label="Simulated cluster">
      <p className={classes.text}>
        <strong>Simulated cluster.</strong> To watch a real one:{' '}
        <CopyText text={COMMAND} label="Copy the command" />
      </p>
    </aside>
  );
}

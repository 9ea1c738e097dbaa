import classes from './suspect-mark.module.css';

const MEANING =
  'Suspect: fails beyond what the fleet’s rate gives by chance, allowing for the number of hosts';

/** Marks a host that fails beyond chance. */
export function SuspectMark({ short = false }: { short?: boolean }) {
  return (
    <span className={classes.mark} title={MEANING}>
      {short ? <span aria-hidden>!</span> : 'suspect'}
      {short && <span className="visually-hidden">Suspect: </span>}
    </span>
  );
}

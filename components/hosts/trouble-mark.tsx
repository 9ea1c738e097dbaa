import classes from './suspect-mark.module.css';

/** Marks a host whose logs tell of a bad condition; which, on hover and to screen readers. */
export function TroubleMark({ sentences }: { sentences: readonly string[] }) {
  const text = sentences.join('\n');
  return (
    <span className={classes.mark} title={text}>
      <span aria-hidden>host trouble</span>
      <span className="visually-hidden">Trouble on this host: {text}</span>
    </span>
  );
}

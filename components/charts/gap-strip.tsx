import { gapStripModel } from '@/lib/charts/gap-strip-model';

import classes from './gap-strip.module.css';

type Span = { from: string; to: string };

/**
 * Over a chart without an axis of time: where in its window task ends may be missing, hatched on a thin line that stands
 * for the window, and in words. Nothing where it was wholly observed.
 */
export function GapStrip({ window, gaps }: { window: Span; gaps: readonly Span[] }) {
  const model = gapStripModel(window, gaps);
  if (model === null) return null;
  return (
    <div className={classes.strip}>
      <span className={classes.line} aria-hidden>
        {model.spans.map(({ from, to }) => (
          <span key={from} className={classes.span} style={{ '--from': from, '--part': to - from }} />
        ))}
      </span>
      <p className={classes.words}>{model.summary}</p>
    </div>
  );
}

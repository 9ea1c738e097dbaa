import { Instant } from '@/components/ui/instant';
import type { OverviewBody } from '@/lib/contracts/stats';

import classes from './verdict-line.module.css';

type VerdictLineProps = Pick<OverviewBody, 'verdict' | 'from' | 'to'>;

const TONE_WORDS: Record<OverviewBody['verdict']['tone'], string> = {
  good: 'Healthy',
  warn: 'Look soon',
  bad: 'Look now',
  blind: 'Cannot tell',
};

/** The page's answer, readable across a room. The tone's word says what its colour says. */
export function VerdictLine({ verdict, from, to }: VerdictLineProps) {
  return (
    <header className={classes.verdict} data-tone={verdict.tone}>
      <p className={classes.word}>{TONE_WORDS[verdict.tone]}</p>
      <h1 className={classes.sentence}>{verdict.sentence}</h1>
      <p className={classes.window}>
        <Instant at={from} mode="minutes" /> – <Instant at={to} mode="minutes" />
      </p>
    </header>
  );
}

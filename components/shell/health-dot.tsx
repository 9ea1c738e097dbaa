'use client';

import { useNow } from '@/components/ui/now';
import { PlainLink } from '@/components/ui/plain-link';
import type { StripBody } from '@/lib/contracts/status';
import { formatRelative } from '@/lib/format/durations';

import classes from './health-dot.module.css';

type HealthDotProps = {
  strip: StripBody;
  /** True: the server itself does not answer now. */
  unreachable: boolean;
};

/** Whether the collector sees the cluster, and how old the newest look is. Leads to /status. */
export function HealthDot({ strip, unreachable }: HealthDotProps) {
  const now = useNow();
  const seen =
    strip.lastSuccessAt === null
      ? 'never read'
      : `read ${formatRelative(new Date(strip.lastSuccessAt), now)}`;
  const word = unreachable ? 'server not reachable' : WORDS[strip.health];
  return (
    <PlainLink href="/status" className={classes.health} title={`Collector: ${word}, ${seen}`}>
      <span className={classes.dot} data-health={unreachable ? 'blind' : strip.health} aria-hidden />
      <span className="visually-hidden">Collector: {word}, </span>
      <span className={classes.seen}>{seen}</span>
    </PlainLink>
  );
}

const WORDS: Record<StripBody['health'], string> = {
  ok: 'all sources read',
  degraded: 'degraded',
  blind: 'blind',
};

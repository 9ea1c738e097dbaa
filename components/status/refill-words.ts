import type { GapItem } from '@/lib/contracts/status';
import { formatCount, plural } from '@/lib/format/numbers';

/** What the agents' own histories gave back; null: they are not asked about such a gap. */
export function refillWords({ kind, refill }: Pick<GapItem, 'kind' | 'refill'>): string | null {
  if (kind !== 'master_failover') return null;
  if (refill === null) return 'agents not asked';
  if (refill.at === null) return `agents are being asked; ${plural(refill.ends, 'end')} so far`;
  const { ends, agentsAnswered: answered, agentsAsked: asked } = refill;
  const of =
    asked === 0 ? 'no agent was there to ask' : `${formatCount(answered)} of ${plural(asked ?? 0, 'agent')}`;
  if (asked === 0) return of;
  return ends === 0 ? `nothing was missing on ${of}` : `${plural(ends, 'end')} from ${of}`;
}

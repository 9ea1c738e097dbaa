import type { LedgerItem } from '@/lib/contracts/status';
import { formatCount, plural } from '@/lib/format/numbers';

/** What a life's ledger says, in two halves around the time since when it counts. */
export type LedgerWords = { tone: 'good' | 'bad' | 'blind'; before: string; after: string };

/** `The master counted 1,284 task ends since` … `; all of them are stored.` */
export function ledgerWords(life: Pick<LedgerItem, 'readAt' | 'counted' | 'escaped'>): LedgerWords {
  const { readAt, counted, escaped } = life;
  if (readAt === null) {
    return {
      tone: 'blind',
      before: 'The master was elected at',
      after: ', and its counters could not be read yet: whether task ends escaped is not known.',
    };
  }
  if (counted === 0) return { tone: 'good', before: 'The master counted no task end since', after: '.' };
  const before = `The master counted ${plural(counted, 'task end')} since`;
  if (escaped === 0) {
    const all = counted === 1 ? 'it is' : counted === 2 ? 'both are' : 'all of them are';
    return { tone: 'good', before, after: `; ${all} stored.` };
  }
  if (escaped >= counted) return { tone: 'bad', before, after: '; none of them is stored.' };
  return {
    tone: 'bad',
    before,
    after: `; ${formatCount(escaped)} of them ${escaped === 1 ? 'is' : 'are'} not stored.`,
  };
}

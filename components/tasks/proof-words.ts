import type { Disposition, Proof } from '@/lib/domain/cause';

/** What each word of proof promises. */
export const PROOF_MEANINGS: Record<Proof, string> = {
  proven: 'Proven: the evidence names this very task or its container.',
  likely: 'Likely: the facts fit this cause best, but do not prove it for this very task.',
  possible: 'Possible: one cause that fits among several; nothing confirms it.',
};

/** What each disposition means for the reader. */
export const DISPOSITION_MEANINGS: Record<Disposition, string> = {
  normal: 'Normal: something explains this end as wanted, such as a deployment or finished work.',
  failure: 'Failure: nobody asked for this end.',
  unexplained: 'Unexplained: the task was killed on request and nothing seen says why.',
};

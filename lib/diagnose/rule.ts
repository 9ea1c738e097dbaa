import type { Facts, Verdict } from '@/lib/domain/verdict';

import type { Reading } from './reading';

/** A rule's answer. State, reason and message need not be cited: the engine adds them to `because`. */
export type Finding = Pick<Verdict, 'cause' | 'disposition' | 'proof' | 'summary' | 'because' | 'advice'> & {
  /** Only where a log tells what the status does not; absent: as read from the status. */
  signal?: string;
};

/**
 * One thing that is true of Mesos, Docker, Marathon or the kernel. Add a rule as `rules/<name>.ts` with its table
 * test and one line in `rules/index.ts`, at the place its specificity gives it: the first rule that answers decides.
 */
export type Rule = {
  /** Stable across releases: it is stored with each task end. */
  id: string;
  /** Null: this rule has nothing to say. Never throws; linear in the message. */
  matches(facts: Facts, reading: Reading): Finding | null;
};

/**
 * What a host's log adds to what the status alone tells. It sees the answer of the rules (`told`) and either
 * overrules it, or keeps its cause and adds to it, or stays silent. Ids start with `evidence-`.
 */
export type EvidenceRule = {
  id: `evidence-${string}`;
  /** Null: the logs add nothing. Never throws; linear in the evidence. */
  matches(facts: Facts, reading: Reading, told: Finding): Finding | null;
};

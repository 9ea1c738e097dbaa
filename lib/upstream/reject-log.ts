import type { Reject, Rejects } from '@/lib/domain/snapshot';

import { redactText } from './redact';

const SAMPLES_KEPT = 20;
const SAMPLE_CHARS = 200;

export type RejectLog = {
  /** `raw` is the text that was refused, or its start. */
  add(where: string, why: string, raw: string): void;
  rejects(): Rejects;
};

/** Counts what could not be understood and keeps the first 20, 200 characters each, secrets taken out. */
export function createRejectLog(): RejectLog {
  const samples: Reject[] = [];
  let count = 0;
  return {
    add(where, why, raw) {
      count += 1;
      if (samples.length >= SAMPLES_KEPT) return;
      // Redacted before the cut, so that a secret across the cut is not missed.
      const sample = redactText(raw.slice(0, SAMPLE_CHARS * 4)).slice(0, SAMPLE_CHARS);
      samples.push({ where, why, sample: sample.replace(/\0|\p{Surrogate}/gu, '\ufffd') });
    },
    rejects: () => ({ count, samples }),
  };
}

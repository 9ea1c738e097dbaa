import { CAUSES, type Cause, DISPOSITIONS, type Disposition, PROOFS, type Proof } from '@/lib/domain/cause';
import { type EndState, isEndState } from '@/lib/domain/task';

/** A word of the database that this release does not know (a newer one wrote it) is shown as the modest one. */

export function toCause(text: string): Cause {
  return CAUSES.find((cause) => cause === text) ?? 'unknown';
}

export function toDisposition(text: string): Disposition {
  return DISPOSITIONS.find((disposition) => disposition === text) ?? 'unexplained';
}

export function toProof(text: string): Proof {
  return PROOFS.find((proof) => proof === text) ?? 'possible';
}

/** LOST is Mesos's own word for an end nobody can say more about. */
export function toEndState(text: string): EndState {
  return isEndState(text) ? text : 'TASK_LOST';
}

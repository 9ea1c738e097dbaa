import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { EndState } from '@/lib/domain/task';

import type { EndsAhead } from './ledger';
import { type Memory, seenKey } from './memory';

/**
 * What is stored and was not yet in the lists of this poll, which began at `startedAt`. `inserted`: the new ends of the
 * poll by raw identity. Cost: one pass over what the lists told, where the stream told anything meanwhile.
 */
export function endsAhead(
  { ended, endedLate = [], unchanged }: Pick<MasterSnapshot, 'ended' | 'endedLate' | 'unchanged'>,
  { toldEnded }: Pick<Memory, 'toldEnded'>,
  inserted: ReadonlyMap<string, EndState>,
  startedAt: Date,
): EndsAhead {
  const told = new Map<string, EndState>();
  for (const ends of toldEnded.values()) {
    for (const end of ends) if (end.toldAt >= startedAt) told.set(end.key, end.state);
  }
  const later = new Map<EndState, number>();
  const unlisted = new Map<EndState, number>();
  const late = new Set(endedLate.map(seenKey));
  for (const key of late) {
    const state = inserted.get(key) ?? told.get(key);
    if (state !== undefined) add(later, state);
  }
  if (told.size > 0) {
    for (const task of ended) told.delete(seenKey(task));
    for (const { key } of unchanged) told.delete(key);
  }
  for (const state of told.values()) {
    add(later, state);
    add(unlisted, state);
  }
  return { unlisted, later };
}

function add(counts: Map<EndState, number>, state: EndState): void {
  counts.set(state, (counts.get(state) ?? 0) + 1);
}

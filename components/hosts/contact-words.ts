import type { AgentContactItem } from '@/lib/contracts/evidence';
import { formatDuration } from '@/lib/format/durations';
import { NOT_KNOWN } from '@/lib/format/numbers';

/** Clocks differ by that much by themselves, and a Date header tells whole seconds. */
const UNREMARKABLE_MS = 2000;

/** `12 s ahead`, `1 min 30 s behind`, `right`; what is not told is `–`. */
export function clockWords(skewMs: number | null): string {
  if (skewMs === null) return NOT_KNOWN;
  if (Math.abs(skewMs) < UNREMARKABLE_MS) return 'right';
  return `${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
}

/** Those that did not answer the last time. */
export function silentContacts<Contact extends Pick<AgentContactItem, 'errorCode'>>(
  contacts: readonly Contact[],
): Contact[] {
  return contacts.filter(({ errorCode }) => errorCode !== null);
}

/** One in a thousand that any of the fleet's hosts looks like this by chance. */
const SUSPECT_CHANCE = 0.001;

/**
 * Whether a host fails beyond what the fleet's rate gives by chance. With `hostCount` hosts looked at, each
 * must be `hostCount` times less likely (Bonferroni), or big fleets would always have suspects. A null chance: too
 * little is known to say, so no.
 */
export function isSuspect(host: { chance: number | null; failed: number }, hostCount: number): boolean {
  return host.chance !== null && host.failed > 0 && host.chance * Math.max(1, hostCount) < SUSPECT_CHANCE;
}

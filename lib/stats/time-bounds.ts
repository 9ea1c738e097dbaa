/** The later of the bounds; null stands for none, and is the answer where there is none. */
export function latest(...bounds: readonly (Date | null | undefined)[]): Date | null {
  const known = times(bounds);
  return known.length === 0 ? null : new Date(Math.max(...known));
}

/** The earlier of the bounds; null as in `latest`. */
export function earliest(...bounds: readonly (Date | null | undefined)[]): Date | null {
  const known = times(bounds);
  return known.length === 0 ? null : new Date(Math.min(...known));
}

/** The first instant of the month of `at`, UTC, or of one so many months later: where partitions meet. */
export function monthStart(at: Date, later = 0): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later, 1));
}

function times(bounds: readonly (Date | null | undefined)[]): number[] {
  return bounds.filter((at) => at != null).map((at) => at.getTime());
}

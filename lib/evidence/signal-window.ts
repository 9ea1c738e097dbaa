/**
 * How far the status of a death may be from the kill: up to 90 s before it by clocks that differ, up to 150 s after it
 * by such clocks and a minute until Docker or the executor reports.
 */
export const signalWindow = { beforeMs: 90_000, afterMs: 150_000 } as const;

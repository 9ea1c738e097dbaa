/** Task-seconds to credit to a host or an app in an hour. */
export type Exposure = { hour: Date; kind: 'host' | 'app'; subject: string; taskSeconds: number };

export type Lifetime = { host: string; appId: string | null; from: Date | null; to: Date };

const HOUR_MS = 3_600_000;

/** On the very first poll, tasks alive or just ended are credited at most this far back. */
export const BACKFILL_MS = 8 * 24 * HOUR_MS;

/**
 * Credits the time tasks were alive since the last whole poll: (`since`, to] of each lifetime, cut into hours
 * UTC, summed by host and by app. Called with every live task (to = now) and every newly stored end
 * (to = its finish), it counts each task-second once, however long the collector was away.
 * `since` null: the first poll ever; then up to BACKFILL_MS back. Lifetimes without a start count nothing.
 * Cost: linear in lifetimes x hours since the last poll.
 */
export function planExposure(lifetimes: Iterable<Lifetime>, since: Date | null, now: Date): Exposure[] {
  const floor = since?.getTime() ?? now.getTime() - BACKFILL_MS;
  const byKey = new Map<string, Exposure>();
  const credit = (kind: 'host' | 'app', subject: string, hourMs: number, seconds: number): void => {
    const key = `${kind}\0${subject}\0${hourMs}`;
    const entry = byKey.get(key);
    if (entry) entry.taskSeconds += seconds;
    else byKey.set(key, { hour: new Date(hourMs), kind, subject, taskSeconds: seconds });
  };
  for (const { host, appId, from, to } of lifetimes) {
    if (!from) continue;
    const end = Math.min(to.getTime(), now.getTime());
    let at = Math.max(from.getTime(), floor);
    while (at < end) {
      const hourMs = Math.floor(at / HOUR_MS) * HOUR_MS;
      const until = Math.min(end, hourMs + HOUR_MS);
      credit('host', host, hourMs, (until - at) / 1000);
      if (appId !== null) credit('app', appId, hourMs, (until - at) / 1000);
      at = until;
    }
  }
  return [...byKey.values()];
}

/** Task-seconds to credit to a host or an app in an hour. */
export type Exposure = { hour: Date; kind: 'host' | 'app'; subject: string; taskSeconds: number };

export type Lifetime = { host: string; appId: string | null; from: Date | null; to: Date };

const HOUR_MS = 3_600_000;

/** Tasks alive or just ended are credited at most this far back: on the first poll ever, and after a long absence. */
export const BACKFILL_MS = 8 * 24 * HOUR_MS;

/** One host or app, in milliseconds. A task that lived through many hours costs two entries, not one an hour. */
type Account = {
  /** Parts of hours, by hour. */
  parts: Map<number, number>;
  /** How many more tasks lived through the whole of this hour than of the one before, by hour. */
  steps: Map<number, number>;
};

/**
 * Credits the time tasks were alive since the last whole poll: (`since`, to] of each lifetime, cut into hours
 * UTC, summed by host and by app. Called with every live task (to = now) and every newly stored end
 * (to = its finish), it counts each task-second once. At most BACKFILL_MS back: `since` null is the first poll
 * ever, and a collector that was away for a year must not write a year of hours at once.
 * Lifetimes without a start count nothing. Cost: linear in lifetimes, plus one row per subject and hour.
 */
export function planExposure(lifetimes: Iterable<Lifetime>, since: Date | null, now: Date): Exposure[] {
  const exposure = createExposure(since, now);
  for (const lifetime of lifetimes) exposure.add(lifetime);
  return exposure.rows();
}

/** The same step by step: `add` takes one lifetime after the other, `rows` sums what it took. */
export function createExposure(
  since: Date | null,
  now: Date,
): { add(lifetime: Lifetime): void; rows(): Exposure[] } {
  const floor = Math.max(since?.getTime() ?? 0, now.getTime() - BACKFILL_MS);
  const hosts = new Map<string, Account>();
  const apps = new Map<string, Account>();
  return {
    add: ({ host, appId, from, to }) => {
      if (!from) return;
      const end = Math.min(to.getTime(), now.getTime());
      const at = Math.max(from.getTime(), floor);
      if (at >= end) return;
      credit(accountOf(hosts, host), at, end);
      if (appId !== null) credit(accountOf(apps, appId), at, end);
    },
    rows: () => [...rowsOf('host', hosts), ...rowsOf('app', apps)],
  };
}

function accountOf(accounts: Map<string, Account>, subject: string): Account {
  const known = accounts.get(subject);
  if (known) return known;
  const made: Account = { parts: new Map(), steps: new Map() };
  accounts.set(subject, made);
  return made;
}

function credit({ parts, steps }: Account, at: number, end: number): void {
  const first = at - (at % HOUR_MS);
  const last = end - (end % HOUR_MS);
  if (first === last) {
    add(parts, first, end - at);
    return;
  }
  add(parts, first, first + HOUR_MS - at);
  if (end > last) add(parts, last, end - last);
  if (first + HOUR_MS === last) return;
  add(steps, first + HOUR_MS, 1);
  add(steps, last, -1);
}

function add(sums: Map<number, number>, hour: number, amount: number): void {
  sums.set(hour, (sums.get(hour) ?? 0) + amount);
}

function rowsOf(kind: Exposure['kind'], accounts: ReadonlyMap<string, Account>): Exposure[] {
  return [...accounts].flatMap(([subject, account]) =>
    hoursOf(account).map(([hourMs, ms]) => ({
      hour: new Date(hourMs),
      kind,
      subject,
      taskSeconds: ms / 1000,
    })),
  );
}

function hoursOf({ parts, steps }: Account): [hourMs: number, ms: number][] {
  if (steps.size === 0) return [...parts];
  const hours: [number, number][] = [];
  const last = Math.max(...parts.keys(), ...steps.keys());
  let whole = 0;
  for (let hour = Math.min(...parts.keys()); hour <= last; hour += HOUR_MS) {
    whole += steps.get(hour) ?? 0;
    const ms = whole * HOUR_MS + (parts.get(hour) ?? 0);
    if (ms > 0) hours.push([hour, ms]);
  }
  return hours;
}

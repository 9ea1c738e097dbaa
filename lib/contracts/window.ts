import { z } from 'zod';

const HOUR_MS = 3_600_000;

/** The named ranges of the time picker, in hours. */
export const RANGES = { '1h': 1, '6h': 6, '24h': 24, '3d': 72, '7d': 168, '30d': 720, '90d': 2160 } as const;
export type Range = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as [Range, ...Range[]];
export const DEFAULT_RANGE: Range = '24h';

const Instant = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** An ISO 8601 time with its zone, or a day, which means its midnight UTC. Before 1970 nothing is stored: it means 1970. */
const instant = z.string().transform((text, context) => {
  // The `+` of a zone is a space where a URL was not encoded.
  const parsed = Instant.safeParse(text.replace(/ (\d\d:\d\d)$/, '+$1'));
  if (parsed.success) return new Date(Math.max(0, Date.parse(parsed.data)));
  context.addIssue({ code: 'custom', message: 'must be a time such as 2026-11-25T10:00:00Z or a day' });
  return z.NEVER;
});

/** Query fields every windowed call shares. Half-open [from, to); defaults: the last 24 hours. */
export const windowFields = {
  from: instant.optional(),
  to: instant.optional(),
  range: z.enum(RANGE_NAMES).optional(),
  /** Cluster name; absent: all clusters. */
  cluster: z.string().min(1).max(200).optional(),
};

export type Window = { from: Date; to: Date };

/**
 * The window a query means at `now`: `from`/`to` where given, else the `range` that ends at `to` or now.
 * Null: `from` is not before `to`.
 */
export function resolveWindow(
  query: { from?: Date | undefined; to?: Date | undefined; range?: Range | undefined },
  now: Date,
): Window | null {
  const to = query.to ?? now;
  const from = query.from ?? new Date(to.getTime() - RANGES[query.range ?? DEFAULT_RANGE] * HOUR_MS);
  return from < to ? { from, to } : null;
}

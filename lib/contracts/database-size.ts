import { z } from 'zod';

const time = z.iso.datetime();

/** What the database weighs and how it grows. Part of GET /api/v1/status. */
export const DatabaseSize = z.object({
  sizeBytes: z.number(),
  version: z.string(),
  migrations: z.int().nonnegative(),
  /** Largest first. */
  tables: z.array(
    z.object({
      table: z.string(),
      /** With indexes, of all partitions. */
      bytes: z.number(),
      /** As Postgres estimates it; null: never analysed. */
      rows: z.number().nullable(),
      /** Over the last days of which a sample is kept; null: fewer than two. */
      bytesPerDay: z.number().nullable(),
    }),
  ),
  /** Of the whole database; null: fewer than two daily samples. */
  bytesPerDay: z.number().nullable(),
  /** Oldest task end kept; null: none. */
  oldestEndAt: time.nullable(),
  /** RETENTION_DAYS and SANDBOX_RETENTION_DAYS of the process that answers. */
  retentionDays: z.int(),
  sandboxRetentionDays: z.int(),
});
export type DatabaseSize = z.infer<typeof DatabaseSize>;

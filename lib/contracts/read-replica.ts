import { z } from 'zod';

/** The replica of DATABASE_READ_URL, from which pages and the API read. */
export const ReadReplica = z.object({
  /**
   * `lagging`: more than 30 s behind; it is read all the same. `away`: it does not answer, the primary is read instead.
   * `not_a_replica`: it takes writes itself (promoted, or another server).
   */
  state: z.enum(['ok', 'lagging', 'away', 'not_a_replica']),
  /** Seconds by which what it shows is behind the primary; null: not known. */
  lagSeconds: z.number().nullable(),
  /** Bytes of the primary's log that it has not applied yet; null: the primary or the replica does not answer. */
  lagBytes: z.number().nullable(),
  /** Since when the primary is read instead. */
  awaySince: z.iso.datetime().nullable(),
  /** False: the primary does not answer, and what is shown is all there is. */
  isPrimaryUp: z.boolean(),
});
export type ReadReplica = z.infer<typeof ReadReplica>;

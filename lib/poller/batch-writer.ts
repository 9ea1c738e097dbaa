/**
 * Writes rows one batch after the other, each of all that came while the one before was written: whatever comes
 * in, one session of the pool is used, and the poll's own are left alone.
 */
export type BatchWriter<Row> = {
  /** Resolves once the rows are stored; rejects with what their batch failed with. */
  add(rows: readonly Row[]): Promise<void>;
};

export function createBatchWriter<Row>(store: (rows: readonly Row[]) => Promise<void>): BatchWriter<Row> {
  let waiting: Row[] = [];
  let next: Promise<void> | null = null;
  let current: Promise<unknown> = Promise.resolve();

  return {
    add(rows) {
      waiting.push(...rows);
      next ??= current.then(() => {
        const batch = waiting;
        waiting = [];
        const stored = store(batch);
        next = null;
        current = stored.catch(() => {});
        return stored;
      });
      return next;
    },
  };
}

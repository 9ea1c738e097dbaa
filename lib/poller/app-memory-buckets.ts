import type { AppMemoryRow } from '@/lib/ingest/apply-agent-facts';

export const BUCKET_MS = 300_000;

type Bucket = {
  startMs: number;
  max: number;
  sum: number;
  count: number;
  limit: number | null;
  tasks: Set<string>;
};

export type AppMemoryBuckets = {
  add(sample: { appId: string; task: string; atMs: number; bytes: number; limitBytes: number | null }): void;
  /** Rows that are whole by now, each once, and those that are not so far; a later row of a bucket replaces an earlier. */
  take(nowMs: number): AppMemoryRow[];
};

/** Sums samples up by app and 5 minutes. Memory: the buckets of the last 5 minutes. */
export function createAppMemoryBuckets(): AppMemoryBuckets {
  const buckets = new Map<string, Bucket>();
  const changed = new Set<string>();

  return {
    add({ appId, task, atMs, bytes, limitBytes }) {
      const startMs = Math.floor(atMs / BUCKET_MS) * BUCKET_MS;
      const key = `${startMs} ${appId}`;
      const bucket = buckets.get(key) ?? { startMs, max: 0, sum: 0, count: 0, limit: null, tasks: new Set() };
      buckets.set(key, bucket);
      changed.add(key);
      bucket.max = Math.max(bucket.max, bytes);
      bucket.sum += bytes;
      bucket.count += 1;
      if (limitBytes !== null) bucket.limit = Math.max(bucket.limit ?? 0, limitBytes);
      bucket.tasks.add(task);
    },
    take(nowMs) {
      const rows: AppMemoryRow[] = [];
      for (const key of changed) {
        const bucket = buckets.get(key);
        if (bucket === undefined) continue;
        rows.push({
          appId: key.slice(key.indexOf(' ') + 1),
          at: new Date(bucket.startMs),
          maxBytes: bucket.max,
          meanBytes: Math.round(bucket.sum / bucket.count),
          limitBytes: bucket.limit,
          tasks: bucket.tasks.size,
        });
      }
      changed.clear();
      for (const [key, { startMs }] of buckets) if (startMs + BUCKET_MS <= nowMs) buckets.delete(key);
      return rows;
    },
  };
}

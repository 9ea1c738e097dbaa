/** A failed end of the last hour, and what was done about its sandbox so far. */
export type TailCandidate = {
  endId: string;
  frameworkId: string;
  taskId: string;
  agentId: string;
  executorId: string;
  containerId: string | null;
  /** App and cause, or what stands for the app: the same is likely to say the same. */
  kind: string;
  finishedAt: Date;
  /** Null: nothing was tried yet. */
  triedAt: Date | null;
  /** The last try failed in a way that may pass. */
  mayPass: boolean;
  skipped: boolean;
};

export type TailPlan = { fetch: TailCandidate[]; skip: TailCandidate[] };

/** Fetched in any case, so that a bad hour is told whole; beyond it, repetition is. */
const FREE_IN_WINDOW = 50;
const ALIKE_IN_WINDOW = 3;
const WINDOW_MS = 10 * 60_000;
const RETRY_AFTER_MS = 2 * 60_000;
const AT_ONCE = 200;

/**
 * Which sandboxes to read now, newest end first, at most 200: all of the first 50 in ten minutes, then at most
 * three in ten minutes of one app and cause. A crash loop must not hammer its agents, and its hundredth tail says
 * what the first said. A try that failed in passing is made again after two minutes.
 */
export function planSandboxTails(candidates: readonly TailCandidate[], now: Date): TailPlan {
  const since = now.getTime() - WINDOW_MS;
  let inWindow = 0;
  const alike = new Map<string, number>();
  const count = (kind: string) => {
    inWindow += 1;
    alike.set(kind, (alike.get(kind) ?? 0) + 1);
  };
  for (const { triedAt, skipped, kind } of candidates) {
    if (triedAt !== null && !skipped && triedAt.getTime() > since) count(kind);
  }
  const plan: TailPlan = { fetch: [], skip: [] };
  const newestFirst = [...candidates].sort((a, b) => b.finishedAt.getTime() - a.finishedAt.getTime());
  for (const one of newestFirst) {
    if (one.triedAt !== null) {
      const isDue = one.mayPass && one.triedAt.getTime() <= now.getTime() - RETRY_AFTER_MS;
      if (isDue && plan.fetch.length < AT_ONCE) plan.fetch.push(one);
    } else if (inWindow >= FREE_IN_WINDOW && (alike.get(one.kind) ?? 0) >= ALIKE_IN_WINDOW) {
      plan.skip.push(one);
    } else if (plan.fetch.length < AT_ONCE) {
      count(one.kind);
      plan.fetch.push(one);
    }
  }
  return plan;
}

import { type APIRequestContext, expect } from '@playwright/test';

import type { TrueEnd } from './own-cluster';

/** What the specs read of GET /api/v1/tasks/{cluster}/{task id}. */
export type TaskDetail = {
  task: {
    id: string;
    cluster: string;
    taskId: string;
    cause: string;
    proof: TrueEnd['proof'];
    disposition: string;
    revision: number;
    reopenedAt: string | null;
  };
  evidence: {
    tie: string;
    proof: string;
    reason: string;
    signal: {
      signature: string;
      containerId: string | null;
      killedPid: number | null;
      killedComm: string | null;
      lines: string[];
    };
  }[];
  sandbox: { file: string; errorCode: string | null }[];
  memory: { limitBytes: number | null; points: [number, number][] } | null;
};

/** Cluster name that `npm start` gives the simulated one. */
const CLUSTER = 'simulated';

/** The stored end whole; null: it is not stored (yet). */
export async function taskDetail(
  request: APIRequestContext,
  { taskId, agentId, id }: { taskId: string; agentId?: string; id?: string },
): Promise<TaskDetail | null> {
  const narrow = new URLSearchParams({ ...(agentId && { agent: agentId }), ...(id && { id }) });
  const answer = await request.get(`/api/v1/tasks/${CLUSTER}/${encodeURIComponent(taskId)}?${narrow}`);
  if (answer.status() === 404) return null;
  if (!answer.ok()) throw new Error(`${answer.status()} ${await answer.text()}`);
  return await answer.json();
}

const PROOFS = ['possible', 'likely', 'proven'];

/** Whether a verdict claims more than the truth allows. */
export function isBetterThan(proof: string, allowed: TrueEnd['proof']): boolean {
  return PROOFS.indexOf(proof) > PROOFS.indexOf(allowed);
}

/** Waits until the end is stored with the cause it really had and at least `proof`, and checks that no more is claimed. */
export async function rightVerdict(
  request: APIRequestContext,
  end: TrueEnd,
  { atLeast = 'possible' }: { atLeast?: TrueEnd['proof'] } = {},
): Promise<TaskDetail> {
  let detail: TaskDetail | null = null;
  await expect
    .poll(
      async () => {
        detail = await taskDetail(request, end);
        const { cause = 'not stored', proof = 'possible' } = detail?.task ?? {};
        return { cause, enough: PROOFS.indexOf(proof) >= PROOFS.indexOf(atLeast) };
      },
      { message: `verdict on ${end.taskId}`, timeout: 20_000, intervals: [200] },
    )
    .toEqual({ cause: end.cause, enough: true });
  if (detail === null) throw new Error('unreachable');
  const found: TaskDetail = detail;
  expect(isBetterThan(found.task.proof, end.proof), `${end.taskId}: ${found.task.proof}`).toBe(false);
  return found;
}

/** Page of this very end. */
export function endPath({ task: { cluster, taskId, id } }: TaskDetail): string {
  return `/tasks/${encodeURIComponent(cluster)}/${encodeURIComponent(taskId)}?id=${id}`;
}

import type { PoolClient } from 'pg';

import { isOfTheData } from '@/lib/db/data-error';
import type { PollWarning } from '@/lib/domain/snapshot';

import { applyTaskEnds } from './apply-task-ends';
import type { EndPlan } from './plan-task-ends';
import type { TaskEnd } from './task-end';

/** Every refusal costs a round trip, and what it took back is written again. */
const MAX_REFUSALS = 2_000;
const IDS_NAMED = 10;
const ID_CHARS = 80;

/**
 * Writes a plan as `applyTaskEnds` does, but for what Postgres takes from nobody: `plan` is halved until that stands
 * alone, and it is taken out of the plan. After 2,000 refusals what is left of a refused part is taken out whole. Other
 * failures reject. Cost, when nothing is refused: a savepoint.
 */
export async function storePlan(
  client: PoolClient,
  clusterId: number,
  plan: EndPlan,
  now: Date,
): Promise<{ inserted: number; revised: number; unstorable: TaskEnd[] }> {
  const written = { inserted: 0, revised: 0 };
  const refused: EndPlan[] = [];
  let refusals = 0;
  const store = async (part: EndPlan): Promise<void> => {
    await client.query('SAVEPOINT ends');
    try {
      const { inserted, revised } = await applyTaskEnds(client, clusterId, part, now);
      await client.query('RELEASE SAVEPOINT ends');
      written.inserted += inserted;
      written.revised += revised;
    } catch (thrown) {
      if (!isOfTheData(thrown)) throw thrown;
      await client.query('ROLLBACK TO SAVEPOINT ends');
      await client.query('RELEASE SAVEPOINT ends');
      refusals += 1;
      if (sizeOf(part) <= 1 || refusals > MAX_REFUSALS) refused.push(part);
      else for (const smaller of split(part)) await store(smaller);
    }
  };
  await store(plan);
  const without = new Set<unknown>(
    refused.flatMap(({ insert, revise, reopen }) => [...insert, ...revise, ...reopen]),
  );
  const unstorable = refused.flatMap(({ insert, revise }) => [...insert, ...revise.map(({ end }) => end)]);
  if (without.size > 0) {
    plan.insert = plan.insert.filter((one) => !without.has(one));
    plan.revise = plan.revise.filter((one) => !without.has(one));
    plan.reopen = plan.reopen.filter((one) => !without.has(one));
  }
  return { ...written, unstorable };
}

/** What is said of them on the poll; their ids may be as odd as they are, so cut. */
export function unstorableWarning(ends: readonly TaskEnd[]): PollWarning[] {
  if (ends.length === 0) return [];
  const named = ends.slice(0, IDS_NAMED).map(({ taskId }) => taskId.slice(0, ID_CHARS));
  const more = ends.length > named.length ? ', …' : '';
  return [
    {
      code: 'ends_unstorable',
      message: `${ends.length} task ends were left out, as Postgres refuses them: ${named.join(', ')}${more}`,
    },
  ];
}

function sizeOf({ insert, revise, reopen }: EndPlan): number {
  return insert.length + revise.length + reopen.length;
}

/** Smaller plans that are the same together: one of each kind, or two halves of the only kind. */
function split(plan: EndPlan): EndPlan[] {
  const nothing: EndPlan = { insert: [], revise: [], reopen: [] };
  const { insert, revise, reopen } = plan;
  const kinds = [
    { ...nothing, insert },
    { ...nothing, revise },
    { ...nothing, reopen },
  ].filter(sizeOf);
  if (kinds.length > 1) return kinds;
  const middle = Math.ceil(sizeOf(plan) / 2);
  const half = (from: number, to?: number): EndPlan => ({
    insert: insert.slice(from, to),
    revise: revise.slice(from, to),
    reopen: reopen.slice(from, to),
  });
  return [half(0, middle), half(middle)];
}

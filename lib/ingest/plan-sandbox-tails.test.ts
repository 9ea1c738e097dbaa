import { describe, expect, it } from 'vitest';

import { planSandboxTails, type TailCandidate } from './plan-sandbox-tails';

const NOW = new Date('2026-03-01T12:00:00Z');
const earlier = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);

const end = (index: number, extra: Partial<TailCandidate> = {}): TailCandidate => ({
  endId: `e${index}`,
  frameworkId: 'f',
  taskId: 't',
  agentId: 'a',
  executorId: '',
  containerId: null,
  kind: '/loop app_error',
  finishedAt: earlier(index),
  triedAt: null,
  mayPass: false,
  skipped: false,
  ...extra,
});
const ends = (count: number, extra: Partial<TailCandidate> = {}, from = 0) =>
  Array.from({ length: count }, (_, index) => end(from + index, extra));
const counts = (candidates: TailCandidate[]) => {
  const plan = planSandboxTails(candidates, NOW);
  return [plan.fetch.length, plan.skip.length];
};

describe('planSandboxTails', () => {
  it('newest first', () => {
    const plan = planSandboxTails([end(3), end(1), end(2)], NOW);
    expect(plan.fetch.map(({ endId }) => endId)).toEqual(['e1', 'e2', 'e3']);
  });

  it.each([
    ['a crash loop: the first 50', ends(300), [50, 250]],
    ['50 are nothing to save', ends(50), [50, 0]],
    [
      'tried in the last ten minutes count',
      [...ends(50, { triedAt: earlier(599) }), ...ends(9, {}, 50)],
      [0, 9],
    ],
    ['tried before do not', [...ends(50, { triedAt: earlier(600) }), ...ends(9, {}, 50)], [9, 0]],
    [
      'those left out do not',
      [...ends(50, { triedAt: earlier(1), skipped: true }), ...ends(9, {}, 50)],
      [9, 0],
    ],
    [
      'beyond 50, three of each app and cause',
      [...ends(60), ...ends(5, { kind: '/other oom' }, 60)],
      [53, 12],
    ],
    [
      'three of each, those tried among them',
      [
        ...ends(50, { triedAt: earlier(1) }),
        end(60, { kind: 'b', triedAt: earlier(1) }),
        ...ends(5, { kind: 'b' }, 61),
      ],
      [2, 3],
    ],
    [
      '200 at once, the rest later',
      Array.from({ length: 500 }, (_, index) => end(index, { kind: `k${index}` })),
      [200, 0],
    ],
    ['one that failed in passing, 2 minutes on', [end(1, { triedAt: earlier(120), mayPass: true })], [1, 0]],
    ['not earlier', [end(1, { triedAt: earlier(119), mayPass: true })], [0, 0]],
    ['one that is gone, never', [end(1, { triedAt: earlier(3000) })], [0, 0]],
  ])('%s', (_name, candidates, expected) => {
    expect(counts(candidates)).toEqual(expected);
  });
});

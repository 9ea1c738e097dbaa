import { describe, expect, it } from 'vitest';

import type { EvidenceItem } from '@/lib/contracts/evidence';
import type { TaskDetail } from '@/lib/contracts/task';

import { stateWord, taskLife } from './task-life';

type Status = TaskDetail['statuses'][number];

function status(state: Status['state'], at: string | null, rest: Partial<Status> = {}): Status {
  return { state, at, message: null, reason: null, source: null, healthy: null, containerId: null, ...rest };
}

const task = {
  state: 'TASK_FAILED' as const,
  finishedAt: '2026-11-25T01:10:00.000Z',
  finishedAtKnown: true,
  observedAt: '2026-11-25T01:10:20.000Z',
  revisedAt: null,
  reopenedAt: null,
};

describe('taskLife', () => {
  it('tells every status with the time since the one before, then when it was seen', () => {
    const life = taskLife({
      ...task,
      statuses: [
        status('TASK_STAGING', '2026-11-25T01:00:00.000Z'),
        status('TASK_RUNNING', '2026-11-25T01:00:04.000Z'),
        status('TASK_FAILED', '2026-11-25T01:10:00.000Z', { message: 'exited with status 137' }),
      ],
    });
    expect(life.map(({ label, kind, sinceMs }) => ({ label, kind, sinceMs }))).toEqual([
      { label: 'staging', kind: 'begin', sinceMs: null },
      { label: 'running', kind: 'running', sinceMs: 4_000 },
      { label: 'failed', kind: 'end', sinceMs: 596_000 },
      { label: 'first seen by exit137', kind: 'watch', sinceMs: 20_000 },
    ]);
  });

  it('adds the end where no status tells it, without a time when none is known', () => {
    const life = taskLife({ ...task, finishedAtKnown: false, statuses: [] });
    expect(life[0]).toMatchObject({ label: 'failed', kind: 'end', at: null, sinceMs: null });
  });

  it('shows a status the master repeats once, and a change of health as its own step', () => {
    const life = taskLife({
      ...task,
      statuses: [
        status('TASK_RUNNING', '2026-11-25T01:00:00.000Z'),
        status('TASK_RUNNING', '2026-11-25T01:00:05.000Z'),
        status('TASK_RUNNING', '2026-11-25T01:05:00.000Z', { healthy: false }),
        status('TASK_FAILED', '2026-11-25T01:10:00.000Z'),
      ],
    });
    expect(life.map((step) => step.healthy)).toEqual([null, false, null, null]);
  });

  it('counts over a status without a time from the last one that has one', () => {
    const life = taskLife({
      ...task,
      statuses: [
        status('TASK_STAGING', '2026-11-25T01:00:00.000Z'),
        status('TASK_RUNNING', null),
        status('TASK_FAILED', '2026-11-25T01:10:00.000Z'),
      ],
    });
    expect(life.map((step) => step.sinceMs)).toEqual([null, null, 600_000, 20_000]);
  });

  it('ends with the return of a task that came back', () => {
    const life = taskLife({
      ...task,
      state: 'TASK_UNREACHABLE',
      revisedAt: '2026-11-25T01:20:00.000Z',
      reopenedAt: '2026-11-25T01:20:00.000Z',
      statuses: [status('TASK_UNREACHABLE', '2026-11-25T01:10:00.000Z')],
    });
    expect(life.map((step) => step.label).slice(-2)).toEqual(['revised by exit137', 'came back to life']);
  });
});

describe('what host logs tell of a life', () => {
  const statuses = [
    status('TASK_RUNNING', '2026-11-25T01:00:00.000Z'),
    status('TASK_FAILED', '2026-11-25T01:10:00.000Z'),
  ];
  function tied(signal: Partial<EvidenceItem['signal']>, candidates = 1): EvidenceItem {
    const facts = { signature: 'memcg_oom', atKnown: true, at: '2026-11-25T01:09:59.984Z', ...signal };
    // Only what the life looks at.
    return { candidates, signal: facts } as EvidenceItem;
  }
  const labels = (evidence: EvidenceItem[]) =>
    taskLife({ ...task, statuses }, evidence).map(({ label }) => label);

  it('puts the kill where the clock of its host puts it', () => {
    const [, kill, end] = taskLife({ ...task, statuses }, [tied({})]);
    expect(kill).toMatchObject({
      kind: 'log',
      label: 'killed by the kernel at its memory limit',
      sinceMs: 599_984,
    });
    expect(end).toMatchObject({ kind: 'end', sinceMs: 16 });
  });

  it('a kill by a clock that runs ahead still stands before the end', () => {
    const [, kill, end] = taskLife({ ...task, statuses }, [tied({ at: '2026-11-25T01:11:00.000Z' })]);
    expect([kill?.kind, end?.kind]).toEqual(['log', 'end']);
    expect(end?.sinceMs).toBe(-60_000);
  });

  it.each([
    ['of no known time', tied({ atKnown: false })],
    ['that is no event of its life', tied({ signature: 'xfs_or_ext4_error' })],
  ])('leaves out a signal %s', (_when, item) => expect(labels([item])).toEqual(labels([])));

  it('says perhaps where several could be meant', () => {
    expect(labels([tied({}, 2)])[1]).toBe('perhaps killed by the kernel at its memory limit');
  });
});

describe('stateWord', () => {
  it.each([
    ['TASK_RUNNING', 'running'],
    ['TASK_GONE_BY_OPERATOR', 'gone by operator'],
  ])('%s: %s', (state, word) => {
    expect(stateWord(state)).toBe(word);
  });
});

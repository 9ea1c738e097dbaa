import { describe, expect, it } from 'vitest';

import type { MesosTask, TaskState, TaskStatus } from '@/lib/domain/task';

import type { TaskUpdate } from './subscribe';
import { createEndTracker } from './track-ends';

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1_000);

const statusOf = (state: TaskState, seconds: number | null, over: Partial<TaskStatus> = {}): TaskStatus => ({
  state,
  at: seconds === null ? null : at(seconds),
  message: null,
  reason: null,
  source: null,
  healthy: null,
  containerId: null,
  ...over,
});

const taskOf = (over: Partial<MesosTask> = {}): MesosTask => ({
  frameworkId: 'F1',
  taskId: 'web.1',
  agentId: 'S1',
  executorId: '',
  name: 'web',
  state: 'TASK_STAGING',
  statuses: [],
  resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
  image: 'web:1',
  containerizer: 'DOCKER',
  labels: {},
  list: 'tasks',
  ...over,
});

const updateOf = (status: TaskStatus | null, over: Partial<TaskUpdate> = {}): TaskUpdate => ({
  frameworkId: 'F1',
  taskId: 'web.1',
  agentId: 'S1',
  hasEnded: status !== null && ['TASK_FAILED', 'TASK_UNREACHABLE', 'TASK_LOST'].includes(status.state),
  state: status?.state ?? null,
  status,
  containerId: null,
  docker: null,
  ...over,
});

function opened(version: string | null = '1.11.0', bounds = {}) {
  const tracker = createEndTracker(bounds);
  tracker.open(version);
  return tracker;
}

describe('createEndTracker', () => {
  it('an end of a task told from its launch is whole, its first status the one that the master keeps', () => {
    const tracker = opened();
    expect(tracker.added(taskOf())).toBe(false);
    expect(tracker.updated(updateOf(statusOf('TASK_STARTING', 1)))).toBeNull();
    expect(tracker.updated(updateOf(statusOf('TASK_STARTING', 2)))).toBeNull();
    tracker.updated(updateOf(statusOf('TASK_RUNNING', 3, { healthy: true })));
    tracker.updated(updateOf(statusOf('TASK_RUNNING', 9, { healthy: false })));
    const told = tracker.updated(updateOf(statusOf('TASK_FAILED', 10, { message: 'exited' })));
    expect(told).toEqual({
      kind: 'end',
      task: taskOf({
        state: 'TASK_FAILED',
        statuses: [
          // A status of the state of the last one takes its place.
          statusOf('TASK_STARTING', 2),
          statusOf('TASK_RUNNING', 9, { healthy: false }),
          statusOf('TASK_FAILED', 10, { message: 'exited' }),
        ],
      }),
    });
  });

  it('statuses that came with the task count: its agent told it again', () => {
    const tracker = opened();
    tracker.added(taskOf({ state: 'TASK_RUNNING', statuses: [statusOf('TASK_RUNNING', 1)] }));
    const told = tracker.updated(updateOf(statusOf('TASK_FAILED', 10)));
    expect(told).toMatchObject({ kind: 'end', task: { statuses: [{ at: at(1) }, { at: at(10) }] } });
  });

  it.each([
    ['1.6.2', 'TASK_RUNNING', 'ask'],
    ['1.6.2', 'TASK_STARTING', 'end'],
    ['1.7.0', 'TASK_RUNNING', 'end'],
    ['1.11.0-dcos', 'TASK_RUNNING', 'end'],
    [null, 'TASK_RUNNING', 'ask'],
  ] as const)('%s: of a task that began with %s the end is for "%s"', (version, first, kind) => {
    const tracker = opened(version);
    tracker.added(taskOf());
    tracker.updated(updateOf(statusOf(first, 1)));
    if (first !== 'TASK_RUNNING') tracker.updated(updateOf(statusOf('TASK_RUNNING', 2)));
    expect(tracker.updated(updateOf(statusOf('TASK_FAILED', 3)))?.kind).toBe(kind);
  });

  it('an end of a task launched before the stream was opened is asked for', () => {
    const status = statusOf('TASK_FAILED', 3, { message: 'exited' });
    expect(opened().updated(updateOf(status))).toEqual({
      kind: 'ask',
      question: { frameworkId: 'F1', taskId: 'web.1', agentId: 'S1', status },
    });
  });

  it('what an earlier stream told is forgotten: something may have been missed', () => {
    const tracker = opened();
    tracker.added(taskOf());
    tracker.updated(updateOf(statusOf('TASK_STARTING', 1)));
    tracker.open('1.11.0');
    expect(tracker.updated(updateOf(statusOf('TASK_FAILED', 3)))?.kind).toBe('ask');
  });

  it('an id that is used again is another task', () => {
    const tracker = opened();
    const endAt = (seconds: number) => {
      tracker.added(taskOf());
      tracker.updated(updateOf(statusOf('TASK_STARTING', seconds)));
      return tracker.updated(updateOf(statusOf('TASK_FAILED', seconds + 1)));
    };
    expect(endAt(1)).toMatchObject({ kind: 'end', task: { statuses: [{ at: at(1) }, {}] } });
    expect(endAt(5)).toMatchObject({ kind: 'end', task: { statuses: [{ at: at(5) }, {}] } });
    expect(tracker.updated(updateOf(statusOf('TASK_FAILED', 9)))?.kind).toBe('ask');
  });

  it.each([
    ['Mesos 1.0 tells no status', updateOf(null, { hasEnded: true })],
    ['no framework', updateOf(statusOf('TASK_FAILED', 1), { frameworkId: null })],
    ['no time', updateOf(statusOf('TASK_FAILED', null))],
    ['the end came before its status', updateOf(statusOf('TASK_RUNNING', 1), { hasEnded: true })],
  ])('%s: left to a poll', (_name, update) => {
    expect(opened().updated(update)).toEqual({ kind: 'poll' });
  });

  it('a status that only follows its end completes it where the master tells both', () => {
    const tracker = opened();
    tracker.added(taskOf());
    tracker.updated(updateOf(statusOf('TASK_STARTING', 1)));
    const ahead = updateOf(statusOf('TASK_RUNNING', 2), { hasEnded: true, state: 'TASK_FAILED' });
    expect(tracker.updated(ahead)).toEqual({ kind: 'poll' });
    expect(tracker.updated(updateOf(statusOf('TASK_FAILED', 3)))).toMatchObject({
      kind: 'end',
      task: { statuses: [{ at: at(1) }, { at: at(2) }, { at: at(3) }] },
    });
  });

  it.each([
    [
      'by an update',
      (tracker: ReturnType<typeof opened>) => tracker.updated(updateOf(statusOf('TASK_RUNNING', 1))) !== null,
    ],
    [
      'by its agent',
      (tracker: ReturnType<typeof opened>) => tracker.added(taskOf({ state: 'TASK_RUNNING' })),
    ],
  ])('a task that is back %s after an end is asked about once', (_name, comeBack) => {
    const tracker = opened();
    tracker.updated(updateOf(statusOf('TASK_UNREACHABLE', 1)));
    expect([comeBack(tracker), comeBack(tracker)]).toEqual([true, false]);
  });

  it('keeps so many tasks and bytes of them, the newest', () => {
    const kindsOf = (bounds: { maxLive?: number; maxBytes?: number }, labels = {}) => {
      const tracker = opened('1.11.0', bounds);
      const ids = ['a', 'b', 'c', 'd'];
      for (const taskId of ids) tracker.added(taskOf({ taskId, labels }));
      return ids.map((taskId) => tracker.updated(updateOf(statusOf('TASK_FAILED', 1), { taskId }))?.kind);
    };
    expect(kindsOf({ maxLive: 2 })).toEqual(['ask', 'ask', 'end', 'end']);
    expect(kindsOf({ maxBytes: 50_000 }, { big: 'x'.repeat(10_000) })).toEqual(['ask', 'ask', 'end', 'end']);
  });
});

import { describe, expect, it } from 'vitest';

import type { MesosTask, TaskStatus } from '@/lib/domain/task';

import { type EndPlan, planTaskEnds, toTaskEnds } from './plan-task-ends';
import type { TaskEnd } from './task-end';

const NOW = new Date('2026-03-01T12:00:00Z');
const LAUNCHED = Date.parse('2026-03-01T11:00:00Z');
const ENDED = Date.parse('2026-03-01T11:30:00.437Z');

const status = (state: TaskStatus['state'], ms: number, message: string | null = null): TaskStatus => ({
  state,
  at: new Date(ms),
  message,
  reason: null,
  source: null,
  healthy: null,
  containerId: null,
});

function end(statuses: TaskStatus[], more: Partial<MesosTask> = {}): TaskEnd {
  const task: MesosTask = {
    frameworkId: 'f1',
    taskId: 't1',
    agentId: 'a1',
    executorId: '',
    name: 't1',
    state: 'TASK_FAILED',
    statuses,
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: null,
    containerizer: null,
    labels: {},
    list: 'completed_tasks',
    ...more,
  };
  const names = { hostnames: new Map(), frameworkNames: new Map(), marathons: new Map() };
  const [made] = toTaskEnds([task], { clusterId: 1, now: NOW, ...names });
  if (!made) throw new Error('no end');
  return made;
}

/** The same end as three sources tell it: the master; the stream, which opened later; an agent, which rounds. */
const MASTER = end([status('TASK_RUNNING', LAUNCHED), status('TASK_FAILED', ENDED)]);
const STREAM = end([status('TASK_FAILED', ENDED, 'Container exited with status 137')]);
const AGENT = end([status('TASK_RUNNING', LAUNCHED + 1), status('TASK_FAILED', ENDED + 1)]);

const ORDERS = [
  [MASTER, STREAM, AGENT],
  [MASTER, AGENT, STREAM],
  [STREAM, MASTER, AGENT],
  [STREAM, AGENT, MASTER],
  [AGENT, MASTER, STREAM],
  [AGENT, STREAM, MASTER],
];

/** A table in memory: what a plan leaves in it. */
function written(rows: readonly TaskEnd[], { insert, revise }: EndPlan): TaskEnd[] {
  const old = new Set(revise.map(({ oldId }) => oldId));
  return [...rows.filter(({ id }) => !old.has(id)), ...revise.map((one) => one.end), ...insert];
}

const offer = (rows: readonly TaskEnd[], offered: readonly TaskEnd[]): EndPlan =>
  planTaskEnds(offered, new Map(rows.map((row) => [row.id, row])), new Map(), rows);

describe('an end that several sources tell', () => {
  it('has another id from each, or these tests show nothing', () => {
    expect(new Set([MASTER.id, STREAM.id, AGENT.id]).size).toBe(3);
  });

  it.each(ORDERS)(
    'is one row under its first id, one after the other, with what each knew (%#)',
    (...told) => {
      let rows: TaskEnd[] = [];
      for (const one of told) rows = written(rows, offer(rows, [one]));
      expect(rows).toMatchObject([{ id: told[0]?.id, finishedAt: told[0]?.finishedAt, exitCode: 137 }]);
      expect(rows[0]?.startedAt).not.toBeNull();
      expect(offer(rows, told)).toEqual({ insert: [], revise: [], reopen: [] });
    },
  );

  it.each(ORDERS)('is one row that is new when all tell it at once (%#)', (...told) => {
    const rows = written([], offer([], told));
    expect(rows).toMatchObject([{ id: told[0]?.id, exitCode: 137, revision: 0, revisedAt: null }]);
    expect(offer(rows, told)).toEqual({ insert: [], revise: [], reopen: [] });
  });

  it.each(ORDERS)('is revised once when the others tell it together later (%#)', (first, ...others) => {
    const rows = written([first], offer([first], [...others, first]));
    expect(rows).toMatchObject([{ id: first.id, exitCode: 137 }]);
    expect(rows[0]?.revision).toBe(1);
  });

  it.each(ORDERS)('is one row though it waited for its time (%#)', (...told) => {
    const waiting = end([status('TASK_RUNNING', LAUNCHED - 60_000)]);
    const rows = written([waiting], offer([waiting], told));
    expect(rows).toMatchObject([{ id: waiting.id, finishedAtKnown: true, exitCode: 137, revision: 1 }]);
    expect(offer(rows, told)).toEqual({ insert: [], revise: [], reopen: [] });
  });
});

describe('two ends are not one', () => {
  const other = (more: Partial<MesosTask>, later = 0) =>
    end([status('TASK_RUNNING', LAUNCHED + 60_000), status('TASK_FAILED', ENDED + later)], more);

  it.each([
    ['another task', other({ taskId: 't2' })],
    ['another agent', other({ agentId: 'a2' })],
    ['another framework', other({ frameworkId: 'f2' })],
    ['three milliseconds later', other({}, 3)],
    ['no time', end([status('TASK_RUNNING', LAUNCHED + 60_000)])],
  ])('%s', (_, one) => {
    expect(offer([MASTER], [one])).toMatchObject({ insert: [one], revise: [] });
    expect(offer([], [MASTER, one]).insert).toHaveLength(2);
  });
});

it('does not hold each end of one task id against each', () => {
  let looks = 0;
  const offered = Array.from({ length: 4_000 }, (_, index) => {
    const finishedAt = new Date(ENDED - index * 10);
    const one = { ...STREAM, id: `id-${index}`, agentId: `a${index % 50}` };
    return Object.defineProperty(one, 'finishedAt', {
      enumerable: true,
      get: () => {
        looks += 1;
        return finishedAt;
      },
    });
  });
  expect(planTaskEnds(offered, new Map(), new Map()).insert).toHaveLength(4_000);
  const [newer, older] = [offered.slice(0, 2_000), offered.slice(2_000)];
  expect(planTaskEnds(newer, new Map(), new Map(), older).insert).toHaveLength(2_000);
  expect(looks).toBeLessThan(4_000 * 30);
});

describe('an end that is taken back under another id', () => {
  const lost = end([status('TASK_LOST', ENDED)], { state: 'TASK_LOST' });
  const begun = [status('TASK_RUNNING', LAUNCHED), status('TASK_LOST', ENDED)];
  const again = end(begun, { state: 'TASK_LOST' });
  const done = (more: Partial<MesosTask> = {}, first = LAUNCHED) =>
    end([status('TASK_RUNNING', first), status('TASK_FINISHED', ENDED + 5_000)], {
      state: 'TASK_FINISHED',
      ...more,
    });
  const rows = written([lost], offer([lost], [again]));

  it('is revised where a source told its first status before', () => {
    expect(rows).toMatchObject([{ id: lost.id, firstStatusAt: new Date(LAUNCHED) }]);
    const after = written(rows, offer(rows, [done()]));
    expect(after).toMatchObject([
      { id: lost.id, state: 'TASK_FINISHED', finishedAt: new Date(ENDED + 5_000), revision: 2 },
    ]);
    expect(offer(after, [done()])).toEqual({ insert: [], revise: [], reopen: [] });
  });

  it('also where all told of it at once', () => {
    const told = written([], offer([], [lost, again]));
    expect(written(told, offer(told, [done()]))).toMatchObject([{ id: lost.id, state: 'TASK_FINISHED' }]);
  });

  it('not for another task, agent, framework or launch', () => {
    const others = [
      done({ taskId: 't2' }),
      done({ agentId: 'a2' }),
      done({ frameworkId: 'f2' }),
      done({}, LAUNCHED + 60_000),
    ];
    expect(offer(rows, others)).toMatchObject({ insert: others, revise: [] });
  });
});

import { describe, expect, it } from 'vitest';

import type { MarathonApp } from '@/lib/domain/cluster';
import type { MesosTask, TaskState, TaskStatus } from '@/lib/domain/task';

import { liveKey } from './identity';
import type { MarathonKnowledge } from './marathon-context';
import { type EndContext, planTaskEnds, toTaskEnds } from './plan-task-ends';
import type { TaskEnd } from './task-end';

const UUID = '0a1b2c3d-0000-11ea-8000-0242ac110002';
const at = (clock: string): Date => new Date(`2026-03-01T${clock}Z`);
const now = at('12:00:00');

const context: EndContext = {
  clusterId: 1,
  now,
  hostnames: new Map([['a1', 'node-1.example.test']]),
  frameworkNames: new Map([
    ['f1', 'marathon'],
    ['f2', 'chronos'],
  ]),
  marathons: new Map(),
};

function status(state: TaskState, clock: string, more: Partial<TaskStatus> = {}): TaskStatus {
  return {
    state,
    at: at(clock),
    message: null,
    reason: null,
    source: null,
    healthy: null,
    containerId: null,
    ...more,
  };
}

function task(more: Partial<MesosTask> = {}): MesosTask {
  return {
    frameworkId: 'f1',
    taskId: `shop_cart.${UUID}`,
    agentId: 'a1',
    executorId: '',
    name: 'cart.shop',
    state: 'TASK_FAILED',
    statuses: [
      status('TASK_RUNNING', '11:00:00', { containerId: 'c-1' }),
      status('TASK_FAILED', '11:30:00', {
        message: 'Container exited with status 1',
        source: 'SOURCE_EXECUTOR',
      }),
    ],
    resources: { cpus: 0.5, memMb: 512, diskMb: 0, gpus: 0 },
    image: 'shop/cart:1',
    containerizer: 'DOCKER',
    labels: {},
    list: 'completed_tasks',
    ...more,
  };
}

function end(more: Partial<MesosTask> = {}, around: EndContext = context): TaskEnd {
  const [first] = toTaskEnds([task(more)], around);
  if (!first) throw new Error('no end');
  return first;
}

const known = (...ends: TaskEnd[]) => new Map(ends.map((one) => [one.id, one]));
const NOTHING = { insert: [], revise: [], reopen: [] };

describe('toTaskEnds', () => {
  it('takes times, host, app, container and exit code from what the master keeps', () => {
    expect(end()).toMatchObject({
      startedAt: at('11:00:00'),
      finishedAt: at('11:30:00'),
      finishedAtKnown: true,
      hostname: 'node-1.example.test',
      host: 'node-1.example.test',
      appId: '/shop/cart',
      containerId: 'c-1',
      exitCode: 1,
      cause: 'app_exit_nonzero',
      disposition: 'failure',
      message: 'Container exited with status 1',
      messageSource: 'mesos',
    });
  });

  it('keeps an unknown host null and groups it by agent id', () => {
    expect(end({ agentId: 'gone-S9' })).toMatchObject({ hostname: null, host: 'gone-S9' });
  });

  it('gives no app to other frameworks', () => {
    expect(end({ frameworkId: 'f2', taskId: `job.${UUID}` }).appId).toBeNull();
    expect(end({ frameworkId: 'f2', taskId: 'ct:1428559422000:0:job:' }).appId).toBeNull();
  });

  it('says when no status told the time of the end', () => {
    expect(end({ statuses: [] })).toMatchObject({ finishedAt: now, finishedAtKnown: false, startedAt: null });
    expect(end({ statuses: [status('TASK_RUNNING', '11:00:00')] })).toMatchObject({ finishedAtKnown: false });
  });

  it('does not believe a clock of 1970 or of next week', () => {
    const wild = (when: Date) => end({ statuses: [{ ...status('TASK_FAILED', '11:00:00'), at: when }] });
    expect(wild(new Date(0))).toMatchObject({ finishedAt: now, finishedAtKnown: false });
    expect(wild(new Date('2026-03-08T00:00:00Z'))).toMatchObject({ finishedAt: now, finishedAtKnown: false });
  });

  it('gives reused task ids ids of their own, and the same facts the same id', () => {
    const again = end({ statuses: [status('TASK_RUNNING', '11:40:00'), status('TASK_FAILED', '11:50:00')] });
    expect(again.id).not.toBe(end().id);
    expect(end().id).toBe(end({}, { ...context, now: at('13:00:00') }).id);
  });

  it('lets the later word win where a LOST entry stays beside the real end', () => {
    const lost = task({
      state: 'TASK_LOST',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_LOST', '11:10:00')],
    });
    for (const order of [
      [lost, task()],
      [task(), lost],
    ]) {
      expect(toTaskEnds(order, context)).toMatchObject([{ state: 'TASK_FAILED' }]);
    }
  });

  it('takes the message Marathon kept where Mesos has none, and says so', () => {
    const app = {
      appId: '/shop/cart',
      lastTaskFailure: {
        taskId: `shop_cart.${UUID}`,
        state: 'TASK_FAILED',
        message: 'Command exited with status 3',
      },
    } as MarathonApp; // Only what the context reads.
    const marathon: MarathonKnowledge = {
      frameworkId: 'f1',
      apps: new Map([['/shop/cart', app]]),
      deployments: [],
      versions: new Map([['/shop/cart', [at('09:00:00'), at('11:20:00')]]]),
    };
    const old = end(
      { statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_FAILED', '11:30:00')] },
      { ...context, marathons: new Map([['f1', marathon]]) },
    );
    expect(old).toMatchObject({
      messageSource: 'marathon',
      exitCode: 3,
      appVersion: at('09:00:00').toISOString(),
    });
  });
});

describe('planTaskEnds', () => {
  it('stores what is new and plans nothing for what is known', () => {
    expect(planTaskEnds([end()], new Map(), new Map())).toEqual({ ...NOTHING, insert: [end()] });
    expect(planTaskEnds([end()], known(end()), new Map())).toEqual(NOTHING);
  });

  it('adds a message that comes later, and lets a poorer poll take nothing away', () => {
    const bare = end({ statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_FAILED', '11:30:00')] });
    const [revision] = planTaskEnds([end()], known(bare), new Map()).revise;
    expect(revision).toMatchObject({
      oldFinishedAt: at('11:30:00'),
      end: { exitCode: 1, revision: 1, observedAt: now, revisedAt: now },
    });
    expect(planTaskEnds([bare], known(end()), new Map())).toEqual(NOTHING);
  });

  it('revises LOST to FINISHED, never back', () => {
    const lost = end({
      state: 'TASK_LOST',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_LOST', '11:10:00')],
    });
    const finished = end({
      state: 'TASK_FINISHED',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_FINISHED', '11:20:00')],
    });
    expect(lost.id).toBe(finished.id);
    expect(planTaskEnds([finished], known(lost), new Map()).revise).toMatchObject([
      { oldFinishedAt: at('11:10:00'), end: { state: 'TASK_FINISHED', finishedAt: at('11:20:00') } },
    ]);
    expect(planTaskEnds([lost], known(finished), new Map())).toEqual(NOTHING);
  });

  it('reopens an unreachable task that lives again, once, and closes it at its next end', () => {
    const lost = end({
      state: 'TASK_UNREACHABLE',
      list: 'unreachable_tasks',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_UNREACHABLE', '11:10:00')],
    });
    const live = new Map([[liveKey(lost), lost.firstStatusAt]]);
    expect(planTaskEnds([lost], known(lost), live).reopen).toEqual([
      { id: lost.id, finishedAt: lost.finishedAt },
    ]);
    const reopened = { ...lost, reopenedAt: at('11:20:00') };
    expect(planTaskEnds([lost], known(reopened), live)).toEqual(NOTHING);
    expect(planTaskEnds([lost], known(reopened), new Map())).toEqual(NOTHING);
    expect(planTaskEnds([end()], known(reopened), new Map()).revise).toMatchObject([
      { end: { state: 'TASK_FAILED', reopenedAt: null } },
    ]);
  });

  it('stores an end that is first seen beside its own living task as reopened', () => {
    const lost = end({
      state: 'TASK_LOST',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_LOST', '11:10:00')],
    });
    expect(
      planTaskEnds([lost], new Map(), new Map([[liveKey(lost), lost.firstStatusAt]])).insert,
    ).toMatchObject([{ reopenedAt: now }]);
  });

  it('explains a kill once its deployment is known, and does not unexplain it when Marathon forgets', () => {
    const killed = {
      state: 'TASK_KILLED' as const,
      statuses: [
        status('TASK_RUNNING', '11:00:00'),
        status('TASK_KILLED', '11:30:00', { message: 'Container exited with status 143' }),
      ],
    };
    const app = {
      appId: '/shop/cart',
      lastTaskFailure: null,
      lastConfigChangeAt: null,
      lastScalingAt: null,
      killGraceSeconds: null,
    } as MarathonApp; // Only what the context reads.
    const marathon: MarathonKnowledge = {
      frameworkId: 'f1',
      apps: new Map([['/shop/cart', app]]),
      deployments: [
        {
          deploymentId: 'd-1',
          frameworkId: 'f1',
          version: at('11:29:00').toISOString(),
          affectedApps: ['/shop/cart'],
          actions: [{ action: 'RestartApplication', target: '/shop/cart' }],
          firstSeenAt: at('11:29:20'),
          endedAt: at('11:31:00'),
        },
      ],
      versions: new Map(),
    };
    const unexplained = end(killed);
    const explained = end(killed, { ...context, marathons: new Map([['f1', marathon]]) });
    expect(unexplained.disposition).toBe('unexplained');
    expect(explained).toMatchObject({
      cause: 'killed_by_deploy_or_scale',
      disposition: 'normal',
      deploymentId: 'd-1',
    });
    expect(planTaskEnds([explained], known(unexplained), new Map()).revise).toHaveLength(1);
    expect(planTaskEnds([unexplained], known(explained), new Map())).toEqual(NOTHING);
  });

  it('does not take a new task with the id of a lost one for its return', () => {
    const lost = end({
      state: 'TASK_LOST',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_LOST', '11:10:00')],
    });
    for (const firstStatusAt of [at('11:20:00'), null]) {
      const live = new Map([[liveKey(lost), firstStatusAt]]);
      expect(planTaskEnds([lost], new Map(), live).insert).toMatchObject([{ reopenedAt: null }]);
      expect(planTaskEnds([lost], known(lost), live)).toEqual(NOTHING);
    }
  });

  it('closes a reopened end at its next loss though the master’s clock lags behind ours', () => {
    const first = end({
      state: 'TASK_UNREACHABLE',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_UNREACHABLE', '11:10:00')],
    });
    const again = end({
      state: 'TASK_UNREACHABLE',
      statuses: [status('TASK_RUNNING', '11:00:00'), status('TASK_UNREACHABLE', '11:12:00')],
    });
    const reopened = { ...first, reopenedAt: at('11:20:00') };
    expect(planTaskEnds([again], known(reopened), new Map()).revise).toMatchObject([
      { end: { finishedAt: at('11:12:00'), reopenedAt: null } },
    ]);
  });

  it('learns the app and its version once Marathon can be read', () => {
    const unknown = { ...end(), appId: null, appVersion: null };
    expect(planTaskEnds([end()], known(unknown), new Map()).revise).toMatchObject([
      { end: { appId: '/shop/cart' } },
    ]);
    const dated = { ...end(), appVersion: '2026-03-01T09:00:00.000Z' };
    expect(planTaskEnds([dated], known(end()), new Map()).revise).toHaveLength(1);
    expect(planTaskEnds([end()], known(dated), new Map())).toEqual(NOTHING);
  });

  it('does not let a message that comes while Marathon is away unexplain a kill', () => {
    const bare = { state: 'TASK_KILLED' as const, statuses: [status('TASK_KILLED', '11:30:00')] };
    const explained = {
      ...end(bare),
      disposition: 'normal' as const,
      cause: 'killed_by_deploy_or_scale' as const,
    };
    const told = end({
      state: 'TASK_KILLED',
      statuses: [status('TASK_KILLED', '11:30:00', { message: 'Container exited with status 143' })],
    });
    expect(told.disposition).toBe('unexplained');
    expect(planTaskEnds([told], known(explained), new Map())).toEqual(NOTHING);
  });

  it('keeps one end of a task whose first status moved while its end waited to be acknowledged', () => {
    // RUNNING again (a health flip) takes the place of RUNNING, and then the end is told.
    const waiting = end({ statuses: [status('TASK_RUNNING', '11:00:00')] });
    const told = end({
      statuses: [status('TASK_RUNNING', '11:29:00', { healthy: false }), status('TASK_FAILED', '11:30:00')],
    });
    expect(told.id).not.toBe(waiting.id);
    const plan = planTaskEnds([told], new Map(), new Map(), [waiting]);
    expect(plan).toMatchObject({
      insert: [],
      revise: [
        {
          oldId: waiting.id,
          oldFinishedAt: waiting.finishedAt,
          // Its page keeps its address.
          end: { id: waiting.id, finishedAt: at('11:30:00'), startedAt: at('11:00:00'), revision: 1 },
        },
      ],
    });
  });

  it('does not replace a waiting end by that of a later task with its id, nor one still offered', () => {
    const waiting = end({ statuses: [status('TASK_RUNNING', '11:00:00')] });
    const later = end(
      { statuses: [status('TASK_RUNNING', '12:10:00'), status('TASK_FAILED', '12:20:00')] },
      { ...context, now: at('12:30:00') },
    );
    expect(planTaskEnds([later], new Map(), new Map(), [waiting])).toMatchObject({
      insert: [later],
      revise: [],
    });
    const other = end({ statuses: [status('TASK_RUNNING', '10:00:00'), status('TASK_FAILED', '10:30:00')] });
    expect(planTaskEnds([waiting, other], known(waiting), new Map(), [waiting])).toMatchObject({
      insert: [other],
      revise: [],
    });
  });
});

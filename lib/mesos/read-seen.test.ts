import { afterEach, describe, expect, it } from 'vitest';

import { endKey, type SeenEnd } from '@/lib/domain/seen-ends';
import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask } from '@/lib/domain/task';
import { routes, startTestServer, status } from '@/lib/upstream/test-server';

import { createMasterReader } from './read-master';

type Lists = Partial<Record<MesosTask['list'], unknown[]>>;
type Poll = {
  state: Lists;
  /** Null: the master does not answer GET_TASKS. */
  tasks?: Lists | null;
  /** Where /state breaks off. */
  cutAt?: string;
};

const FIRST = 1700000003.5;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** A master that is polled again and again by a collector that stores all it is told. */
async function collector() {
  const server = await startTestServer();
  const reader = createMasterReader({ urls: [server.url], credentials: null, timeoutMs: 5_000, ca: null });
  closers.push(server.close, reader.close);
  let seen = new Map<string, SeenEnd>();
  return async ({ state, tasks = null, cutAt }: Poll): Promise<MasterSnapshot> => {
    const text = JSON.stringify(stateOf(state));
    server.answer(
      routes({
        '/state': cutAt === undefined ? text : text.slice(0, indexIn(text, cutAt)),
        '/api/v1': tasks === null ? status(503) : { type: 'GET_TASKS', get_tasks: tasks },
        '/metrics/snapshot': { 'master/elected': 1 },
      }),
    );
    const snapshot = await reader.read(new AbortController().signal, seen);
    expect(snapshot.rejects.count).toBe(0);
    for (const task of snapshot.ended) expect(snapshot.wordsOf.get(task)).not.toEqual([]);
    expect([...snapshot.wordsOf.keys()]).toEqual(snapshot.ended);
    seen = remembered(snapshot);
    return snapshot;
  };
}

function indexIn(text: string, part: string): number {
  const index = text.indexOf(part);
  if (index === -1) throw new Error(`no ${part} in it`);
  return index;
}

function remembered({ ended, unchanged, wordsOf }: MasterSnapshot): Map<string, SeenEnd> {
  const all = ended.map((task): SeenEnd => {
    const { frameworkId, agentId, list, statuses } = task;
    const [firstStatusAt, finishedAt] = [statuses[0]?.at ?? null, statuses.at(-1)?.at ?? null];
    const key = endKey(task, firstStatusAt);
    return { key, frameworkId, agentId, list, firstStatusAt, finishedAt, words: wordsOf.get(task) ?? [] };
  });
  return new Map([...unchanged, ...all].flatMap((end) => end.words.map((words) => [words, end] as const)));
}

function stateOf(lists: Lists): Record<string, unknown> {
  const empty = { tasks: [], unreachable_tasks: [], completed_tasks: [] };
  return {
    version: '1.9.0',
    elected_time: 1699990001.25,
    id: 'master-1',
    slaves: [{ id: 'S1', hostname: 'a1', port: 5051 }],
    frameworks: [{ id: 'F1', name: 'marathon', ...empty, ...lists }],
    completed_frameworks: [],
  };
}

type Extra = { state?: string; first?: number; end?: number; message?: string; note?: string };

const statusesOf = ({ state = 'TASK_FAILED', first = FIRST, end = 1700000103.25 }: Extra) => [
  { state: 'TASK_RUNNING', timestamp: first },
  ...(state === 'TASK_RUNNING' ? [] : [{ state, timestamp: end }]),
];

/** As /state writes it. */
function task(id: string, extra: Extra = {}) {
  const { state = 'TASK_FAILED', note = '' } = extra;
  return { id, name: 'web', framework_id: 'F1', slave_id: 'S1', state, note, statuses: statusesOf(extra) };
}

/** As GET_TASKS writes it. */
function v1(id: string, extra: Extra = {}) {
  const { state = 'TASK_FAILED', message = 'died' } = extra;
  const statuses = statusesOf(extra).map((one, index) => (index === 0 ? one : { ...one, message }));
  const ids = { task_id: { value: id }, framework_id: { value: 'F1' }, agent_id: { value: 'S1' } };
  return { ...ids, name: 'web', state, statuses };
}

const told = ({ ended }: MasterSnapshot) =>
  ended.map(({ taskId, statuses }) => `${taskId} ${statuses.at(-1)?.message ?? 'mute'}`);
const firstOf = ({ ended }: MasterSnapshot) => ended.map(({ statuses }) => statuses[0]?.at?.getTime());

describe('what is told in words seen before', () => {
  const web1: Poll = {
    state: { completed_tasks: [task('web.1')] },
    tasks: { completed_tasks: [v1('web.1')] },
  };

  it('comes out as the same object at every poll, and counts in its ring', async () => {
    const poll = await collector();
    expect(told(await poll(web1))).toEqual(['web.1 died']);
    const second = await poll(web1);
    expect([second.ended, second.unchanged.length]).toEqual([[], 1]);
    expect(second.unchanged[0]).toMatchObject({
      key: `F1\0web.1\0S1\0${FIRST * 1000}`,
      frameworkId: 'F1',
      list: 'completed_tasks',
      finishedAt: new Date(1700000103250),
    });
    expect(second.unchanged[0]?.words).toHaveLength(2);
    expect([second.ringCounts.get('F1'), second.tasksRead]).toEqual([1, 1]);
    const third = await poll(web1);
    expect(third.unchanged[0]).toBe(second.unchanged[0]);
  });

  it('a new one beside it comes out alone', async () => {
    const poll = await collector();
    await poll(web1);
    const both = { completed_tasks: [task('web.1'), task('web.2')] };
    const snapshot = await poll({ state: both, tasks: { completed_tasks: [v1('web.1'), v1('web.2')] } });
    expect(told(snapshot)).toEqual(['web.2 died']);
    expect([snapshot.unchanged.length, snapshot.ringCounts.get('F1')]).toEqual([1, 2]);
  });

  it('without GET_TASKS /state alone will do, and when it is back nothing is told anew', async () => {
    const poll = await collector();
    await poll(web1);
    for (const tasks of [null, { completed_tasks: [v1('web.1')] }]) {
      const snapshot = await poll({ ...web1, tasks });
      expect([snapshot.ended, snapshot.unchanged.length]).toEqual([[], 1]);
    }
  });

  it('GET_TASKS alone will do where /state was cut before it', async () => {
    const poll = await collector();
    await poll(web1);
    const snapshot = await poll({ ...web1, cutAt: '"completed_tasks":' });
    expect([snapshot.complete, snapshot.ended, snapshot.unchanged.length]).toEqual([false, [], 1]);
  });

  it('an odd one that takes the full parser is passed over too', async () => {
    const poll = await collector();
    const odd = {
      state: { completed_tasks: [task('web.1', { note: '\n' })] },
      tasks: { completed_tasks: [v1('web.1', { message: 'line\nline é' })] },
    };
    expect(told(await poll(odd))).toEqual(['web.1 line\nline é']);
    expect((await poll(odd)).unchanged).toHaveLength(1);
  });

  it('its task alive again: both are told', async () => {
    const poll = await collector();
    const lost = { state: { completed_tasks: [task('web.1', { state: 'TASK_LOST' })] } };
    await poll(lost);
    const back = { ...lost.state, tasks: [task('web.1', { state: 'TASK_RUNNING' })] };
    const snapshot = await poll({ state: back });
    expect([snapshot.unchanged.length, snapshot.live.length, snapshot.ended]).toEqual([1, 1, []]);
  });

  it('counts in the ring of a framework that was cut off in the middle', async () => {
    const poll = await collector();
    await poll(web1);
    const cut = await poll({ ...web1, cutAt: ']}],"completed_frameworks"' });
    expect([cut.complete, cut.unchanged.length, cut.ringCounts.get('F1')]).toEqual([false, 1, 1]);
  });
});

describe('one document tells it in other words', () => {
  const seen = { completed_tasks: [task('web.1')] };

  it('the message comes a poll later: told once more, with the first time of /state', async () => {
    const poll = await collector();
    expect(told(await poll({ state: seen }))).toEqual(['web.1 mute']);
    const tasks = { completed_tasks: [v1('web.1', { first: FIRST + 0.001 })] };
    const second = await poll({ state: seen, tasks });
    expect(told(second)).toEqual(['web.1 died']);
    expect(firstOf(second)).toEqual([FIRST * 1000]);
    expect(second.unchanged).toEqual([]);
    expect(second.endedLate).toEqual([]);
    const third = await poll({ state: seen, tasks });
    expect([third.ended, third.unchanged.length]).toEqual([[], 1]);
  });

  it('GET_TASKS changes again and again: no words pile up', async () => {
    const poll = await collector();
    for (const message of ['a', 'b', 'c', 'd']) {
      const snapshot = await poll({ state: seen, tasks: { completed_tasks: [v1('web.1', { message })] } });
      expect(told(snapshot)).toEqual([`web.1 ${message}`]);
      expect([...snapshot.wordsOf.values()].map((words) => words.length)).toEqual([2]);
    }
  });

  it('/state changes: the message of GET_TASKS, seen before, is told with it', async () => {
    const poll = await collector();
    const tasks = { completed_tasks: [v1('web.1')] };
    await poll({ state: seen, tasks });
    const second = await poll({ state: { completed_tasks: [task('web.1', { note: 'new' })] }, tasks });
    expect(told(second)).toEqual(['web.1 died']);
    expect(second.unchanged).toEqual([]);
    expect(firstOf(second)).toEqual([FIRST * 1000]);
  });

  it('moved from tasks to the ring: told anew, as one of the ring', async () => {
    const poll = await collector();
    await poll({ state: { tasks: [task('web.1')] }, tasks: { tasks: [v1('web.1')] } });
    const moved = { state: seen, tasks: { completed_tasks: [v1('web.1')] } };
    const second = await poll(moved);
    expect(told(second)).toEqual(['web.1 died']);
    expect([second.ended[0]?.list, second.unchanged.length]).toEqual(['completed_tasks', 0]);
    expect((await poll(moved)).unchanged).toMatchObject([{ list: 'completed_tasks' }]);
  });

  it.each([
    ['tasks', 'completed_tasks'],
    ['unreachable_tasks', 'completed_tasks'],
  ] as const)('listed twice, in %s and %s: one end, of the ring, at every poll', async (one, other) => {
    const poll = await collector();
    const twice = { [one]: [task('web.1')], [other]: [task('web.1')] };
    const tasks = { [one]: [v1('web.1')], [other]: [v1('web.1')] };
    const first = await poll({ state: twice, tasks });
    expect([told(first), first.ended[0]?.list]).toEqual([['web.1 died'], 'completed_tasks']);
    for (const state of [twice, seen]) {
      const again = await poll({ state, tasks });
      expect([again.ended, again.unchanged.length]).toEqual([[], 1]);
    }
  });
});

describe('LOST beside FINISHED', () => {
  const lost = { state: 'TASK_LOST' };
  const finished = { state: 'TASK_FINISHED', end: 1700000203 };

  it.each([1, -1])('the real end joins a LOST one that was seen: told, and once', async (order) => {
    const poll = await collector();
    await poll({
      state: { completed_tasks: [task('web.1', lost)] },
      tasks: { completed_tasks: [v1('web.1', lost)] },
    });
    const both = {
      state: { completed_tasks: [task('web.1', lost), task('web.1', finished)].toSorted(() => order) },
      tasks: { completed_tasks: [v1('web.1', lost), v1('web.1', finished)].toSorted(() => order) },
    };
    const second = await poll(both);
    expect(second.ended.map(({ state }) => state)).toEqual(['TASK_FINISHED']);
    expect([second.unchanged, second.ringCounts.get('F1')]).toEqual([[], 2]);
    const third = await poll(both);
    expect([third.ended, third.unchanged.length, third.ringCounts.get('F1')]).toEqual([[], 1, 2]);
  });

  it('an id used again is another end: the older one stays unchanged', async () => {
    const poll = await collector();
    await poll({ state: { completed_tasks: [task('web.1')] }, tasks: { completed_tasks: [v1('web.1')] } });
    const later = { first: 1700001000, end: 1700001001, message: 'again' };
    const second = await poll({
      state: { completed_tasks: [task('web.1'), task('web.1', later)] },
      tasks: { completed_tasks: [v1('web.1'), v1('web.1', later)] },
    });
    expect([told(second), second.unchanged.length]).toEqual([['web.1 again'], 1]);
    expect(firstOf(second)).toEqual([1700001000000]);
  });
});

describe('ended between the two requests', () => {
  const alive = { tasks: [task('web.1', { state: 'TASK_RUNNING' })] };
  const tasks = { completed_tasks: [v1('web.1', { first: FIRST + 0.001 })] };

  it('has the first time that /state told of it alive, and keeps it when /state tells its end', async () => {
    const poll = await collector();
    const first = await poll({ state: alive, tasks });
    expect([told(first), firstOf(first), first.live]).toEqual([['web.1 died'], [FIRST * 1000], []]);
    expect(first.endedLate).toEqual(first.ended);
    const second = await poll({ state: { completed_tasks: [task('web.1')] }, tasks });
    expect([told(second), firstOf(second)]).toEqual([['web.1 died'], [FIRST * 1000]]);
    expect(second.endedLate).toEqual([]);
    expect((await poll({ state: { completed_tasks: [task('web.1')] }, tasks })).unchanged).toHaveLength(1);
  });

  it('never seen alive: the first time under which it was stored stays when /state tells another', async () => {
    const poll = await collector();
    const stored = firstOf(await poll({ state: {}, tasks }));
    const second = await poll({ state: { completed_tasks: [task('web.1')] }, tasks });
    expect([told(second), firstOf(second)]).toEqual([['web.1 died'], stored]);
  });

  it('in the ring of GET_TASKS alone, poll after poll: unchanged', async () => {
    const poll = await collector();
    await poll({ state: {}, tasks });
    const second = await poll({ state: {}, tasks });
    expect([second.ended, second.unchanged.length, second.endedLate]).toEqual([[], 1, []]);
  });
});

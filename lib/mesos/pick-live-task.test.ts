import { describe, expect, it } from 'vitest';

import { parseTask } from './parse-task';
import { LIVE_TASK_NAMES, pickLiveTask } from './pick-live-task';
import { memberNames, pickMembers } from './pick-members';
import { scanObject, scanText } from './scan-object';
import { createTextPool } from './text-pool';

const texts = createTextPool();
function pick(value: unknown) {
  const text = scanText(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, null, 1)));
  const found = new Int32Array(LIVE_TASK_NAMES.length);
  scanObject(text, 0, LIVE_TASK_NAMES, found);
  return pickLiveTask({ text, found }, texts);
}

const TASK = {
  container: { type: 'DOCKER', docker: { image: 'a', note: 'x"},{"state":"TASK_FAILED' } },
  framework_id: 'F-0000',
  id: 'web.1',
  labels: [{ key: 'id', value: 'not this' }],
  slave_id: 'S1',
  state: 'TASK_RUNNING',
  statuses: [
    { container_status: { timestamp: 1 }, state: 'TASK_STAGING', timestamp: 1428903300.9646 },
    { state: 'TASK_RUNNING', timestamp: 1428903400 },
  ],
};

describe('pickLiveTask', () => {
  it('reads what the full parser reads', () => {
    const { task } = parseTask(TASK, 'tasks');
    expect(pick(TASK)).toEqual({
      frameworkId: task?.frameworkId,
      taskId: task?.taskId,
      agentId: task?.agentId,
      state: task?.state,
      firstStatusAt: task?.statuses[0]?.at,
      killingSince: null,
    });
  });

  it('a task without any status has no first time', () => {
    expect(pick({ ...TASK, statuses: [] })?.firstStatusAt).toBeNull();
  });

  it.each([
    ['ended', { ...TASK, state: 'TASK_FAILED' }],
    ['being killed', { ...TASK, state: 'TASK_KILLING' }],
    ['of an unknown state', { ...TASK, state: 'TASK_ODD' }],
    ['without a state', { ...TASK, state: undefined }],
    ['without an id', { ...TASK, id: undefined }],
    ['with an id as a number', { ...TASK, id: 7 }],
    ['with an escape in its id', { ...TASK, id: 'a"b' }],
    [
      'whose first status is odd',
      { ...TASK, statuses: [{ state: 'TASK_ODD', timestamp: 1 }, ...TASK.statuses] },
    ],
    ['whose time is text', { ...TASK, statuses: [{ state: 'TASK_RUNNING', timestamp: '1428903300' }] }],
    ['that is no object', '[1]'],
    ['that is no JSON', '{"id":"a" "framework_id":"b"}'],
    ['that is cut', '{"id":"a'],
  ])('a task %s is left to the full parser', (_name, value) => {
    expect(pick(value)).toBeNull();
  });
});

describe('pickMembers', () => {
  it('takes top-level members only, in the order asked', () => {
    const raw = Buffer.from('{ "a" : {"b":1} ,"b": [ "}", 2 ] , "c":-1.5e3}');
    const at = pickMembers(raw, memberNames('c', 'b', 'd')) ?? [];
    expect(raw.toString('utf8', at[0], at[1])).toBe('-1.5e3');
    expect(raw.toString('utf8', at[2], at[3])).toBe('[ "}", 2 ]');
    expect(at.slice(4)).toEqual([-1, -1]);
  });
  it('an escaped key: null as a whole', () => {
    expect(pickMembers(Buffer.from('{"\\u0062":1,"b":2}'), memberNames('b'))).toBeNull();
  });
  it('an empty object has nothing', () => {
    expect(pickMembers(Buffer.from('{ }'), memberNames('b'))).toEqual([-1, -1]);
  });
});

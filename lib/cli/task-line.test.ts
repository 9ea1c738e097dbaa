import { describe, expect, it } from 'vitest';

import { parseTaskLine } from './task-line';

const killed = { id: 'k1', state: 'TASK_KILLED' };

describe('parseTaskLine', () => {
  it('maps status and context', () => {
    const line = JSON.stringify({
      id: 7,
      state: 'TASK_FAILED',
      reason: 'REASON_EXECUTOR_TERMINATED',
      status_source: 'SOURCE_SLAVE',
      message: 'x',
      context: {
        container: 'docker',
        mem: '512',
        image: 'r/x:1',
        health: 'failed',
        marathon_event: null,
        kernel_log: ['…'],
      },
    });
    expect(parseTaskLine(line)).toMatchObject({
      id: 7,
      facts: {
        state: 'TASK_FAILED',
        reason: 'REASON_EXECUTOR_TERMINATED',
        source: 'SOURCE_SLAVE',
        message: 'x',
        containerizer: 'DOCKER',
        memMb: 512,
        image: 'r/x:1',
        healthy: false,
        marathon: null,
        onlyStatus: true,
      },
    });
  });

  it.each([
    { when: 'an unhealthy kill', event: 'unhealthy_task_kill_event', healthy: false, hasDeployment: false },
    { when: 'a deployment', event: 'deployment_success', healthy: null, hasDeployment: true },
    { when: 'a destroyed app', event: 'app_terminated_event', healthy: null, hasDeployment: true },
    { when: 'the name of a field', event: 'lastTaskFailure', healthy: null, hasDeployment: false },
  ])('$when: $event', ({ event, healthy, hasDeployment }) => {
    const parsed = parseTaskLine(JSON.stringify({ ...killed, context: { marathon_event: event } }));
    if ('error' in parsed) throw new Error(parsed.error);
    expect(parsed.facts.healthy).toBe(healthy);
    expect(parsed.facts.marathon !== null).toBe(hasDeployment);
  });

  it('a deployment explains no failure', () => {
    const parsed = parseTaskLine(
      JSON.stringify({ id: 'f', state: 'TASK_FAILED', context: { marathon_event: 'deployment_success' } }),
    );
    expect(parsed).toMatchObject({ facts: { marathon: null } });
  });

  it.each([
    { when: 'no JSON', line: '{', want: { id: null, error: 'not JSON' } },
    { when: 'no object', line: '[1]', want: { id: null, error: expect.stringContaining('line: ') } },
    { when: 'no state', line: '{"id":"a"}', want: { id: 'a', error: expect.stringContaining('state: ') } },
    {
      when: 'a state of nobody',
      line: '{"id":"a","state":"TASK_EXPLODED"}',
      want: { id: 'a', error: 'state: not a Mesos task state' },
    },
    {
      when: 'a message that is no text',
      line: '{"id":"a","state":"TASK_FAILED","message":{}}',
      want: { id: 'a', error: expect.stringContaining('message: ') },
    },
  ])('$when is an error', ({ line, want }) => {
    expect(parseTaskLine(line)).toEqual(want);
  });

  it('a state in which nothing has ended is read as LOST', () => {
    expect(parseTaskLine('{"id":"a","state":"TASK_UNKNOWN"}')).toMatchObject({
      facts: { state: 'TASK_LOST' },
    });
  });
});

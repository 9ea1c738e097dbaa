import { describe, expect, it } from 'vitest';

import { parseDockerInspect } from './parse-docker-inspect';

const ID = '812c82c5a7a5'.padEnd(64, '0');
const CONTAINER = '3f0c6f6e-1111-4222-8333-444455556666';

function inspect(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    Id: ID,
    Name: `/mesos-${CONTAINER}`,
    State: { Running: true, Pid: 76510 },
    HostConfig: { Memory: 4294967296, MemorySwap: -1 },
    Config: { Env: ['DB_PASSWORD=hush'] },
    ...extra,
  };
}
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

describe('parseDockerInspect', () => {
  it.each([
    ['an array', [inspect()]],
    ['an object', inspect()],
  ])('reads %s, and keeps nothing of the environment', (_name, value) => {
    expect(parseDockerInspect(base64(value))).toEqual({
      dockerId: ID,
      containerId: CONTAINER,
      pid: 76510,
      limitBytes: 4294967296,
    });
  });

  it.each([
    [`/mesos-8e1f-S7.${CONTAINER}`, CONTAINER],
    [`mesos-${CONTAINER}`, CONTAINER],
    [`/mesos-${CONTAINER.toUpperCase()}`, CONTAINER],
    ['/k8s_web_1', null],
    ['/mesos-something', null],
    [undefined, null],
  ])('name %s', (Name, containerId) => {
    expect(parseDockerInspect(base64(inspect({ Name })))?.containerId).toBe(containerId);
  });

  it.each([
    ['not running', { State: { Pid: 0 } }, { pid: null }],
    ['without a limit', { HostConfig: { Memory: 0 } }, { limitBytes: null }],
    ['odd', { State: 'x', HostConfig: [] }, { pid: null, limitBytes: null }],
  ])('a container %s', (_name, extra, expected) => {
    expect(parseDockerInspect(base64(inspect(extra)))).toMatchObject(expected);
  });

  it.each([
    ['no text', 7],
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('x{').toString('base64')],
    ['an empty array', base64([])],
    ['a short id', base64(inspect({ Id: 'abc' }))],
    ['more than 1 MiB', base64(inspect({ Config: 'x'.repeat(1024 * 1024) }))],
  ])('%s: null', (_name, value) => {
    expect(parseDockerInspect(value)).toBeNull();
  });
});

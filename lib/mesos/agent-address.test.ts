import { describe, expect, it } from 'vitest';

import { agentAddress, isAtLeast } from './agent-address';

const agent = { agentId: 'S1', hostname: 'a1.example.test', port: 5051, version: '1.11.0' };

describe('agentAddress', () => {
  it.each([
    ['slave(1)@10.0.0.11:5051', { hostPort: '10.0.0.11:5051', process: 'slave(1)' }],
    ['slave(12)@[fd00::1]:5051', { hostPort: '[fd00::1]:5051', process: 'slave(12)' }],
    [null, { hostPort: 'a1.example.test:5051', process: 'slave(1)' }],
    ['slave(1)@', { hostPort: 'a1.example.test:5051', process: 'slave(1)' }],
    // Nothing may turn the rest of the URL into something else.
    ['slave(1)@user:pass@evil.test:80', null],
    ['slave(1)@evil.test/x?y:80', null],
    // Where clouds tell secrets, in each of its spellings; nowhere; everywhere.
    ['slave(1)@169.254.169.254:80', null],
    ['slave(1)@2852039166:80', null],
    ['slave(1)@0xa9.0xfe.0xa9.0xfe:80', null],
    ['slave(1)@[::ffff:169.254.169.254]:80', null],
    ['slave(1)@[fd00:ec2::254]:80', null],
    ['slave(1)@[fe80::1]:5051', null],
    ['slave(1)@0.0.0.0:5051', null],
    ['slave(1)@239.1.1.1:5051', null],
    // A cluster on one machine.
    ['slave(1)@127.0.0.1:5051', { hostPort: '127.0.0.1:5051', process: 'slave(1)' }],
    ['slave(1)/../x@10.0.0.11:5051', { hostPort: 'a1.example.test:5051', process: 'slave(1)' }],
  ])('%s', (pid, expected) => {
    const address = agentAddress({ ...agent, pid });
    if (expected === null) expect(address).toBeNull();
    else expect(address).toMatchObject(expected);
  });
  it('a host name that cannot be one: null', () => {
    expect(agentAddress({ ...agent, hostname: 'a b', pid: null })).toBeNull();
  });
});

describe('isAtLeast', () => {
  it.each([
    ['1.5.0', true],
    ['1.11.0', true],
    ['2.0', true],
    ['1.4.3', false],
    ['0.28.3', false],
    [null, true],
    ['odd', true],
  ])('%s is at least 1.5: %s', (version, expected) => {
    expect(isAtLeast(version, [1, 5])).toBe(expected);
  });
});

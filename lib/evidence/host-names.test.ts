import { describe, expect, it } from 'vitest';

import { addressOfPid, createHostMatcher, type NamedAgent, shortName } from './host-names';

const named = (hostname: string, ip: string | null = null): NamedAgent => ({ hostname, ip });

const FLEET = [
  named('node-1.example.test', '10.0.0.1'),
  named('node-2.example.test', '10.0.0.2'),
  named('node-3', '10.0.0.3'),
  named('10.0.0.4', '10.0.0.4'),
  named('twin.a.test', '10.0.1.1'),
  named('twin.b.test', '10.0.1.2'),
  named('shared-1.test', '10.0.9.9'),
  named('shared-2.test', '10.0.9.9'),
  named('node-6.example.test', 'fd00::6'),
];
const ALIASES = new Map([
  ['worker-b7', 'node-2.example.test'],
  ['node-3', 'node-2.example.test'],
  ['loghost', ''],
]);

const matchHost = (
  printed: string | null,
  agents: readonly NamedAgent[],
  aliases: ReadonlyMap<string, string> = new Map(),
  peerAddress: string | null = null,
) => createHostMatcher(agents, aliases)(printed, peerAddress);

describe('createHostMatcher', () => {
  it.each([
    { when: 'the same name', printed: 'node-1.example.test', want: 'node-1.example.test' },
    { when: 'another case', printed: 'NODE-1.Example.TEST', want: 'node-1.example.test' },
    { when: 'a trailing dot', printed: 'node-1.example.test.', want: 'node-1.example.test' },
    { when: 'short against full', printed: 'node-1', want: 'node-1.example.test' },
    { when: 'full against short', printed: 'node-3.example.test', want: 'node-3' },
    { when: 'two domains', printed: 'node-1.other.test', want: null },
    { when: 'a short name of two agents', printed: 'twin', want: null },
    { when: 'each of the two by its full name', printed: 'twin.b.test', want: 'twin.b.test' },
    { when: 'an address printed', printed: '10.0.0.2', want: 'node-2.example.test' },
    { when: 'an IPv6 address printed', printed: 'fd00::6', want: 'node-6.example.test' },
    { when: 'an agent named by its address', printed: '10.0.0.4', want: '10.0.0.4' },
    { when: 'that address as AWS spells it', printed: 'ip-10-0-0-4.ec2.internal', want: '10.0.0.4' },
    { when: 'an address that is another’s beginning', printed: '10.0.0.44', want: null },
    { when: 'an address of two agents', printed: '10.0.9.9', want: null },
    { when: 'a learnt alias', printed: 'Worker-B7', want: 'node-2.example.test' },
    { when: 'an agent’s own name, though it was learnt for another', printed: 'node-3', want: 'node-3' },
    { when: 'a name learnt to be of several hosts', printed: 'loghost', want: null },
    { when: 'the sender’s address', printed: 'odd-name', peer: '10.0.0.3', want: 'node-3' },
    {
      when: 'the sender’s address, mapped',
      printed: null,
      peer: '::ffff:10.0.0.1',
      want: 'node-1.example.test',
    },
    { when: 'the name before the sender', printed: 'node-1', peer: '10.0.0.3', want: 'node-1.example.test' },
    { when: 'what every machine calls itself', printed: 'localhost', want: null },
    { when: 'nothing printed', printed: null, want: null },
    { when: 'a machine of others', printed: 'db-1.example.test', want: null },
  ])('$when: $want', ({ printed, peer, want }) => {
    expect(matchHost(printed, FLEET, ALIASES, peer ?? null)).toBe(want);
  });

  it('takes an agent that registered several times for one', () => {
    expect(matchHost('node-9', [named('node-9.test', '10.1.1.1'), named('node-9.test', '10.1.1.1')])).toBe(
      'node-9.test',
    );
  });
});

describe('addressOfPid', () => {
  it.each([
    ['slave(1)@10.0.0.7:5051', '10.0.0.7'],
    ['slave(1)@[fd00::7]:5051', 'fd00::7'],
    ['slave(1)@host:5051', null],
    ['10.0.0.7:5051', null],
    [null, null],
  ])('%s: %s', (pid, want) => {
    expect(addressOfPid(pid)).toBe(want);
  });
});

it('keeps one name of a host in whatever form it is sent', () => {
  expect(['node-1', 'NODE-1.example.test.', 'node-1.other.test'].map(shortName)).toEqual(
    Array.from({ length: 3 }, () => 'node-1'),
  );
  expect(shortName('10.0.0.7')).toBe('10.0.0.7');
});

import { expect, it } from 'vitest';

import { refillWords } from './refill-words';

const done = { ends: 41, agentsAsked: 12, agentsAnswered: 12, at: '2026-11-25T12:00:00.000Z' };

it.each([
  ['ring_overrun', null, null],
  ['master_failover', null, 'agents not asked'],
  ['master_failover', done, '41 ends from 12 of 12 agents'],
  ['master_failover', { ...done, ends: 1, agentsAnswered: 11 }, '1 end from 11 of 12 agents'],
  ['master_failover', { ...done, ends: 0 }, 'nothing was missing on 12 of 12 agents'],
  ['master_failover', { ...done, agentsAsked: 0, agentsAnswered: 0, ends: 0 }, 'no agent was there to ask'],
  [
    'master_failover',
    { ends: 3, agentsAsked: null, agentsAnswered: null, at: null },
    'agents are being asked; 3 ends so far',
  ],
])('%s %o: %s', (kind, refill, words) => {
  expect(refillWords({ kind, refill })).toBe(words);
});

import { expect, it } from 'vitest';

import { hostLabel, isAgentId } from './host-label';

it.each([
  ['b54dcf28-b58e-488f-832b-44e3ae61499e-S23', 'agent b54dcf28…S23'],
  ['20141119-101031-201330860-5050-3757-S12', 'agent 20141119-101031…S12'],
  ['20141119-101031-201330860-5050-3757-7', 'agent 20141119-101031…7'],
])('the agent id %s reads %s', (id, label) => {
  expect(isAgentId(id)).toBe(true);
  expect(hostLabel(id)).toBe(label);
});

it.each(['node-24.fra1.example.test', '10.0.0.7', 'ip-10-0-0-7', '20141119', ''])(
  'the name %j stays',
  (name) => {
    expect(isAgentId(name)).toBe(false);
    expect(hostLabel(name)).toBe(name);
  },
);

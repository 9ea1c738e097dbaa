import { describe, expect, it } from 'vitest';

import type { StatusBody } from '@/lib/contracts/status';

import { missingFeatures } from './missing-features';

type Status = Parameters<typeof missingFeatures>[0];

const source = (name: string) => ({ source: name }) as StatusBody['sources'][number];
const input = (lastAt: string, lines = 5) => ({ lastAt, lines }) as StatusBody['logInputs'][number];
const agents = (asked: number, answered: number, cluster = 'east') =>
  ({ cluster, listed: 3, asked, answered }) as StatusBody['agents'][number];

const ALL: Status = {
  now: '2026-11-25T12:00:00.000Z',
  clusters: [],
  sources: [source('mesos'), source('marathon:http://m')],
  logInputs: [input('2026-11-24T12:00:00.000Z')],
  agents: [agents(3, 1)],
};

describe('missingFeatures', () => {
  it.each<{ when: string; status: Partial<Status>; wants: RegExp[] }>([
    { when: 'all is there', status: {}, wants: [] },
    { when: 'no Marathon', status: { sources: [source('mesos')] }, wants: [/MARATHON_URLS/] },
    { when: 'no logs', status: { logInputs: [] }, wants: [/LOGS_TOKEN/] },
    { when: 'a file that was never read', status: { logInputs: [input(ALL.now, 0)] }, wants: [/LOGS_TOKEN/] },
    {
      when: 'logs fell silent a day and a second ago',
      status: { logInputs: [input('2026-11-24T11:59:59.000Z')] },
      wants: [/for a day/],
    },
    { when: 'no agent was asked', status: { agents: [agents(0, 0)] }, wants: [/AGENT_SAMPLE_INTERVAL_MS/] },
    { when: 'no agent answers', status: { agents: [agents(3, 0)] }, wants: [/5051/] },
    { when: 'nothing was ever read', status: { sources: [], agents: [] }, wants: [] },
  ])('$when', ({ status, wants }) => {
    const found = missingFeatures({ ...ALL, ...status });
    expect(found).toHaveLength(wants.length);
    for (const [index, want] of wants.entries()) expect(found[index]?.want).toMatch(want);
  });

  it('names the cluster where there are several', () => {
    const [one] = missingFeatures({ ...ALL, agents: [agents(3, 3), agents(3, 0, 'west')] });
    expect(one?.what).toContain('(west)');
  });
});

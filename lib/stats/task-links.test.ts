import { describe, expect, it } from 'vitest';

import { type LinkFacts, taskLinks } from './task-links';

const facts: LinkFacts = {
  masterUrl: 'http://master-1:5050',
  masterVersion: '1.11.0',
  listedAgentId: 'abc-S1',
  marathonUrl: 'http://marathon:8080/',
  appId: '/shop/cart',
};

describe('taskLinks', () => {
  it('names the agent and the app in the UIs of master and Marathon', () => {
    expect(taskLinks(facts)).toEqual({
      mesosAgent: 'http://master-1:5050/#/agents/abc-S1',
      marathonApp: 'http://marathon:8080/ui/#/apps/%2Fshop%2Fcart',
    });
  });

  it('says slaves to a master older than 1.0', () => {
    expect(taskLinks({ ...facts, masterVersion: '0.28.2' }).mesosAgent).toBe(
      'http://master-1:5050/#/slaves/abc-S1',
    );
  });

  it('keeps the path of a Marathon behind a proxy', () => {
    expect(
      taskLinks({ ...facts, marathonUrl: 'https://dcos.example.net/service/marathon' }).marathonApp,
    ).toBe('https://dcos.example.net/service/marathon/ui/#/apps/%2Fshop%2Fcart');
  });

  it.each([
    ['javascript:alert(1)'],
    ['data:text/html,<script>alert(1)</script>'],
    ['ftp://marathon/'],
    ['//marathon:8080'],
    ['not an address'],
    [''],
    [null],
  ])('%j becomes no link', (marathonUrl) => {
    expect(taskLinks({ ...facts, marathonUrl }).marathonApp).toBeNull();
  });

  it('never shows credentials', () => {
    const links = taskLinks({
      ...facts,
      masterUrl: 'http://ops:hunter2@m:5050',
      marathonUrl: 'http://ops:hunter2@m:8080',
    });
    expect(JSON.stringify(links)).not.toMatch(/ops|hunter2/);
  });

  it('gives no link without app, and none to an agent that is gone', () => {
    expect(taskLinks({ ...facts, appId: null, listedAgentId: null })).toEqual({
      mesosAgent: null,
      marathonApp: null,
    });
  });
});

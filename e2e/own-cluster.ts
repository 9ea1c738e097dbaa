import { type APIRequestContext, expect } from '@playwright/test';

import { startProductionServer } from '../scripts/production-server.mjs';
import { test as checked } from './checked-test';

export type OwnCluster = {
  url: string;
  /** Orders to the simulated cluster: `advance?seconds=600`. See sim/main.ts. */
  order: (call: string) => Promise<void>;
  /** Every end that happened in it. */
  truth: () => Promise<TrueEnd[]>;
};

/** As the simulated cluster itself knows an end; `revivedAt` is set where the task came back to life. */
export type TrueEnd = {
  frameworkId: string;
  taskId: string;
  agentId: string;
  hostname: string | null;
  appId: string | null;
  state: string;
  finishedAt: string;
  revivedAt: string | null;
};

/** A test with a server and a cluster of its own, to be troubled without troubling other tests. */
export const test = checked.extend<{ baseURL: string }, { cluster: OwnCluster }>({
  cluster: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern which fixtures this one needs.
    async ({}, use) => {
      const server = await startProductionServer({
        env: { POLL_INTERVAL_MS: '1000', POLL_TIMEOUT_MS: '2000' },
        simArgs: ['--history=2d'],
      });
      await use({
        url: server.url,
        order: async (call) => void (await ask(`${server.simControl}/sim/${call}`, 'POST')),
        truth: async () => {
          const answer = await ask(`${server.simControl}/sim/truth`, 'GET');
          const body: { ends: TrueEnd[] } = await answer.json();
          return body.ends;
        },
      });
      await server.stop();
    },
    { scope: 'worker', timeout: 300_000 },
  ],
  baseURL: async ({ cluster }, use) => use(cluster.url),
});

export { type APIRequestContext, expect };

async function ask(url: string, method: 'GET' | 'POST'): Promise<Response> {
  const answer = await fetch(url, { method });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}

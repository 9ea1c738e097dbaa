import { type APIRequestContext, expect } from '@playwright/test';

import { startProductionServer } from '../scripts/production-server.mjs';
import { test as checked } from './checked-test';

export type OwnCluster = {
  url: string;
  /** Orders to the simulated cluster: `advance?seconds=600`. See sim/main.ts. */
  order: (call: string) => Promise<void>;
  /** Every end that happened in it. */
  truth: () => Promise<TrueEnd[]>;
  /** What went on without ending a task by itself. */
  incidents: () => Promise<Incident[]>;
  /** Lines of the hosts' logs as the collector finds them in its file; `?host=…&since=…` narrows. */
  hostLogs: (query?: string) => Promise<{ hostname: string; at: string; line: string }[]>;
};

export type Incident = { kind: string; hostname: string; taskId: string | null; killedPid: number | null };

/** As the simulated cluster itself knows an end; `revivedAt` is set where the task came back to life. */
export type TrueEnd = {
  frameworkId: string;
  taskId: string;
  agentId: string;
  hostname: string | null;
  appId: string | null;
  state: string;
  /** What really happened, and the most that can be said of it with every source. */
  cause: string;
  proof: 'proven' | 'likely' | 'possible';
  containerId: string;
  dockerId: string | null;
  pid: number;
  /** Process that the kernel killed. */
  killedPid: number | null;
  finishedAt: string;
  revivedAt: string | null;
};

/** What senders of logs show to the servers of `testWith`. */
export const LOGS_TOKEN = 'e2e-token-of-senders';

/**
 * Tests with a server and a cluster of their own, to be troubled without troubling other tests. `env`: settings of the
 * server; `simArgs`: of the cluster, see sim/options.ts.
 */
export const testWith = ({ env, simArgs }: { env?: Record<string, string>; simArgs: string[] }) =>
  checked.extend<{ baseURL: string }, { cluster: OwnCluster }>({
    cluster: [
      // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern which fixtures this one needs.
      async ({}, use) => {
        const server = await startProductionServer({
          env: { POLL_INTERVAL_MS: '1000', POLL_TIMEOUT_MS: '2000', LOGS_TOKEN, ...env },
          simArgs,
        });
        await use({
          url: server.url,
          order: async (call) => void (await ask(`${server.simControl}/sim/${call}`, 'POST')),
          truth: async () => {
            const answer = await ask(`${server.simControl}/sim/truth`, 'GET');
            const body: { ends: TrueEnd[] } = await answer.json();
            return body.ends;
          },
          incidents: async () => {
            const answer = await ask(`${server.simControl}/sim/truth`, 'GET');
            const body: { incidents: Incident[] } = await answer.json();
            return body.incidents;
          },
          hostLogs: async (query = '') => {
            const answer = await ask(`${server.simControl}/sim/host-logs${query}`, 'GET');
            const body: { lines: { hostname: string; at: string; line: string }[] } = await answer.json();
            return body.lines;
          },
        });
        await server.stop();
      },
      { scope: 'worker', timeout: 300_000 },
    ],
    baseURL: async ({ cluster }, use) => use(cluster.url),
  });

export const test = testWith({ simArgs: ['--history=2d'] });

export { type APIRequestContext, expect };

async function ask(url: string, method: 'GET' | 'POST'): Promise<Response> {
  const answer = await fetch(url, { method });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}

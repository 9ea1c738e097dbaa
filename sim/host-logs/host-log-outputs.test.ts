import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { Cluster } from '../start-cluster';
import { startTestCluster } from '../test-cluster';

const NOW = Date.UTC(2026, 5, 10, 14) / 1000;
let dir = '';
let clock = NOW;
let cluster: Cluster | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sim-out-'));
  clock = NOW;
});
afterEach(async () => {
  await cluster?.stop();
  rmSync(dir, { recursive: true });
});

async function runOnce(options: Parameters<typeof startTestCluster>[0] = {}): Promise<string[]> {
  cluster = await startTestCluster({
    historySeconds: 6 * 3600,
    epochFile: join(dir, 'sim.json'),
    hostLogFile: join(dir, 'hosts.log'),
    realNow: () => clock,
    ...options,
  });
  await cluster.stop();
  cluster = null;
  return readFileSync(join(dir, 'hosts.log'), 'utf8').trimEnd().split('\n');
}

it('the invented past is written at the start; the next start adds what came since, and nothing twice', async () => {
  const first = await runOnce();
  expect(first.length).toBeGreaterThan(800);
  clock += 1800;
  const second = await runOnce();
  expect(second.slice(0, first.length)).toEqual(first);
  expect(second.length).toBeGreaterThan(first.length + 30);
  expect(await runOnce()).toEqual(second);
});

it('without the past the file begins with the present', async () => {
  // Nothing has happened yet since it began: there is no file.
  await expect(runOnce({ hostLogPast: false })).rejects.toThrow(/ENOENT/);
  clock += 1800;
  const lines = await runOnce({ hostLogPast: false });
  expect(lines.length).toBeGreaterThan(30);
  expect(lines.length).toBeLessThan(600);
});

it('sends what happens from now on by syslog, and nothing of the past', async () => {
  let text = '';
  const server = createServer((socket) => socket.on('data', (chunk) => (text += chunk)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  cluster = await startTestCluster({
    historySeconds: 3600,
    syslog: { host: '127.0.0.1', port },
    welcomes: false,
  });
  try {
    cluster.simulation.trigger('oom-java');
    cluster.simulation.skip(30);
    await expect.poll(() => text, { timeout: 5000 }).toContain('Killed process');
    const first = /^(\d+) (<\d+>1 (\S+) [\s\S]*)$/.exec(text);
    expect(Date.parse(first?.[3] ?? '')).toBeGreaterThan((NOW - 95) * 1000);
    // The count leads from one message to the next.
    const end = Buffer.from(first?.[2] ?? '')
      .subarray(Number(first?.[1]))
      .toString();
    expect(end).toMatch(/^\d+ <\d+>1 /);
  } finally {
    await cluster.stop();
    server.close();
  }
});

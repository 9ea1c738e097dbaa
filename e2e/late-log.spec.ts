import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { type APIRequestContext, expect, LOGS_TOKEN, testWith } from './own-cluster';
import { taskEnds, taskPath } from './task-ends';

// Another one for each run, as two may go on at a time on one machine.
const SYSLOG_PORT = String(20_000 + (process.pid % 10_000));

const test = testWith({
  env: { SYSLOG_PORT },
  // Of what happened before, no log reaches the server but what these tests send.
  simArgs: ['--history=3h', '--no-host-log-past'],
});
test.describe.configure({ mode: 'serial', timeout: 120_000 });

const SOON = { timeout: 45_000 };

/** The kernel's report of a kill in a container of an end, as its host's syslog writes it at that time. */
function report(end: { host: string; finishedAt: string; memMb: number }, pid: number): string[] {
  const at = new Date(Date.parse(end.finishedAt) - 900).toISOString();
  const id = pid.toString(16).padStart(12, '0').padEnd(64, 'c');
  const limit = end.memMb * 1024;
  return [
    'java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0',
    `Task in /docker/${id} killed as a result of limit of /docker/${id}`,
    `memory: usage ${limit}kB, limit ${limit}kB, failcnt 977`,
    `Memory cgroup out of memory: Kill process ${pid} (java) score 1001 or sacrifice child`,
    `Killed process ${pid} (java) total-vm:9000000kB, anon-rss:${limit - 4096}kB, file-rss:812kB`,
  ].map((text) => `${at} ${end.host} kernel: ${text}`);
}

/** Two ends by SIGKILL on which nothing is known yet. */
async function unproven(request: APIRequestContext) {
  const ends = await taskEnds(request, 'cause=sigkill_137_unproven&app=/search/indexer&limit=2');
  return await Promise.all(
    ends.map(async (end) => {
      const { task } = await (await request.get(`/api/v1${taskPath(end)}`)).json();
      return { ...end, host: task.host as string, memMb: task.memMb as number };
    }),
  );
}

test('a kernel log that comes after the status upgrades the verdict on the open page', async ({
  page,
  request,
}) => {
  await expect.poll(async () => (await unproven(request)).length, SOON).toBe(2);
  const [end] = await unproven(request);
  if (end === undefined) throw new Error('unreachable');
  await page.goto(taskPath(end));
  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect(verdict).toContainText('SIGKILL');
  await expect(page.getByRole('region', { name: 'Evidence' })).toContainText('No host log names');

  const send = (token: string) =>
    request.post('/api/v1/logs', {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
      data: `${report(end, 41_001).join('\n')}\n`,
    });
  expect((await send('not the token of this server')).status()).toBe(401);
  const answer = await send(LOGS_TOKEN);
  expect(await answer.json()).toMatchObject({ accepted: 5, rejected: 0, duplicates: 0, signals: 1 });

  // No reload: the page asks by itself.
  await expect(verdict).toContainText('Out of memory (container limit)', SOON);
  await expect(verdict).toContainText('Likely:');
  await expect(page.getByRole('region', { name: 'Evidence' })).toContainText('Killed process 41001');

  // The same again changes nothing.
  const { task: before } = await (await request.get(`/api/v1${taskPath(end)}`)).json();
  const again = await (await send(LOGS_TOKEN)).json();
  expect(again).toMatchObject({ signals: 0, rejected: 0 });
  expect(again.duplicates).toBeGreaterThan(0);
  // Two of the collector's looks at what logs brought.
  await delay(2_500);
  const { task: after, evidence } = await (await request.get(`/api/v1${taskPath(end)}`)).json();
  expect(after).toEqual(before);
  expect(evidence).toHaveLength(1);
});

test('the same by syslog over TCP, octet-counted', async ({ request }) => {
  const [end] = await unproven(request);
  if (end === undefined) throw new Error('no end by SIGKILL is left');
  const framed = report(end, 41_002).map((line) => {
    const [, at = '', host = '', text = ''] = /^(\S+) (\S+) kernel: (.*)$/.exec(line) ?? [];
    const message = `<4>1 ${at} ${host} kernel - - - ${text}`;
    return `${Buffer.byteLength(message)} ${message}`;
  });
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(SYSLOG_PORT), '127.0.0.1', () => socket.end(framed.join('')));
    socket.on('close', () => resolve());
    socket.on('error', reject);
  });
  const cause = async () => {
    const { task } = await (await request.get(`/api/v1${taskPath(end)}`)).json();
    return task.cause;
  };
  await expect.poll(cause, SOON).toBe('oom_cgroup_limit');
});

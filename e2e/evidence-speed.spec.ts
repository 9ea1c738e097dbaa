import { setTimeout as delay } from 'node:timers/promises';

import { endPath, type TaskDetail, taskDetail } from './evidence-api';
import { type APIRequestContext, expect, type TrueEnd, testWith } from './own-cluster';

// As it is delivered: a poll every 30 s, and the event stream in between.
const test = testWith({
  env: { POLL_INTERVAL_MS: '30000', POLL_TIMEOUT_MS: '20000' },
  simArgs: ['--history=0s', '--quiet', '--scenario='],
});

const ROUNDS = 15;
const WITHIN_SECONDS = 10;

/** Seconds from `since` until the page of an end shows a line of the kernel that names the process it killed. */
async function secondsUntilShown(request: APIRequestContext, end: TrueEnd, since: number): Promise<number> {
  const line = `Killed process ${end.killedPid} `;
  for (;;) {
    const detail = await taskDetail(request, end);
    if (detail !== null && (await pageShows(request, detail, line))) return (Date.now() - since) / 1000;
    if (Date.now() - since > 60_000) throw new Error(`${end.taskId} shows no evidence after 60 s`);
    await delay(100);
  }
}

/** The page is asked only where the API has it, for drawing pages in vain would slow down what is measured. */
async function pageShows(request: APIRequestContext, detail: TaskDetail, line: string): Promise<boolean> {
  if (!detail.evidence.some(({ signal }) => signal.lines.some((one) => one.includes(line)))) return false;
  return (await (await request.get(endPath(detail))).text()).includes(line);
}

test('a failure is on its page with its evidence within seconds of the master knowing it', async ({
  request,
  cluster,
}) => {
  test.setTimeout(180_000);
  await cluster.order('advance?seconds=120');
  const shown: Promise<number>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = (await cluster.truth()).length;
    // The master knows of it a little later, which counts against us.
    const since = Date.now();
    await cluster.order('trigger?scenario=oom-java');
    const killed = (await cluster.truth()).slice(before);
    shown.push(...killed.map((end) => secondsUntilShown(request, end, since)));
    // Out of step with the collector's own seconds; then what was killed is started again, however long Marathon waits.
    await delay(900 + ((round * 370) % 1000));
    await cluster.order('advance?seconds=3700');
  }
  const seconds = (await Promise.all(shown)).sort((a, b) => a - b);
  const quantile = (share: number) => seconds[Math.ceil(share * seconds.length) - 1] ?? Number.NaN;
  const [p50, p99] = [quantile(0.5), quantile(0.99)];
  const told = `${seconds.length} failures on their pages with evidence: p50 ${p50.toFixed(1)} s, p99 ${p99.toFixed(1)} s`;
  test.info().annotations.push({ type: 'measured', description: told });
  process.stdout.write(`${told}\n`);

  expect(seconds.length).toBeGreaterThanOrEqual(30);
  expect(p99).toBeLessThan(WITHIN_SECONDS);
});

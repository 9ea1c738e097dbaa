import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from '@playwright/test';

import { endPath, isBetterThan, rightVerdict, type TaskDetail, taskDetail } from './evidence-api';
import { type APIRequestContext, expect, type OwnCluster, type TrueEnd, testWith } from './own-cluster';

// One cluster for all, on which nothing happens but what a test orders; later ones meet what earlier ones left behind.
const test = testWith({
  env: { AGENT_SAMPLE_INTERVAL_MS: '1000' },
  // Its clocks are behind by about what these tests let pass, so that stamps are as far apart as they should be.
  simArgs: ['--history=0s', '--quiet', '--scenario=', '--ring=200', '--behind=45m', '--task-killing'],
});
test.describe.configure({ mode: 'serial', timeout: 120_000 });

const SOON = { timeout: 20_000, intervals: [200] };

type Order = { scenario: string; seconds: number[]; wanted: (end: TrueEnd) => boolean; least?: number };

/** Orders trouble, lets time pass step by step, and gives the ends that came of it. */
async function ends(
  cluster: OwnCluster,
  { scenario, seconds, wanted, least = 1 }: Order,
): Promise<[TrueEnd, ...TrueEnd[]]> {
  const before = (await cluster.truth()).length;
  await cluster.order(`trigger?scenario=${scenario}`);
  for (const step of seconds) {
    await cluster.order(`advance?seconds=${step}`);
    await polled(cluster.url);
  }
  let found: TrueEnd[] = [];
  const look = async () => {
    found = (await cluster.truth()).slice(before).filter(wanted);
    return found.length;
  };
  await expect.poll(look, SOON).toBeGreaterThanOrEqual(least);
  const [first, ...rest] = found;
  if (first === undefined) throw new Error('unreachable');
  return [first, ...rest];
}

/** The collector has read the master and Marathon anew: it knows of a deployment only what it saw while it ran. */
async function polled(url: string): Promise<void> {
  const asked = Date.now();
  const newest = async () => {
    const { sources } = await (await fetch(`${url}/api/v1/status`)).json();
    return Math.min(...sources.map((one: { lastSuccessAt: string }) => Date.parse(one.lastSuccessAt)));
  };
  await expect.poll(newest, SOON).toBeGreaterThan(asked);
}

/** Opens the page of an end and reads its verdict there. */
async function verdictOf(page: Page, detail: TaskDetail) {
  await page.goto(endPath(detail));
  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect(verdict.getByText(detail.task.proof, { exact: true })).toBeVisible();
  await expect(verdict.getByText(detail.task.disposition, { exact: true })).toBeVisible();
  return verdict;
}

async function hostHasCondition(request: APIRequestContext, hostname: string, id: string): Promise<void> {
  const conditions = async () => {
    const body = await (await request.get(`/api/v1/hosts/${hostname}`)).json();
    return body.conditions.map((condition: { id: string }) => condition.id);
  };
  await expect.poll(conditions, SOON).toContain(id);
}

test.beforeAll('the fleet starts, watched', async ({ cluster }) => {
  await polled(cluster.url);
  // The event stream is opened within a second of the first poll; from it come the Docker ids of what starts.
  await delay(2_500);
  await cluster.order('advance?seconds=120');
});

test('a kill that is not obeyed stands on the pages of its app and its host', async ({ page, cluster }) => {
  await cluster.order('trigger?scenario=stuck-kill');
  // Past the grace period and two minutes, and no more.
  for (const step of [60, 100]) {
    await cluster.order(`advance?seconds=${step}`);
    await polled(cluster.url);
  }
  const incidents = await cluster.incidents();
  const stuck = incidents.find(({ kind }) => kind === 'stuck-kill');
  const taskId = stuck?.taskId ?? 'none is stuck';
  const [app = ''] = taskId.split('.instance-');

  await page.goto(`/apps/${app.replaceAll('_', '/')}`);
  const row = page.getByRole('table', { name: 'Kills not obeyed' }).getByRole('row', { name: taskId });
  await expect(row).toContainText('still stuck');

  await page.goto(`/hosts/${stuck?.hostname}`);
  await expect(row).toContainText('still stuck');
  await expect(page.getByRole('list', { name: 'Conditions' })).toContainText('survived being killed');
});

test('memory kills at a container’s limit are proven by the kernel’s own lines', async ({
  page,
  request,
  cluster,
}) => {
  const killed = await ends(cluster, {
    scenario: 'oom-java',
    seconds: [],
    wanted: ({ cause }) => cause === 'oom_cgroup_limit',
    least: 3,
  });
  const details: { end: TrueEnd; detail: TaskDetail }[] = [];
  for (const end of killed)
    details.push({ end, detail: await rightVerdict(request, end, { atLeast: 'proven' }) });

  const ofDocker = details.filter(({ end }) => end.dockerId !== null);
  expect(ofDocker.length).toBeGreaterThan(1);
  for (const { end, detail } of ofDocker) {
    // Each its own kill, though they died in the same moment.
    expect(detail.evidence[0]).toMatchObject({
      tie: 'container_id',
      proof: 'proven',
      signal: { signature: 'memcg_oom', containerId: end.dockerId, killedPid: end.killedPid },
    });
  }

  const [{ end, detail }] = ofDocker as [(typeof ofDocker)[number]];
  const { signal } = detail.evidence[0] as TaskDetail['evidence'][number];
  const verdict = await verdictOf(page, detail);
  await expect(verdict).toContainText('Out of memory (container limit)');
  await expect(verdict).toContainText('Proven:');

  const evidence = page.getByRole('list', { name: 'Evidence' }).getByRole('article').first();
  await expect(evidence).toContainText(
    `The kernel killed ${signal.killedComm} (pid ${end.killedPid}) in container ${end.dockerId?.slice(0, 12)}`,
  );
  await expect(evidence).toContainText(/By container id: .{20,}/);
  const lines = evidence.getByRole('group', { name: /^Log lines/ });
  await expect(lines).toContainText('invoked oom-killer');
  await expect(lines).toContainText(new RegExp(`Killed process ${end.killedPid} \\(${signal.killedComm}\\)`));
  await expect(lines).toContainText(end.dockerId ?? '');

  const sandbox = page.getByRole('region', { name: 'Sandbox' });
  await expect(sandbox.getByRole('tab', { name: 'stdout' })).toBeVisible();
  await expect(sandbox.getByRole('group').getByRole('listitem').last()).toContainText(/\S/);

  const memory = page.getByRole('region', { name: 'Memory until the end' });
  await expect(memory.locator('path.recharts-line-curve').first()).toHaveAttribute('d', /[LC]/);
  await expect(memory.getByRole('list', { name: 'Legend' })).toContainText('Limit');
});

test('a memory kill that Mesos itself reports is proven too', async ({ page, request, cluster }) => {
  const killed = (await cluster.truth()).find(
    ({ cause, dockerId }) => cause === 'oom_cgroup_limit' && dockerId === null,
  );
  if (killed === undefined) throw new Error('None was killed in the test before');
  const verdict = await verdictOf(page, await rightVerdict(request, killed, { atLeast: 'proven' }));
  await expect(verdict).toContainText('Out of memory (container limit)');
});

test('a kill because the host has no memory is told from one at the container’s limit', async ({
  page,
  request,
  cluster,
}) => {
  const [end] = await ends(cluster, {
    scenario: 'oom-host',
    seconds: [],
    wanted: ({ cause }) => cause === 'oom_host',
  });
  const detail = await rightVerdict(request, end, { atLeast: 'proven' });
  const verdict = await verdictOf(page, detail);
  await expect(verdict).toContainText('Out of memory (host)');
  await expect(page.getByRole('list', { name: 'Evidence' })).toContainText(`pid ${end.killedPid}`);

  await hostHasCondition(request, end.hostname ?? '', 'out_of_memory');
  await page.goto(`/hosts/${end.hostname}`);
  await expect(page.getByRole('list', { name: 'Conditions' })).toContainText('ran out of memory');
});

test('a kill that the container survives is told on the page of its app', async ({
  page,
  request,
  cluster,
}) => {
  await cluster.order('trigger?scenario=oom-child');
  const [child] = (await cluster.incidents()).filter(({ kind }) => kind === 'oom-child');
  const survivors = async () =>
    (await (await request.get('/api/v1/apps/media/transcoder')).json()).survivors.total;
  await expect.poll(survivors, SOON).toBe(1);

  await page.goto('/apps/media/transcoder');
  const card = page.getByRole('region', { name: 'Kernel kills that its containers survived' });
  await expect(card).toContainText(child?.taskId ?? 'no helper was killed');
  await expect(card).toContainText(`pid ${child?.killedPid}`);
  await expect(card).toContainText('proven');
});

test('what a rolling deployment kills is normal', async ({ page, request, cluster }) => {
  const [end] = await ends(cluster, {
    scenario: 'calm',
    seconds: [5, 60],
    wanted: ({ cause }) => cause === 'killed_by_deploy_or_scale',
  });
  const detail = await rightVerdict(request, end, { atLeast: 'likely' });
  expect(detail.task.disposition).toBe('normal');
  await expect(await verdictOf(page, detail)).toContainText('Killed by deploy or scale');
});

test('a crash loop is the program’s own exit', async ({ page, request, cluster }) => {
  const looping = await ends(cluster, {
    scenario: 'crash-loop',
    seconds: [40, 40],
    wanted: ({ cause }) => cause === 'app_exit_nonzero',
    least: 3,
  });
  const detail = await rightVerdict(request, looping[0], { atLeast: 'likely' });
  const verdict = await verdictOf(page, detail);
  await expect(verdict).toContainText('Exited with an error code');
  await expect(verdict).toContainText('exit code 1 ');
});

test('an image that cannot be pulled', async ({ page, request, cluster }) => {
  const [end] = await ends(cluster, {
    scenario: 'image-pull',
    seconds: [30],
    wanted: ({ cause }) => cause === 'image_pull_failure',
  });
  const verdict = await verdictOf(page, await rightVerdict(request, end, { atLeast: 'likely' }));
  await expect(verdict).toContainText('Image pull failed');
});

test('kills for failing health checks are failures, whoever checks', async ({ page, request, cluster }) => {
  const killed = await ends(cluster, {
    scenario: 'health-check',
    seconds: [30],
    wanted: ({ cause }) => cause === 'killed_unhealthy',
    least: 2,
  });
  for (const end of killed) {
    const detail = await rightVerdict(request, end, { atLeast: 'likely' });
    expect(detail.task.disposition).toBe('failure');
    await expect(await verdictOf(page, detail)).toContainText('Killed for failing health checks');
  }
});

test('a host whose disk is full: its failures and its state', async ({ page, request, cluster }) => {
  const [end] = await ends(cluster, {
    scenario: 'disk-full',
    seconds: [100, 400],
    wanted: ({ cause, proof }) => cause === 'no_space_left_on_device' && proof === 'proven',
  });
  const verdict = await verdictOf(page, await rightVerdict(request, end, { atLeast: 'likely' }));
  await expect(verdict).toContainText('No space left on device');

  await hostHasCondition(request, end.hostname ?? '', 'disk_full');
  await page.goto(`/hosts/${end.hostname}`);
  await expect(page.getByRole('list', { name: 'Conditions' })).toContainText('A disk of this host is full');
});

test('a Docker that hangs: its failures and the state of its host', async ({ page, request, cluster }) => {
  const [end] = await ends(cluster, {
    scenario: 'docker-hang',
    seconds: [60, 300, 300],
    // Launches that got no answer end by a time-out, which is a cause of its own.
    wanted: ({ cause, proof }) => cause === 'docker_daemon_unresponsive' && proof === 'proven',
  });
  const verdict = await verdictOf(page, await rightVerdict(request, end, { atLeast: 'likely' }));
  await expect(verdict).toContainText('Docker did not answer');

  for (const id of ['netdevice_hang', 'docker_hung']) await hostHasCondition(request, end.hostname ?? '', id);
  await page.goto(`/hosts/${end.hostname}`);
  const conditions = page.getByRole('list', { name: 'Conditions' });
  await expect(conditions).toContainText(/does not let go of the network device veth/);
  await expect(conditions).toContainText('Docker on this host hangs');
});

test('one bad host', async ({ page, request, cluster }) => {
  const failures = await ends(cluster, {
    scenario: 'bad-host',
    seconds: [40, 60],
    wanted: ({ state }) => state === 'TASK_FAILED',
    least: 2,
  });
  const hosts = failures.map(({ hostname }) => hostname ?? '');
  const worst = hosts.sort((a, b) => count(hosts, b) - count(hosts, a))[0] ?? '';
  for (const end of failures.filter(({ hostname }) => hostname === worst)) {
    if (end.proof !== 'proven') continue; // Where the disk was the cause of an exit code, nothing tells.
    const verdict = await verdictOf(page, await rightVerdict(request, end));
    await expect(verdict).toContainText('failure');
  }
  await page.goto(`/hosts?range=1h`);
  await expect(
    page.getByRole('row', { name: new RegExp(worst.replaceAll('.', '\\.')) }).first(),
  ).toBeVisible();
});

test('an agent that is lost, and back', async ({ page, request, cluster }) => {
  const [end] = await ends(cluster, {
    scenario: 'agent-lost',
    seconds: [],
    wanted: ({ state }) => state === 'TASK_UNREACHABLE',
  });
  const detail = await rightVerdict(request, end, { atLeast: 'likely' });
  await expect(await verdictOf(page, detail)).toContainText('Agent unreachable');

  // Back after 6 to 18 minutes; Marathon, which has a new task by then, kills the old one seconds later.
  await cluster.order('advance?seconds=355');
  await expect(async () => {
    await cluster.order('advance?seconds=0.5');
    const now = (await cluster.truth()).find(
      ({ taskId, state }) => taskId === end.taskId && state === end.state,
    );
    expect(now?.revivedAt).not.toBeNull();
  }).toPass({ timeout: 60_000, intervals: [1] });
  // The kill may come before a poll sees it alive: then it stands as killed, and was never called back.
  const taken = async () => {
    const task = (await taskDetail(request, { ...end, id: detail.task.id }))?.task;
    return task?.reopenedAt != null
      ? 'reopened'
      : (task?.revision ?? 0) > detail.task.revision
        ? 'killed'
        : null;
  };
  let found: string | null = null;
  await expect
    .poll(
      async () => {
        found = await taken();
        return found;
      },
      { ...SOON, intervals: [100] },
    )
    .not.toBeNull();
  await page.reload();
  if (found === 'reopened' && (await taken()) === 'reopened') {
    await expect(page.getByRole('note')).toContainText('came back to life');
  }
});

test('a kill that was not obeyed has its verdict when it is over', async ({ page, request, cluster }) => {
  const [stuck] = (await cluster.incidents()).filter(({ kind }) => kind === 'stuck-kill');
  for (const step of [1500, 1500]) await cluster.order(`advance?seconds=${step}`);
  const end = (await cluster.truth()).find(({ taskId }) => taskId === stuck?.taskId);
  if (end === undefined) throw new Error(`${stuck?.taskId} did not end`);
  const detail = await rightVerdict(request, end, { atLeast: 'likely' });
  expect(detail.task.disposition).toBe('failure');
  await expect(await verdictOf(page, detail)).toContainText('Kill failed, container stuck');
  await expect(page.getByRole('list', { name: 'Evidence' })).toContainText('did not exit');
});

const STORM = {
  scenario: 'storm',
  wanted: ({ taskId }: TrueEnd) => taskId.includes('backfill-thumbnails'),
  least: 200,
};

test('a storm that overruns the ring of the master is stored whole by its event stream', async ({
  request,
  cluster,
}) => {
  // The clocks catch up: where a gap begins is told by ours.
  await cluster.order('advance?seconds=7200');
  await polled(cluster.url);
  const gaps = async () => {
    const status: { gaps: unknown[] } = await (await request.get('/api/v1/status')).json();
    return status.gaps;
  };
  const before = await gaps();
  let left: TrueEnd[] = await ends(cluster, { ...STORM, seconds: [100] });
  expect(left.length).toBeGreaterThan(200);
  await expect(async () => {
    const missing: TrueEnd[] = [];
    for (const end of left) if ((await taskDetail(request, end)) === null) missing.push(end);
    left = missing;
    expect(missing).toEqual([]);
  }).toPass({ timeout: 30_000, intervals: [500] });
  await polled(cluster.url);
  expect(await gaps()).toEqual(before);
});

test('one that comes while the stream is shut is told as a gap, and nothing is missing outside of it', async ({
  page,
  request,
  cluster,
}) => {
  const escaped = async (): Promise<number> => {
    const { ledger }: { ledger: { isCurrent: boolean; escaped: number }[] } = await (
      await request.get('/api/v1/status')
    ).json();
    return ledger.reduce((sum, life) => sum + (life.isCurrent ? life.escaped : 0), 0);
  };
  const escapedBefore = await escaped();
  // Who no longer leads ends its streams.
  await cluster.order('misbehave?mode=non-leader');
  await delay(1_000);
  const before = (await cluster.truth()).length;
  await cluster.order('trigger?scenario=storm');
  await cluster.order('advance?seconds=100');
  const storm = (await cluster.truth()).slice(before).filter(STORM.wanted);
  expect(storm.length).toBeGreaterThan(200);
  await cluster.order('misbehave?mode=none');
  await polled(cluster.url);
  await page.goto('/status');
  const gaps = page.getByRole('region', { name: 'Gaps' });
  await expect(gaps.getByRole('row').nth(1)).toContainText(/\d/);

  const status: { gaps: { from: string; to: string }[] } = await (await request.get('/api/v1/status')).json();
  const missing: string[] = [];
  let seen: TrueEnd | undefined;
  let lost = 0;
  for (const end of storm) {
    if ((await taskDetail(request, end)) !== null) seen = end;
    else lost += 1;
    if (seen !== end && !status.gaps.some((gap) => isWithin(gap, end.finishedAt)))
      missing.push(`${end.taskId} ${end.finishedAt}`);
  }
  expect(missing, `not within ${JSON.stringify(status.gaps)}`).toEqual([]);
  // The ledger knows how many they are.
  await expect.poll(async () => (await escaped()) - escapedBefore, { timeout: 20_000 }).toBe(lost);
  if (seen === undefined) throw new Error('None of the storm is stored');
  await rightVerdict(request, seen);
});

test('in all of it, no verdict claims more than can be known', async ({ request, cluster }) => {
  const claims: string[] = [];
  let right = 0;
  const all = (await cluster.truth()).filter(({ taskId }) => !taskId.includes('backfill-thumbnails'));
  for (const end of all) {
    const { task } = (await taskDetail(request, end)) ?? {};
    // Of a task that ended twice the newest end is answered.
    if (task === undefined || end.revivedAt !== null) continue;
    if (task.cause === end.cause) right += 1;
    // What the status itself says, and true as such: Docker hung, and so the executor did not register.
    const isTold = task.cause === 'executor_registration_timeout';
    const isWrong = task.cause !== end.cause && task.proof === 'proven' && !isTold;
    const isTooSure = task.cause === end.cause && isBetterThan(task.proof, end.proof);
    if (isWrong || isTooSure)
      claims.push(`${end.taskId}: ${end.cause} ${end.proof}, said ${task.cause} ${task.proof}`);
  }
  expect(claims).toEqual([]);
  expect(right / all.length).toBeGreaterThan(0.85);
});

/** Give or take a second: the ring drops what was acknowledged first, which need not be what ended first. */
function isWithin({ from, to }: { from: string; to: string }, at: string): boolean {
  return Date.parse(from) - 1000 <= Date.parse(at) && Date.parse(at) <= Date.parse(to) + 1000;
}

const count = <T>(all: readonly T[], one: T): number => all.filter((other) => other === one).length;

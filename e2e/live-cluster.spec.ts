import { type APIRequestContext, expect, type OwnCluster, test } from './own-cluster';
import { allTaskEnds, taskEnds, taskPath } from './task-ends';

// One cluster for all: later tests see what earlier ones did to it.
test.describe.configure({ mode: 'serial', timeout: 180_000 });

// The page asks anew every 15 s, and the collector polls every second.
const SOON = { timeout: 60_000 };

/** What is stored too much or too little against what happened; nothing: every end is stored exactly once. */
async function differences(request: APIRequestContext, cluster: OwnCluster): Promise<string[]> {
  const stored = await allTaskEnds(request, 500);
  const happened = await cluster.truth();
  const want = happened.filter(({ revivedAt }) => revivedAt === null).map(nameOf);
  const have = stored.filter(({ reopenedAt }) => reopenedAt === null).map(nameOf);
  return [
    ...minus(want, have).map((end) => `missing: ${end}`),
    ...minus(have, want).map((end) => `too much: ${end}`),
  ].slice(0, 20);
}

type End = {
  frameworkId: string;
  taskId: string;
  agentId: string;
  hostname: string | null;
  appId: string | null;
  state: string;
  finishedAt: string;
};

function nameOf(end: End): string {
  return [end.frameworkId, end.taskId, end.agentId, end.hostname, end.appId, end.state, end.finishedAt].join(
    ' ',
  );
}

/** The members of `left` that `right` does not hold as often. */
function minus(left: string[], right: string[]): string[] {
  const counts = new Map<string, number>();
  for (const one of right) counts.set(one, (counts.get(one) ?? 0) + 1);
  return left.filter((one) => {
    const count = counts.get(one) ?? 0;
    counts.set(one, count - 1);
    return count <= 0;
  });
}

test('every end that happened is stored exactly once, on the right host and app', async ({
  request,
  cluster,
}) => {
  expect((await cluster.truth()).length).toBeGreaterThan(200);
  await expect.poll(() => differences(request, cluster), SOON).toEqual([]);
});

test('a new end appears by itself, without reload and without a blank moment', async ({ page, cluster }) => {
  await page.goto('/tasks?range=7d&state=TASK_FAILED');
  const table = page.getByRole('table', { name: /Ended tasks/ });
  const first = table.getByRole('row').nth(1).getByRole('link').first();
  const before = (await first.getAttribute('href')) ?? '';

  // Both would be gone after a reload; the observer sees any moment without rows.
  await page.evaluate(() => {
    const rows = () => document.querySelectorAll('tbody tr').length;
    const seen = { least: rows() };
    Object.assign(globalThis, { seen });
    new MutationObserver(() => {
      seen.least = Math.min(seen.least, rows());
    }).observe(document.body, { childList: true, subtree: true });
  });
  await cluster.order('trigger?scenario=crash-loop');
  await cluster.order('advance?seconds=900');

  await expect(first).not.toHaveAttribute('href', before, SOON);
  const least = await page.evaluate(() => (globalThis as unknown as { seen: { least: number } }).seen.least);
  expect(least).toBeGreaterThan(0);
});

test('kills of a deployment that was seen while it ran are normal and name it', async ({
  page,
  request,
  cluster,
}) => {
  await cluster.order('trigger?scenario=crash-loop');
  const named = async (): Promise<string | null> => {
    // Little by little, so that the collector sees the deployment before it is over.
    await cluster.order('advance?seconds=5');
    const ends = await taskEnds(request, 'cause=killed_by_deploy_or_scale&limit=5');
    for (const end of ends) {
      const { task } = await (await request.get(`/api/v1${taskPath(end)}`)).json();
      if (task.deploymentId !== null) return taskPath(end);
    }
    return null;
  };
  await expect.poll(named, SOON).not.toBeNull();

  await page.goto((await named()) ?? '');
  await expect(page.getByRole('region', { name: 'Verdict' })).toContainText('normal');
  const deployment = page.getByRole('region', { name: 'Deployment that explains it' });
  await expect(deployment.getByRole('listitem').first()).toContainText('/');
});

for (const { mode, code } of [
  { mode: '500', code: /MESOS_UNREACHABLE|MESOS_NO_LEADER|MESOS_BAD_PAYLOAD/ },
  { mode: 'hang', code: /MESOS_TIMEOUT/ },
]) {
  test(`a master that answers wrongly (${mode}) is told with code and cure, the data stays, and it recovers`, async ({
    page,
    cluster,
  }) => {
    await page.goto('/tasks?range=7d');
    const rows = page.getByRole('table', { name: /Ended tasks/ }).getByRole('row');
    await expect(rows.nth(1)).toBeVisible();
    await cluster.order(`misbehave?mode=${mode}`);

    // The page that was open already says it, beside its data.
    await expect(page.getByText(/cannot be read; last success/)).toBeVisible(SOON);
    expect(await rows.count()).toBeGreaterThan(1);

    await page.getByRole('link', { name: 'See status' }).click();
    const source = page.getByRole('region', { name: /^Mesos master of/ });
    await expect(source).toContainText('failing');
    await expect(source).toContainText(code, SOON);
    await expect(source).toContainText(/Check|Look|List|The master|No configured/);

    await cluster.order('misbehave?mode=none');
    await expect(page.getByText('Every source is read.')).toBeVisible(SOON);
    await expect(source).toContainText('since recovered');
  });
}

test('a reply that is cut short gives what it holds, and the cut is told', async ({ page, cluster }) => {
  await page.goto('/status');
  const source = page.getByRole('region', { name: /^Mesos master of/ });
  await cluster.order('misbehave?mode=cut');
  await expect(source).toContainText('state_truncated', SOON);
  await cluster.order('misbehave?mode=none');
  await expect(source).not.toContainText('state_truncated', SOON);
});

test('nothing was lost or doubled in the trouble, and the ledger agrees', async ({
  page,
  request,
  cluster,
}) => {
  await expect.poll(() => differences(request, cluster), SOON).toEqual([]);
  await page.goto('/status');
  const ledger = page.getByRole('region', { name: 'Ledger' });
  await expect(ledger).toContainText(/The master counted \d[\d,]* task ends since/, SOON);
  await expect(ledger).toContainText('all of them are stored', SOON);
  const streams = page.getByRole('region', { name: 'Event streams' });
  await expect(streams.getByRole('row', { name: /^Mesos master of/ })).toContainText('open', SOON);
  await expect(page.getByRole('region', { name: 'Database' })).toContainText(/kept \d+ days/);
});

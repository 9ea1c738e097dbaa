import { expect, test } from './checked-test';
import { newestEnd, taskPath } from './task-ends';

const WIDTHS = [1280, 390];
const SCHEMES = ['light', 'dark'] as const;
const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

type FindPath = (request: Parameters<typeof newestEnd>[0]) => Promise<string>;

/** Every page, and where the simulated past has one that is worth a look. */
const PAGES: Record<string, FindPath> = {
  overview: async () => '/?range=7d',
  hosts: async () => '/hosts?range=7d',
  host: async (request) =>
    `/hosts/${(await newestEnd(request, 'disposition=failure&state=TASK_FAILED')).hostname}?range=7d`,
  apps: async () => '/apps?range=7d',
  app: async (request) => `/apps${(await newestEnd(request, 'cause=oom_cgroup_limit')).appId}?range=7d`,
  tasks: async () => '/tasks?range=7d',
  'tasks-filtered': async () => '/tasks?range=7d&state=TASK_FAILED&exitCode=137&q=status',
  'tasks-empty': async () => '/tasks?range=1h&state=TASK_ERROR&q=no-such-text',
  'task-failed': async (request) => taskPath(await newestEnd(request, 'exitCode=137&state=TASK_FAILED')),
  'task-killed': async (request) => taskPath(await newestEnd(request, 'cause=killed_by_deploy_or_scale')),
  review: async () => `/review/${yesterday}`,
  diagnose: async () => '/diagnose?example=1',
  status: async () => '/status',
};

for (const [name, findPath] of Object.entries(PAGES)) {
  test(`${name}: fits every width and scheme`, async ({ page, request }) => {
    const path = await findPath(request);
    for (const scheme of SCHEMES) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        const answer = await page.goto(path, { waitUntil: 'networkidle' });
        expect(answer?.status(), path).toBe(200);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        const sideways = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(sideways, `${name} at ${width} scrolls sideways by`).toBe(0);
        await page.screenshot({
          path: `test-results/screens/${name}-${width}-${scheme}.png`,
          fullPage: true,
        });
      }
    }
  });
}

test('the picture of the README', async ({ page }) => {
  test.skip(process.env.UPDATE_SCREENSHOTS !== '1', 'UPDATE_SCREENSHOTS=1 takes it anew');
  await page.goto('/?range=7d', { waitUntil: 'networkidle' });
  await page.screenshot({ path: 'docs/overview.png' });
});

test('a failed task pasted into a chat has a title and a sentence', async ({ request }) => {
  const end = await newestEnd(request, 'exitCode=137&state=TASK_FAILED');
  const html = await (await request.get(taskPath(end))).text();
  expect(html).toMatch(/<meta property="og:title" content="[^"]*failed with exit code 137"/);
  expect(html).toMatch(/<meta property="og:description" content="[^"]{20,}"/);
});

import { expect, test } from './checked-test';

test('from the worst host’s bar to the host to one failed task and its verdict', async ({ page }) => {
  await page.goto('/hosts?range=7d');
  const bar = page.getByRole('list', { name: 'Failure rate by host' }).getByRole('link').first();
  const hostname = /\/hosts\/([^?]+)/.exec((await bar.getAttribute('href')) ?? '')?.[1] ?? '';
  await bar.click();

  const heading = page.getByRole('heading', { level: 1, name: hostname });
  await expect(heading).toBeVisible();
  // The simulated cluster's bad host fails far beyond chance.
  await expect(heading).toContainText('suspect');
  // The window goes along: the failures that made the bar are the ones shown here.
  await expect(page).toHaveURL(/range=7d/);
  const failures = page.getByRole('table', { name: 'Newest failures on this host' });
  await failures.getByRole('row').nth(1).getByRole('link').first().click();

  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect(verdict).toContainText(/Proven:|Likely:|Possible:/);
  await expect(verdict.getByRole('list', { name: 'Because' }).getByRole('listitem').first()).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    /failed|was killed|was lost|unreachable|refused/,
  );
  await expect(page.getByRole('list', { name: 'Life' })).toContainText('first seen by exit137');
});

test('from the worst app’s bar to its failures by version and host', async ({ page }) => {
  await page.goto('/apps?range=7d');
  const bar = page.getByRole('list', { name: 'Failure rate by app' }).getByRole('link').first();
  await bar.click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^\//);
  const hosts = page.getByRole('table', { name: 'Task ends of this app by host' });
  await expect(hosts.getByRole('row').nth(1)).toBeVisible();
  await expect(page.getByRole('table', { name: /Failures by version/ })).toBeVisible();
  await page.getByRole('link', { name: 'All its failures' }).click();
  await expect(page).toHaveURL(/\/tasks\?.*disposition=failure/);
  await expect(
    page
      .getByRole('table', { name: /Ended tasks/ })
      .getByRole('row')
      .nth(1),
  ).toBeVisible();
});

test('from a bar of the chart to the tasks that ended in it', async ({ page }) => {
  await page.goto('/?range=7d');
  const chart = page.getByRole('region', { name: 'Task ends by cause' });
  const bar = chart.getByRole('link', { name: /[1-9]\d* fail/ }).first();
  await bar.focus();
  await page.keyboard.press('Enter');

  await expect(page).toHaveURL(/\/tasks\?.*from=.*to=/);
  await expect(
    page
      .getByRole('table', { name: /Ended tasks/ })
      .getByRole('row')
      .nth(1),
  ).toBeVisible();
});

test('an app or task that nobody knows is said to be unknown, with a way on', async ({
  browser,
  baseURL,
}) => {
  const page = await browser.newPage();
  const missing = await page.goto(`${baseURL}/apps/no/such/app`);
  expect(missing?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1, name: 'No such app' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'All apps' })).toBeVisible();

  await page.goto(`${baseURL}/tasks/simulated/no-such-task%2F%25`);
  await expect(page.getByRole('heading', { level: 1, name: 'No such task end' })).toBeVisible();
  await page.close();
});

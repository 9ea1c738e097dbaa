import { expect, test } from './checked-test';

test('a newcomer sees at once whether the cluster is healthy, and that it is a simulated one', async ({
  page,
}) => {
  await page.goto('/');

  // The verdict is a sentence with numbers in it, not a logo.
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/\d/);
  const banner = page.getByRole('complementary', { name: 'Simulated cluster' });
  await expect(banner).toContainText('MESOS_MASTER_URLS=');
  await expect(banner).toContainText('MARATHON_URLS=');

  const chart = page.getByRole('region', { name: 'Task ends by cause' });
  await expect(chart).toContainText(/[1-9]\d* failures? of \d+ task ends/);
  await expect(
    page.getByRole('list', { name: 'Hosts that fail most' }).getByRole('link').first(),
  ).toBeVisible();
  await expect(
    page.getByRole('list', { name: 'Apps that fail most' }).getByRole('link').first(),
  ).toBeVisible();
  await expect(page.getByRole('region', { name: 'Newest failures' }).getByRole('row').nth(1)).toBeVisible();
});

test('every page of the menu is one click away and says what it is', async ({ page }) => {
  await page.goto('/');
  for (const [link, heading] of [
    ['Hosts', 'Hosts'],
    ['Apps', 'Apps'],
    ['Tasks', 'Tasks'],
    ['Review', /^Review of /],
    ['Status', 'Status'],
  ] as const) {
    await page.getByRole('banner').getByRole('link', { name: link, exact: true }).click();
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
  }
});

test('the verdict is there before any script runs', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${baseURL}/`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/\d/);
  await expect(
    page.getByRole('list', { name: 'Hosts that fail most' }).getByRole('link').first(),
  ).toBeVisible();

  await page.goto(`${baseURL}/tasks`);
  await expect(
    page
      .getByRole('table', { name: /Ended tasks/ })
      .getByRole('row')
      .nth(1),
  ).toBeVisible();
  await context.close();
});

test('a browser that asks for an icon by habit gets one', async ({ request }) => {
  const icon = await request.get('/favicon.ico');
  expect(icon.status()).toBe(200);
  expect(icon.headers()['content-type']).toContain('image/svg+xml');
});

import { expect, test } from './checked-test';

const DAY_MS = 86_400_000;

test('yesterday’s failures are grouped, held against the day before, and lead to tasks', async ({ page }) => {
  const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
  await page.goto(`/review/${yesterday}`);

  await expect(page.getByRole('heading', { level: 1, name: /^Review of / })).toBeVisible();
  await expect(page.getByText(/\d+ the day before/).first()).toBeVisible();
  const groups = page.getByRole('list', { name: 'Problems of the day' }).getByRole('article');
  const group = groups.first();
  await expect(group).toContainText(/new|worse|recurring|better/);
  await expect(group).toContainText('day before');

  const count = Number((await group.getByTitle('All of them as a list').textContent())?.replace(/,/g, ''));
  await group.getByTitle('All of them as a list').click();
  await expect(page.getByRole('button', { name: /^Remove filter The same problem/ })).toBeVisible();
  const rows = page.getByRole('table', { name: /Ended tasks/ }).getByRole('row');
  // Below the header, one row for each failure counted, up to a page; ends that were taken back are listed besides.
  await expect.poll(() => rows.count()).toBeGreaterThan(Math.min(count, 50));

  await page.goBack();
  await groups
    .first()
    .getByRole('link', { name: /^Newest/ })
    .click();
  await expect(page.getByRole('region', { name: 'Verdict' })).toBeVisible();
});

test('the menu leads to today, which says that it is not over, and from there to the day before', async ({
  page,
}) => {
  await page.goto('/review');
  await expect(page.getByText('This day is not over')).toBeVisible();
  const days = page.getByRole('navigation', { name: 'Days' });
  await days.getByRole('link', { name: /←/ }).click();
  await expect(page.getByText('This day is not over')).toHaveCount(0);
  await days.getByRole('link', { name: /→/ }).click();
  await expect(page.getByText('This day is not over')).toBeVisible();
});

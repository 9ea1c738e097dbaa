import { expect, test } from './checked-test';
import { newestEnd, taskPath } from './task-ends';

test('FAILED is told from KILLED, and the address opens the same view again', async ({ page }) => {
  await page.goto('/tasks?range=7d');
  const table = page.getByRole('table', { name: /Ended tasks/ });
  await page.getByRole('button', { name: /^State/ }).click();
  await page.getByLabel('FAILED', { exact: true }).check();
  await page.keyboard.press('Escape');

  await expect(page.getByRole('button', { name: 'Remove filter State: FAILED' })).toBeVisible();
  await expect(page).toHaveURL(/state=TASK_FAILED/);
  await expect(table.getByRole('cell', { name: 'KILLED', exact: true })).toHaveCount(0);
  await expect(table.getByRole('cell', { name: 'FAILED', exact: true }).first()).toBeVisible();

  await page.reload();
  await expect(page.getByRole('button', { name: 'Remove filter State: FAILED' })).toBeVisible();
  await expect(table.getByRole('cell', { name: 'FAILED', exact: true }).first()).toBeVisible();

  await page.getByRole('button', { name: 'Remove filter State: FAILED' }).click();
  await expect(page).not.toHaveURL(/state=/);
  await expect(table.getByRole('cell', { name: /^(KILLED|FINISHED)$/ }).first()).toBeVisible();
});

test('exit code 137 is said to be SIGKILL, and not out of memory', async ({ page, request }) => {
  const end = await newestEnd(request, 'exitCode=137&state=TASK_FAILED&cause=sigkill_137_unproven');
  await page.goto(taskPath(end));

  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect(verdict).toContainText('137 = 128 + 9, SIGKILL');
  await expect(verdict).toContainText('SIGKILL, sender unknown');
  await expect(verdict).toContainText('the code alone does not tell which');
  await expect(verdict).not.toContainText('Out of memory');
  await expect(verdict).not.toContainText('Proven:');
});

test('paging leads to older task ends and back to the newest', async ({ page }) => {
  await page.goto('/tasks?range=all');
  const table = page.getByRole('table', { name: /Ended tasks/ });
  const newest = await table.getByRole('row').nth(1).getByRole('link').first().getAttribute('href');
  await page.getByRole('button', { name: 'Older' }).click();
  await expect(page).toHaveURL(/cursor=/);
  await expect(table.getByRole('row').nth(1).getByRole('link').first()).not.toHaveAttribute(
    'href',
    newest ?? '',
  );

  const older = await table.getByRole('row').nth(1).getByRole('link').first().getAttribute('href');
  await page.reload();
  await expect(table.getByRole('row').nth(1).getByRole('link').first()).toHaveAttribute('href', older ?? '');

  await page.getByRole('button', { name: 'Newest' }).click();
  await expect(page).not.toHaveURL(/cursor=/);
});

test('j and k move through the list and Enter opens a task', async ({ page }) => {
  await page.goto('/tasks?range=7d');
  const table = page.getByRole('table', { name: /Ended tasks/ });
  await expect(async () => {
    await page.keyboard.press('j');
    await expect(table.getByRole('row').nth(1).getByRole('link').first()).toBeFocused({ timeout: 500 });
  }).toPass();
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/tasks\/[^/?]+\/[^/?]+/);
});

test('an empty list says which filter shuts everything out', async ({ page }) => {
  await page.goto('/tasks?range=7d&state=TASK_FAILED&q=no-such-text-anywhere');
  await expect(page.getByText('No task end fits these filters')).toBeVisible();
  await page.getByRole('link', { name: /without .*no-such-text-anywhere/ }).click();
  await expect(page).not.toHaveURL(/q=/);
  await expect(
    page
      .getByRole('table', { name: /Ended tasks/ })
      .getByRole('row')
      .nth(1),
  ).toBeVisible();
});

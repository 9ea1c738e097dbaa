import { expect, test } from './checked-test';
import { newestEnd, taskPath } from './task-ends';

test('a task that a deployment replaced is no failure', async ({ page, request }) => {
  const end = await newestEnd(request, 'cause=killed_by_deploy_or_scale&disposition=normal');
  await page.goto(taskPath(end));

  await expect(page.getByRole('heading', { level: 1 })).toContainText('was killed');
  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect(verdict).toContainText('normal');
  await expect(verdict).toContainText('Killed by deploy or scale');
});

test('kills by deployments are in no count of failures', async ({ page }) => {
  await page.goto('/tasks?range=7d&cause=killed_by_deploy_or_scale');
  const table = page.getByRole('table', { name: /Ended tasks/ });
  await expect(table.getByRole('cell', { name: 'KILLED', exact: true }).first()).toBeVisible();
  await page.goto('/tasks?range=7d&cause=killed_by_deploy_or_scale&disposition=failure');
  await expect(page.getByText('No task end fits these filters')).toBeVisible();
});

import type { APIRequestContext, Page } from '@playwright/test';

import { expect, test } from './checked-test';
import { type TaskDetail, taskDetail } from './evidence-api';
import { taskEnds } from './task-ends';

// The last of them stores something, which those before it must not see.
test.describe.configure({ mode: 'serial' });

/** A stored end with a kernel's report that was tied to it, as the log of its host has it. */
async function killedForMemory(request: APIRequestContext): Promise<{ detail: TaskDetail; lines: string[] }> {
  for (const end of await taskEnds(request, 'cause=oom_cgroup_limit&state=TASK_FAILED&limit=20')) {
    const detail = await taskDetail(request, end);
    const kill = detail?.evidence.find(({ signal }) => signal.signature === 'memcg_oom');
    if (detail && kill) return { detail, lines: kill.signal.lines };
  }
  throw new Error('The simulated past has no memory kill with the kernel’s report');
}

const log = (page: Page) => page.getByRole('textbox', { name: 'Log lines' });
const signals = (page: Page) => page.getByRole('list', { name: 'Signals' });

async function diagnose(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Diagnose' }).click();
  await expect(page.getByRole('region', { name: 'What it says' })).toBeVisible();
}

/** Inputs of logs that the server knows of. */
async function pastedInputs(request: APIRequestContext): Promise<number> {
  const { logInputs } = await (await request.get('/api/v1/status')).json();
  return logInputs.filter(({ input }: { input: string }) => input === 'pasted').length;
}

test('a kernel’s report that is pasted is explained and leads to the task it killed', async ({
  page,
  request,
}) => {
  const { detail, lines } = await killedForMemory(request);
  await page.goto('/diagnose');
  await log(page).fill(lines.join('\n'));
  await diagnose(page);

  await expect(signals(page)).toContainText(/The kernel killed \S+ \(pid \d+\) in container/);
  await expect(signals(page)).toContainText('Out of memory (container limit)');
  await expect(page.getByText('Nothing was stored.')).toBeVisible();
  const tied = signals(page).getByRole('list', { name: 'Tasks it is about' });
  await tied.getByRole('link').first().click();
  await expect(page).toHaveURL(new RegExp(`id=${detail.task.id}`));
  await expect(page.getByRole('region', { name: 'Verdict' })).toContainText(
    'Out of memory (container limit)',
  );
});

test('a file that is dropped is read like what is pasted', async ({ page, request }) => {
  const { lines } = await killedForMemory(request);
  await page.goto('/diagnose');
  const dropped = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'messages', { type: 'text/plain' }));
    return data;
  }, lines.join('\n'));
  // Before React listens, a drop would be the browser's own.
  await expect(async () => {
    await log(page).dispatchEvent('drop', { dataTransfer: dropped }, { timeout: 1_000 });
    await expect(page.getByText('messages')).toBeVisible({ timeout: 500 });
  }).toPass();
  await diagnose(page);
  await expect(signals(page)).toContainText('The kernel killed');
});

test('what a hostile log holds is shown as text', async ({ page }) => {
  const name = '<img src=x onerror=alert(1)>';
  const lines = [
    `kernel: Memory cgroup out of memory: Killed process 4242 (${name}) total-vm:1kB, anon-rss:1kB, file-rss:0kB`,
    `kernel: INFO: task \u001b[31m\u202e${name}:77 blocked for more than 120 seconds.`,
    `kernel: unregister_netdevice: waiting for <svg/onload=alert(1)> to become free. Usage count = 1`,
  ];
  let dialogs = 0;
  page.on('dialog', (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  await page.goto('/diagnose');
  await log(page).fill(lines.map((line) => `Nov 25 03:12:07 node-7 ${line}`).join('\n'));
  await diagnose(page);
  await expect(signals(page)).toContainText('<svg/onload=alert(1)>');
  await expect(signals(page)).toContainText(name);
  await expect(signals(page).locator('img, [onload], [onerror]')).toHaveCount(0);
  expect(dialogs).toBe(0);
});

test('what is pasted is stored where that is asked for, and only there', async ({ page, request }) => {
  expect(await pastedInputs(request)).toBe(0);
  await page.goto('/diagnose');
  await log(page).fill(
    `${new Date().toISOString()} e2e-host kernel: unregister_netdevice: waiting for veth0e2e137 to become free. Usage count = 1`,
  );
  await page.getByRole('checkbox', { name: /^Store what is found/ }).check();
  await diagnose(page);
  await expect(page.getByText(/Stored\./)).toBeVisible();
  expect(await pastedInputs(request)).toBe(1);
});

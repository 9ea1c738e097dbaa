import { defineConfig } from '@playwright/test';

import { CHROMIUM_ARGS, installedChromium } from './scripts/chromium.mjs';

// Evaluated again in each worker, which must start the same browser without looking for it once more.
process.env.CHROMIUM_PATH ??= installedChromium() ?? '';

/**
 * One production server for all specs (e2e/global-setup.ts). EXIT137_BASE_URL names one that runs already, such as
 * a developer's `next dev`, and then none is started.
 */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  globalSetup: './e2e/global-setup.ts',
  outputDir: 'test-results',
  workers: 2,
  fullyParallel: true,
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: process.env.EXIT137_BASE_URL ?? '',
    viewport: { width: 1280, height: 800 },
    // Fixed, so that what a spec reads on a page does not hang on the machine it runs on.
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: process.env.CHROMIUM_PATH ?? '', args: CHROMIUM_ARGS },
  },
});

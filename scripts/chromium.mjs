// A Chromium for the end-to-end tests: one that is installed, else Playwright's own, else Debian's package.
// `node scripts/chromium.mjs` prints its path.

import './check-node.mjs';

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { run } from './command.mjs';
import { createProgress, printFailure, StepError } from './progress.mjs';
import { ROOT } from './root.mjs';
import { setUp } from './setup.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const DOWNLOAD_MS = 300_000;
const APT_MS = 600_000;

/**
 * How to start it. As root Chromium refuses its own sandbox; the pages it opens are ours. The rest keeps it from
 * calling home: in a closed network those calls are refused by the dozen and slow every test.
 */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--force-color-profile=srgb',
];

/**
 * The path of a Chromium that is there already, or null. CHROMIUM_PATH wins; it is trusted to be one.
 * @returns {string | null}
 */
export function installedChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const inPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...inPath, ...ELSEWHERE, playwrightsOwn()].find((path) => path !== null && isUsable(path)) ?? null;
}

/**
 * Finds a Chromium and installs one where there is none. Needs the dependencies installed. Throws StepError.
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<string>} its path
 */
export async function ensureChromium(progress) {
  const found = installedChromium();
  if (found !== null) {
    progress.line(`  ✓ Browser: ${found}`);
    return found;
  }
  const tried = [];
  for (const [title, install] of [
    ["Installing Playwright's Chromium", installPlaywrights],
    ["Installing Debian's Chromium (apt-get)", installDebians],
  ]) {
    try {
      await progress.step(title, async (show) => {
        await install(show);
        if (installedChromium() === null) throw new StepError('It was installed, but does not start here.');
        return installedChromium() ?? '';
      });
      return installedChromium() ?? '';
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      tried.push(`${title}: ${error.message}`, ...error.tail.slice(-3).map((text) => `  ${text}`));
    }
  }
  throw new StepError('There is no Chromium for the end-to-end tests, and none could be installed.', {
    tail: tried,
    mend: 'install Chromium or Chrome and run again, or name one: CHROMIUM_PATH=/path/to/chromium npm test',
  });
}

async function installPlaywrights(show) {
  const cli = join(ROOT, 'node_modules/playwright/cli.js');
  await run(process.execPath, [cli, 'install', '--no-shell', 'chromium'], { show, timeoutMs: DOWNLOAD_MS });
}

async function installDebians(show) {
  if (!existsSync('/usr/bin/apt-get')) throw new StepError('This system has no apt-get.');
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    throw new StepError('Only root may install packages here, and sudo asks for a password or is missing.');
  }
  const apt = (...args) =>
    run(isRoot ? 'apt-get' : 'sudo', isRoot ? args : ['-n', 'apt-get', ...args], {
      show,
      timeoutMs: APT_MS,
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
  await apt('update');
  // The fonts: without them text is boxes, and screenshots differ in width.
  await apt('install', '-y', '--no-install-recommends', 'chromium', 'fonts-liberation');
}

function playwrightsOwn() {
  try {
    return createRequire(import.meta.url)('playwright-core').chromium.executablePath();
  } catch {
    return null;
  }
}

/** Not only there: it must start, which it does not when system libraries are missing. */
function isUsable(path) {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return false;
  }
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 15_000 }).status === 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const progress = createProgress(process.stderr);
    await setUp(progress);
    console.log(await ensureChromium(progress));
  } catch (thrown) {
    printFailure(thrown);
    process.exitCode = 1;
  }
}

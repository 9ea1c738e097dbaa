// The production build. `npm start` and the image run the same thing: the standalone server in .next/standalone,
// with the browser's files, the bundles and the migrations beside it. One way to serve means that what the tests
// exercise is what is shipped; `next start` refuses a standalone build, and without one the image would carry all
// of node_modules.

import './check-node.mjs';

import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { makeBundles } from './bundles.mjs';
import { run } from './command.mjs';
import { createProgress, printFailure } from './progress.mjs';
import { ROOT } from './root.mjs';
import { setUp } from './setup.mjs';
import { hashOf, isStamped, removeStamp, writeStamp } from './stamp.mjs';

/** What the server is made from. Tests are left out: editing one rebuilds nothing. */
const SOURCES = [
  'app',
  'components',
  'lib',
  'public',
  'prisma',
  'sim',
  'instrumentation.ts',
  'instrumentation-client.ts',
  'proxy.ts',
  'next.config.ts',
  'postcss.config.mjs',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
  'scripts/build.mjs',
  'scripts/bundles.mjs',
];
const isSource = (file) => !/\.test\.tsx?$/.test(file) && !file.startsWith('lib/db/generated/');

/** The folder that is served: a whole program by itself, but for Node.js. */
export const SERVER_DIR = join(ROOT, '.next/standalone');

const buildStamp = join(ROOT, '.next/exit137-build-hash');

/**
 * Builds bundles and server where their sources changed since the last build.
 * @param {import('./progress.mjs').Progress} progress
 */
export async function ensureBuild(progress) {
  const wanted = hashOf(SOURCES, isSource);
  if (isStamped(buildStamp, wanted) && existsSync(join(SERVER_DIR, 'server.js'))) return;

  removeStamp(buildStamp);
  await progress.step('Bundling the collector, migrator and simulator', async () => {
    await makeBundles();
  });
  await progress.step('Building the dashboard for production (next build)', async (show) => {
    await run(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
      show,
      env: { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
      mend: 'correct the source named above; `git status` shows what differs from the last commit.',
    });
    assembleServer();
  });
  writeStamp(buildStamp, wanted);
}

function assembleServer() {
  const copy = (from, to) => cpSync(join(ROOT, from), join(SERVER_DIR, to), { recursive: true });
  copy('.next/static', '.next/static');
  if (existsSync(join(ROOT, 'public'))) copy('public', 'public');
  copy('dist', 'dist');
  copy('prisma/migrations', 'prisma/migrations');
  // Next.js copies .env files here at build time: settings would outlive their removal, and secrets would travel.
  for (const name of readdirSync(SERVER_DIR)) {
    if (name.startsWith('.env')) rmSync(join(SERVER_DIR, name));
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const progress = createProgress();
  try {
    await setUp(progress);
    await ensureBuild(progress);
    progress.line(`  Ready in ${SERVER_DIR}`);
  } catch (thrown) {
    printFailure(thrown);
    process.exitCode = 1;
  }
}

// The set-up that `npm start`, `npm test` and the other commands share. Each part does nothing when what it would
// make is already there. Runs before any dependency is installed: only Node's own modules here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { run } from './command.mjs';
import { StepError } from './progress.mjs';
import { ROOT } from './root.mjs';
import { hashOf, isStamped, removeStamp, writeStamp } from './stamp.mjs';

// Prisma's command line looks for a native schema engine, which it would download, even where it only generates
// code and never runs that engine. Any program that exists satisfies it.
const PRISMA_ENV = {
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  CHECKPOINT_DISABLE: '1',
};

const modulesStamp = join(ROOT, 'node_modules/.exit137-lock-hash');
const clientStamp = join(ROOT, 'lib/db/generated/.schema-hash');

/**
 * Dependencies by `npm ci` when they are missing or belong to another lock file, then Prisma's client.
 * @param {import('./progress.mjs').Progress} progress
 */
export async function setUp(progress) {
  await installDependencies(progress);
  await generateClient(progress);
}

async function installDependencies(progress) {
  // The platform is part of it: a checkout shared with a container must not keep the other system's binaries.
  const wanted = `${hashOf(['package-lock.json'])} ${process.platform}-${process.arch}`;
  if (isStamped(modulesStamp, wanted)) return;
  if (installedMatchesLock()) return writeStamp(modulesStamp, wanted);

  await progress.step('Installing dependencies (npm ci)', async (show) => {
    // Development dependencies are what the build is made with, whatever NODE_ENV or npm's settings say.
    const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=http'];
    const mend =
      'if the registry was not reached, check the network and `npm config get registry`; ' +
      'if a file could not be written, check who owns node_modules and the free disk space. Then run the command again.';
    // Loaded by file where npm started us: on Windows `npm` alone is no program.
    const npm = process.env.npm_execpath;
    const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
    await run(command, [...first, ...args], { show, mend, env: { ...PRISMA_ENV, NODE_ENV: 'development' } });
  });
  writeStamp(modulesStamp, wanted);
}

/** Whether someone's own `npm ci` or `npm install` already brought what the lock file names, for this platform. */
function installedMatchesLock() {
  try {
    const locked = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
    const installed = JSON.parse(
      readFileSync(join(ROOT, 'node_modules/.package-lock.json'), 'utf8'),
    ).packages;
    const runsHere = ({ os, cpu }) =>
      (os === undefined || os.includes(process.platform)) &&
      (cpu === undefined || cpu.includes(process.arch));
    return Object.entries(locked).every(
      ([path, entry]) =>
        path === '' ||
        installed[path]?.version === entry.version ||
        // npm leaves out optional packages that failed or belong elsewhere; those made for this machine must be there.
        (entry.optional === true && (entry.os === undefined || !runsHere(entry) || entry.libc !== undefined)),
    );
  } catch {
    return false;
  }
}

async function generateClient(progress) {
  const wanted = hashOf(['prisma/schema.prisma', 'node_modules/prisma/package.json']);
  if (isStamped(clientStamp, wanted)) return;

  await progress.step('Generating the database client (prisma generate)', async (show) => {
    removeStamp(clientStamp);
    await run(
      process.execPath,
      ['node_modules/prisma/build/index.js', 'generate', '--schema=prisma/schema.prisma'],
      {
        show,
        env: PRISMA_ENV,
        mend: 'check prisma/schema.prisma, or remove node_modules and run the command again.',
      },
    );
  });
  writeStamp(clientStamp, wanted);
}

/** Reads `.env` of the project, if there is one. What the environment already says wins. Throws StepError. */
export function loadEnvFile() {
  try {
    process.loadEnvFile(join(ROOT, '.env'));
  } catch (error) {
    if (error.code !== 'ENOENT') {
      throw new StepError(`The file .env could not be read: ${error.message}`, {
        mend: 'make it readable for this user, or remove it.',
      });
    }
  }
}

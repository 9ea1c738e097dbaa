// The programs that run without Next.js, each one file with its packages inside: the image needs no node_modules
// for them, and a worker thread starts them without a loader.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { StepError } from './progress.mjs';
import { ROOT } from './root.mjs';
import { hashOf, writeStamp } from './stamp.mjs';

/** Bundle name (dist/<name>.mjs) to its source. */
export const BUNDLES = {
  poller: 'lib/poller/main.ts',
  migrate: 'lib/db/migrate-main.ts',
  sim: 'sim/main.ts',
  exit137: 'lib/cli/main.ts',
};

// What CommonJS packages inside an ES module still expect to find.
const BANNER = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __bundleFilename = __fileURLToPath(import.meta.url);
const __bundleDirname = __fileURLToPath(new URL('.', import.meta.url));`;

/**
 * Makes the named bundles where their sources changed. Needs the dependencies installed.
 * @param {string[]} names keys of BUNDLES
 * @returns {Promise<string[]>} the names that were made anew
 */
export async function makeBundles(names = Object.keys(BUNDLES)) {
  const stale = names.filter((name) => !isFresh(name));
  if (stale.length === 0) return [];
  const { build, stop } = await import('esbuild');
  try {
    await Promise.all(stale.map((name) => makeBundle(build, name)));
  } finally {
    // Else its service process stays beside us for as long as we run.
    await stop();
  }
  return stale;
}

async function makeBundle(build, name) {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [BUNDLES[name]],
    outfile: `dist/${name}.mjs`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    sourcemap: true,
    metafile: true,
    logLevel: 'silent',
    banner: { js: BANNER },
    // Only names that a module does not declare itself are replaced.
    define: { __filename: '__bundleFilename', __dirname: '__bundleDirname' },
    // Asked for by `pg` inside a try, and not installed.
    external: ['pg-native', 'pg-cloudflare', 'cloudflare:sockets'],
  }).catch((error) => {
    const tail = (error.errors ?? []).map(
      ({ text, location }) => `${location ? `${location.file}:${location.line}: ` : ''}${text}`,
    );
    throw new StepError(`${BUNDLES[name]} could not be bundled.`, {
      tail: tail.length > 0 ? tail : [String(error)],
      mend: 'correct the source named above; `git status` shows what differs from the last commit.',
    });
  });
  const sources = Object.keys(result.metafile.inputs).filter((file) => !file.startsWith('node_modules/'));
  writeStamp(stampOf(name), JSON.stringify({ sources, hash: hashOfSources(sources) }));
}

const stampOf = (name) => join(ROOT, `dist/.${name}.json`);

const hashOfSources = (sources) => hashOf([...sources, 'package-lock.json', 'scripts/bundles.mjs']);

function isFresh(name) {
  if (!existsSync(join(ROOT, `dist/${name}.mjs`))) return false;
  try {
    const { sources, hash } = JSON.parse(readFileSync(stampOf(name), 'utf8'));
    return hashOfSources(sources) === hash;
  } catch {
    return false;
  }
}

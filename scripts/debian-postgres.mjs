// PostgreSQL with its own tools (pg_basebackup is not in the built-in one): that of this system, else Debian's packages
// unpacked below node_modules, as scripts/log-senders.mjs does. Nothing is installed.

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { run } from './command.mjs';
import { ROOT } from './root.mjs';

const FOLDER = join(ROOT, 'node_modules/.cache/debian-postgres');
const TREE = join(FOLDER, 'tree');
const APT_MS = 120_000;
/** Beside the packages themselves: libraries that a small Debian may lack. Not the JIT's compiler, which is 100 MB. */
const WANTED =
  /^(postgresql-\d+|postgresql-client-\d+|libpq5|libxslt1\.1|libxml2|libicu\d+|libldap-2\.[4-9]-0)$/;

/**
 * The folder of `initdb`, `postgres` and `pg_basebackup`, and what their environment needs. Null: there is none here,
 * and Debian's archive cannot be had.
 * @param {{ unpacked?: boolean }} [options] `unpacked`: pass over the one that is installed
 * @returns {Promise<{ bin: string, env: Record<string, string> } | null>}
 */
export async function debianPostgres({ unpacked = false } = {}) {
  const installed = unpacked ? null : findIn('/');
  if (installed) return { bin: installed, env: {} };
  if (!findIn(TREE)) await unpack().catch(() => {});
  const bin = findIn(TREE);
  if (bin === null) return null;
  const libraries = readdirSync(join(TREE, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
  return { bin, env: { LD_LIBRARY_PATH: libraries.map((name) => join(TREE, 'usr/lib', name)).join(':') } };
}

/** Of the newest version below `root`. */
function findIn(root) {
  const folder = join(root, 'usr/lib/postgresql');
  if (!existsSync(folder)) return null;
  const bins = readdirSync(folder)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(folder, version, 'bin'));
  return (
    bins.find((bin) => existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'pg_basebackup'))) ?? null
  );
}

async function unpack() {
  if (!existsSync('/usr/bin/apt-get')) return;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(TREE, { recursive: true });
  const apt = (...args) => run('apt-get', args, { cwd: FOLDER, timeoutMs: APT_MS });
  // No lists, or old ones. Only root may fetch them.
  if (process.getuid?.() === 0) await apt('update').catch(() => {});
  const depends = await run(
    'apt-cache',
    ['depends', '--recurse', '--no-suggests', '--no-recommends', 'postgresql'],
    {
      timeoutMs: APT_MS,
    },
  );
  const names = new Set(depends.split(/[\s:<>|]+/).filter((word) => WANTED.test(word)));
  // A name may be one that no package has (a former version of a library): the others are enough.
  for (const name of names) await apt('download', name).catch(() => {});
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', file, TREE], { cwd: FOLDER, timeoutMs: APT_MS });
    rmSync(join(FOLDER, file));
  }
}

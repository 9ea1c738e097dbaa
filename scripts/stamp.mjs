import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { ROOT } from './root.mjs';

/** Every file below the named files and folders of the project, sorted; a name that does not exist is left out. */
function filesBelow(name) {
  let entries;
  try {
    entries = readdirSync(join(ROOT, name), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [name];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(`${name}/${entry.name}`) : [`${name}/${entry.name}`],
    );
}

/**
 * One hash over names and contents of source files. By content, not by time: a fresh checkout of the same commit,
 * or a switch of branches and back, rebuilds nothing.
 * @param {string[]} names files and folders of the project
 * @param {(file: string) => boolean} [wanted]
 */
export function hashOf(names, wanted = () => true) {
  const hash = createHash('sha256');
  for (const file of names.flatMap(filesBelow).filter(wanted)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Whether the stamp at `path` says that what it stands for was made from exactly this. */
export function isStamped(path, value) {
  try {
    return readFileSync(path, 'utf8') === value;
  } catch {
    return false;
  }
}

/** Written after the work is done, so that work broken off in the middle is done again. */
export function writeStamp(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, value);
}

export function removeStamp(path) {
  rmSync(path, { force: true });
}

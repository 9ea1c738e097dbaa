import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** `.1`, `-20261125`, `.2026-11-25-03`: what logrotate and its like append. Packed ones are not read. */
const ROTATED = /^[.-]\d[\d._-]{0,40}$/;

export type RotatedFile = { path: string; inode: string; mtimeMs: number };

/** The files that a log was renamed to, oldest first. Cost: one stat for each of them. */
export async function rotatedFiles(path: string): Promise<RotatedFile[]> {
  const folder = dirname(path);
  const name = basename(path);
  const siblings = (await readdir(folder)).filter(
    (one) => one.startsWith(name) && ROTATED.test(one.slice(name.length)),
  );
  const files: RotatedFile[] = [];
  for (const sibling of siblings) {
    const found = await stat(join(folder, sibling)).catch(() => null);
    if (found?.isFile()) {
      files.push({ path: join(folder, sibling), inode: String(found.ino), mtimeMs: found.mtimeMs });
    }
  }
  return files.sort((a, b) => a.mtimeMs - b.mtimeMs);
}

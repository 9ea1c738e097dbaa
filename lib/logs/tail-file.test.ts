import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';

import type { LineBatch } from './store-lines';
import { type TailOptions, tailFile } from './tail-file';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exit137-tail-'));
  path = join(folder, 'messages');
});

/** What Postgres would keep: lines and the position, together. */
let stored: string[] = [];
let position: unknown = null;
let isAway = false;
let troubles: (string | null)[] = [];
let stop = async (): Promise<void> => {};

function start(options: Partial<TailOptions> = {}): void {
  const stopping = new AbortController();
  const ended = tailFile(
    {
      path,
      input: 'file:node-7:messages',
      defaultHost: 'node-7',
      pollMs: 5,
      loadPosition: async () => position,
      onTrouble: (trouble) => troubles.push(trouble),
      store: async (batch: LineBatch) => {
        if (isAway) throw new AppError('DATABASE_UNAVAILABLE', 'away');
        stored.push(...batch.lines);
        position = JSON.parse(JSON.stringify(batch.position));
        return { accepted: batch.lines.length, rejected: 0, duplicates: 0, signals: 0, rejects: [] };
      },
      ...options,
    },
    stopping.signal,
  );
  stop = async () => {
    stopping.abort();
    await ended;
  };
}

afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
  stored = [];
  position = null;
  isAway = false;
  troubles = [];
  stop = async () => {};
});

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
const textOf = (lines: readonly string[]): string => lines.map((one) => `${one}\n`).join('');
const add = (from: number, to = from): void => appendFileSync(path, textOf(numbered(from, to)));
const isStored = (from: number, to: number): Promise<void> =>
  expect.poll(() => stored, { timeout: 5_000, interval: 5 }).toEqual(numbered(from, to));

describe('tailFile', () => {
  it('reads a file from its beginning and follows it; a last line waits for its end', async () => {
    add(1, 3);
    start();
    await isStored(1, 3);
    appendFileSync(path, 'line');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(stored).toHaveLength(3);
    appendFileSync(path, ' 4\nline 5\nline');
    await isStored(1, 5);
  });

  it('of a large file never seen before reads the end, from a whole line on', async () => {
    add(10, 99); // 8 bytes each.
    start({ firstSightBytes: 84 });
    await isStored(90, 99);
  });

  it('goes on after a restart where the stored lines end', async () => {
    add(1, 3);
    start();
    await isStored(1, 3);
    await stop();
    appendFileSync(path, 'line 4\nline');
    start();
    await isStored(1, 4);
    await stop();
    appendFileSync(path, ' 5\n');
    start();
    await isStored(1, 5);
  });

  it('reads what the last process did not get stored', async () => {
    isAway = true;
    add(1, 3);
    start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await stop();
    isAway = false;
    start();
    await isStored(1, 3);
  });

  it('follows a file that is renamed and made anew, also what its writer still adds to the old one', async () => {
    add(1, 2);
    start({ pollMs: 20 });
    await isStored(1, 2);
    add(3);
    renameSync(path, `${path}.1`);
    await isStored(1, 3);
    appendFileSync(`${path}.1`, textOf(['line 4']));
    writeFileSync(path, textOf(['line 6']));
    appendFileSync(`${path}.1`, 'line 5');
    await isStored(1, 6);
    add(7);
    await isStored(1, 7);
  });

  it('follows a file that is copied and emptied', async () => {
    add(1, 5);
    start();
    await isStored(1, 5);
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    add(6);
    await isStored(1, 6);
    add(7);
    await isStored(1, 7);
  });

  it('sees that a file was emptied although it has grown past the old place since', async () => {
    add(1, 2);
    start({ pollMs: 200 });
    await isStored(1, 2);
    truncateSync(path);
    add(3, 40);
    await isStored(1, 40);
  });

  it('after a restart reads the rest of the file that was renamed meanwhile, and those after it', async () => {
    add(1, 2);
    start();
    await isStored(1, 2);
    await stop();
    add(3);
    renameSync(path, `${path}-20261124`);
    await new Promise((resolve) => setTimeout(resolve, 20)); // Their times tell the order.
    add(4, 5);
    renameSync(path, `${path}-20261125`);
    writeFileSync(`${path}-agent.log`, 'another log\n');
    add(6, 7);
    start();
    await isStored(1, 7);
    await stop();
    add(8);
    start();
    await isStored(1, 8);
  });

  it('after a restart reads the new file from its beginning where the old one is gone', async () => {
    add(1, 2);
    start();
    await isStored(1, 2);
    await stop();
    writeFileSync(`${path}.new`, textOf(numbered(3, 4)));
    unlinkSync(path);
    renameSync(`${path}.new`, path);
    start();
    await isStored(1, 4);
  });

  it('tells what is wrong, once, and goes on when it is mended', async () => {
    start();
    await expect.poll(() => troubles).toEqual(['There is no such file.']);
    add(1);
    await isStored(1, 1);
    expect(troubles).toEqual(['There is no such file.', null]);
  });

  it('refuses what is no file, without waiting for it', async () => {
    spawnSync('mkfifo', [path]);
    start();
    await expect.poll(() => troubles).toEqual(['It cannot be read: it is no regular file']);
  });

  it('reads a large file and one with a line that never ends in bounded pieces', async () => {
    writeFileSync(path, `${'x'.repeat(2_000_000)}\n${textOf(numbered(1, 100_000))}`);
    start();
    await expect.poll(() => stored.length, { timeout: 10_000 }).toBe(100_001);
    expect(stored[0]?.length).toBe(64 * 1024);
    expect(stored.slice(1)).toEqual(numbered(1, 100_000));
  });
});

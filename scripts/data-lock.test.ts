import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { lockDataDir } from './data-lock.mjs';
import { processState } from './process-state.mjs';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exit137-lock-'));
  path = join(folder, 'exit137.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const written = () => JSON.parse(readFileSync(path, 'utf8'));

/** The lock that this process would write, with some of it changed. */
async function plant(change: object): Promise<void> {
  const lock = await lockDataDir(folder);
  const own = written();
  lock.release();
  writeFileSync(path, JSON.stringify({ ...own, ...change }));
}

async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('lockDataDir', () => {
  it('the second taker is refused with the pid of the first and the cure', async () => {
    const lock = await lockDataDir(folder);
    await expect(lockDataDir(folder)).rejects.toMatchObject({
      code: 'EXIT137_DATA_DIR_IN_USE',
      message: expect.stringMatching(
        `^exit137 already runs on ${folder} \\(pid ${process.pid}, since 20.*DATA_DIR`,
      ),
    });
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
    (await lockDataDir(folder)).release();
  });

  it('of many takers at once exactly one wins', async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(folder)));
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(won).toHaveLength(1);
    won[0]?.release();
  });

  it('a lock of a process that is gone is taken over', async () => {
    await plant({ pid: await deadPid() });
    const lock = await lockDataDir(folder);
    expect(written().pid).toBe(process.pid);
    lock.release();
  });

  it('a lock whose pid now belongs to another process is taken over', async () => {
    await plant({ processStart: 'long ago' });
    (await lockDataDir(folder)).release();
  });

  it('a lock from before the machine was booted is taken over, though the pid lives', async () => {
    const lock = await lockDataDir(folder);
    const { machine } = written();
    lock.release();
    await plant({ machine: { ...machine, boot: 'earlier' } });
    (await lockDataDir(folder)).release();
  });

  it('a lock file that nobody could have written is taken over', async () => {
    writeFileSync(path, 'half a lo');
    (await lockDataDir(folder)).release();
  });

  it('a lock of another machine that its holder still touches is refused', async () => {
    await plant({ machine: { host: 'elsewhere', boot: 'b', pidNamespace: 'n' } });
    const touch = setInterval(() => utimesSync(path, new Date(), new Date()), 100);
    await expect(lockDataDir(folder)).rejects.toThrow(/ on elsewhere, since /);
    clearInterval(touch);
  });

  it('a lock of another machine that nobody touches is taken over', async () => {
    await plant({ pid: process.pid, machine: { host: 'elsewhere', boot: 'b', pidNamespace: 'n' } });
    const lock = await lockDataDir(folder, { watchMs: 600 });
    expect(written().machine.host).not.toBe('elsewhere');
    lock.release();
  });

  it('releasing twice, or after another took over, removes nothing of others', async () => {
    const lock = await lockDataDir(folder);
    writeFileSync(path, '{"nonce":"another"}');
    lock.release();
    lock.release();
    expect(existsSync(path)).toBe(true);
  });
});

describe('processState', () => {
  it('a zombie counts as gone', async () => {
    // The shell has become a sleep that never asks how its child ended by the time the child ends.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(parent.stdout, 'data');
    const zombie = Number(String(line));
    await expect.poll(() => processState(zombie), { timeout: 10_000 }).toBeNull();
    expect(() => process.kill(zombie, 0)).not.toThrow();
    expect(processState(parent.pid ?? 0)?.command).toBe('sleep 30');
    parent.kill('SIGKILL');
  });
});

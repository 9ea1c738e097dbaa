import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { openLogFile } from './log-file';

let path = '';
let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sim-log-'));
  path = join(dir, 'hosts.log');
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(position: Parameters<typeof openLogFile>[1], from: number, to: number) {
  const file = openLogFile(path, position);
  for (let number = from; number <= to; number += 1) file.take(`line ${number}`, number);
  return file.flush();
}

const lines = () => readFileSync(path, 'utf8').trimEnd().split('\n');

it('goes on where it was left, though the past is told from the start again', () => {
  const position = write(null, 1, 5);
  expect(position).toEqual({ lines: 5, bytes: 35 });
  write(position, 1, 8);
  expect(lines()).toEqual(Array.from({ length: 8 }, (_, index) => `line ${index + 1}`));
});

it('lines written after the position was stored are not written twice, and half a line is written whole', () => {
  const position = write(null, 1, 3);
  write(position, 1, 6);
  // Killed before it could store the new position, in the middle of a write.
  appendFileSync(path, 'li');
  expect(write(position, 1, 7)?.lines).toBe(7);
  expect(lines()).toEqual(Array.from({ length: 7 }, (_, index) => `line ${index + 1}`));
});

it('a file that was taken away is begun anew, without what it had', () => {
  const position = write(null, 1, 3);
  rmSync(path);
  write(position, 1, 4);
  expect(lines()).toEqual(['line 4']);
});

it('says nothing where nothing is new', () => {
  expect(openLogFile(path, null).flush()).toBeNull();
  expect(existsSync(path)).toBe(false);
});

it('at 32 MiB it becomes .1', () => {
  const file = openLogFile(path, null);
  const text = 'x'.repeat(1024 * 1024 - 1);
  for (let number = 1; number <= 32; number += 1) file.take(text, number);
  expect(file.flush()).toEqual({ lines: 32, bytes: 32 * 1024 * 1024 });
  file.take('after', 33);
  expect(file.flush()).toEqual({ lines: 33, bytes: 6 });
  expect([lines(), statSync(`${path}.1`).size]).toEqual([['after'], 32 * 1024 * 1024]);
});

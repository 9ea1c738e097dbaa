import { describe, expect, it } from 'vitest';

import { formatBytes, formatDiskMb, formatMemBytes, formatMemMb } from './bytes';

describe('formatBytes', () => {
  it.each([
    [null, '–'],
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [377 * 1024 * 1024, '377 MiB'],
    [2 ** 40, '1 TiB'],
  ])('%s is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('formatMemMb', () => {
  it.each([
    [null, '–'],
    [0, '0 MB'],
    [0.25, '0.3 MB'],
    [32, '32 MB'],
    [2080, '2,080 MB'],
    [4091.1, '4,091 MB'],
  ])('%s is %s', (memMb, text) => expect(formatMemMb(memMb)).toBe(text));
  it('bytes are counted alike', () => {
    expect(formatMemBytes(2_181_038_080)).toBe('2,080 MB');
    expect(formatMemBytes(null)).toBe('–');
  });
});

describe('formatDiskMb', () => {
  it.each([
    [null, '–'],
    [0, '0 B'],
    [400_000, '391 GiB'],
  ])('%s is %s', (diskMb, text) => expect(formatDiskMb(diskMb)).toBe(text));
});

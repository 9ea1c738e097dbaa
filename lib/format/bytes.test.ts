import { describe, expect, it } from 'vitest';

import { formatBytes, formatMemMb } from './bytes';

describe('formatBytes', () => {
  it.each([
    [null, '–'],
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [377 * 1024 * 1024, '377 MiB'],
    [2 ** 40, '1 TiB'],
  ])('%s is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
  it('MiB of Mesos become the largest unit that fits', () => {
    expect(formatMemMb(4096)).toBe('4 GiB');
    expect(formatMemMb(32)).toBe('32 MiB');
    expect(formatMemMb(null)).toBe('–');
  });
});

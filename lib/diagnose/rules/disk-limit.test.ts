import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { diskLimit } from './disk-limit';

describe('diskLimit', () => {
  it.each<Row>([
    {
      when: 'posix isolator',
      facts: {
        reason: 'REASON_CONTAINER_LIMITATION_DISK',
        message: 'Disk usage (1100MB) exceeds quota (1024MB)',
      },
      want: 'disk_limit failure proven',
    },
    {
      when: 'xfs isolator, no reason',
      facts: { message: "Disk usage (2GB) exceeded quota (1GB) for volume 'v1'" },
      want: 'disk_limit failure proven',
    },
    {
      when: 'an executor that measures itself',
      facts: { message: 'Disk limit exceeded.  Reserved 100 bytes vs used 200 bytes.' },
      want: 'disk_limit failure likely',
    },
    { when: 'a full host', facts: { message: 'write /tmp/x: no space left on device' }, want: null },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(diskLimit, facts)).toBe(want);
  });
});

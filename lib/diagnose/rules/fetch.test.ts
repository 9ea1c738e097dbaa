import { describe, expect, it } from 'vitest';

import { ask, type Row } from '../facts-for-tests';
import { fetchFailed } from './fetch';

describe('fetchFailed', () => {
  it.each<Row>([
    {
      when: 'up to 1.4: the raw wait status',
      facts: {
        reason: 'REASON_CONTAINER_LAUNCH_FAILED',
        message:
          "Failed to launch container: Failed to fetch all URIs for container 'c1' with exit status: 256",
      },
      want: 'fetch_failure failure proven',
    },
    {
      when: 'a 127 of the helper is no missing command',
      facts: {
        message:
          "Failed to fetch 'hdfs://n/x.tgz': Failed to execute 'hadoop version 2>&1'; exit status: 127",
      },
      want: 'fetch_failure failure likely',
    },
    {
      when: 'destroyed while fetching',
      facts: { message: 'Container destroyed while fetching' },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(fetchFailed, facts)).toBe(want);
  });
});

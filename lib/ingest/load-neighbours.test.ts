import { describe, expect, it } from 'vitest';

import { mergeSpans } from './load-neighbours';

const MINUTE = 60_000;
const span = (host: string, from: number, to: number) => ({ host, from: from * MINUTE, to: to * MINUTE });

describe('mergeSpans', () => {
  it.each([
    { when: 'two that overlap', given: [span('a', 2, 6), span('a', 0, 4)], want: [span('a', 0, 6)] },
    {
      when: 'two apart',
      given: [span('a', 0, 4), span('a', 5, 9)],
      want: [span('a', 0, 4), span('a', 5, 9)],
    },
    { when: 'one inside another', given: [span('a', 0, 8), span('a', 1, 2)], want: [span('a', 0, 8)] },
    {
      when: 'of two hosts',
      given: [span('a', 0, 4), span('b', 1, 5)],
      want: [span('a', 0, 4), span('b', 1, 5)],
    },
    {
      when: 'a storm of half an hour, without a gap and without a row twice',
      given: Array.from({ length: 27 }, (_, minute) => span('a', minute, minute + 4)),
      want: [span('a', 0, 10), span('a', 10, 20), span('a', 20, 30)],
    },
  ])('$when', ({ given, want }) => {
    expect(mergeSpans(given)).toEqual(want);
  });
});

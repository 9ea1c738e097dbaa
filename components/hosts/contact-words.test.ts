import { expect, it } from 'vitest';

import { clockWords } from './contact-words';

it.each([
  [null, '–'],
  [0, 'right'],
  [-1999, 'right'],
  [2000, '2 s ahead'],
  [-90_000, '1 min 30 s behind'],
])('%s ms: %s', (skewMs, words) => expect(clockWords(skewMs)).toBe(words));

import { expect, it } from 'vitest';

import { fromLocalInput, toLocalInput } from './local-input';

it('what the input shows means the same instant when read back, in any zone', () => {
  const iso = '2026-11-25T01:06:33.000Z';
  expect(fromLocalInput(toLocalInput(iso))).toBe(iso);
});

it('nothing and nonsense are no instants', () => {
  expect(toLocalInput(null)).toBe('');
  expect(toLocalInput('x')).toBe('');
  expect(fromLocalInput('')).toBeNull();
  expect(fromLocalInput('yesterday')).toBeNull();
});

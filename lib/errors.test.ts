import { describe, expect, it } from 'vitest';

import { AppError, toAppError } from './errors';

describe('toAppError', () => {
  it('passes an AppError on as it is, also one of another copy of the class', () => {
    const own = new AppError('NOT_FOUND', 'no such task');
    // Another bundle of the server has its own class of the same name.
    const foreign = Object.assign(new Error('no such task'), { name: 'AppError', code: 'NOT_FOUND' });
    expect(toAppError(own)).toBe(own);
    expect(toAppError(foreign)).toBe(foreign);
  });

  it.each([
    { what: 'a bug', thrown: new TypeError('x is undefined') },
    { what: 'an error of the system', thrown: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) },
    {
      what: 'our name with a code of nobody',
      thrown: Object.assign(new Error('x'), { name: 'AppError', code: 'X' }),
    },
    { what: 'no error at all', thrown: 'text' },
  ])('wraps $what as INTERNAL, with nothing of its text', ({ thrown }) => {
    expect(toAppError(thrown)).toMatchObject({
      code: 'INTERNAL',
      message: 'Unexpected error',
      cause: thrown,
    });
  });
});

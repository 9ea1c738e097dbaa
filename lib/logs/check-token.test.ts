import { describe, expect, it } from 'vitest';

import { checkLogsToken } from './check-token';

const token = 'sixteen-letters-or-more';
const showing = (authorization?: string): Request =>
  new Request('http://localhost/', { headers: authorization === undefined ? {} : { authorization } });

describe('checkLogsToken', () => {
  it.each([`Bearer ${token}`, `bearer   ${token}`])('takes %j', (authorization) => {
    expect(() => checkLogsToken(showing(authorization), token)).not.toThrow();
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    `Basic ${token}`,
    token,
  ])('refuses %j', (authorization) => {
    expect(() => checkLogsToken(showing(authorization), token)).toThrow(
      expect.objectContaining({ code: 'LOGS_TOKEN_REFUSED', httpStatus: 401 }),
    );
  });

  it('takes nothing where this server has no token, whatever is shown', () => {
    expect(() => checkLogsToken(showing('Bearer undefined'), undefined)).toThrow(
      expect.objectContaining({ code: 'LOGS_NOT_CONFIGURED', httpStatus: 403 }),
    );
  });
});

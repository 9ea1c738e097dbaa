import { describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';

import { databaseError } from './database-error';

const failure = (message: string, code?: string) => Object.assign(new Error(message), code ? { code } : {});

describe('databaseError', () => {
  it.each([
    ['nobody listens', failure('connect ECONNREFUSED 10.0.0.1:5432', 'ECONNREFUSED'), 'ECONNREFUSED'],
    ['an unknown host', failure('getaddrinfo ENOTFOUND s3cret', 'ENOTFOUND'), 'ENOTFOUND'],
    ['a refused password', failure('password authentication failed for user "s3cret"', '28P01'), '28P01'],
    ['a server that shuts down', failure('terminating connection', '57P01'), '57P01'],
    ['a lost connection by its SQLSTATE', failure('connection failure', '08006'), '08006'],
    ['too many sessions', failure('sorry, too many clients already', '53300'), '53300'],
    [
      'a standby not yet promoted',
      failure('cannot execute INSERT in a read-only transaction', '25006'),
      '25006',
    ],
    ['a transaction that stood still', failure('terminating connection', '25P03'), '25P03'],
    ['a lost connection by its words', failure('Connection terminated unexpectedly'), 'connection lost'],
    ['a pool that waited too long', failure('timeout exceeded when trying to connect'), 'connection lost'],
    [
      "Prisma's own word for a lost connection",
      failure('Server has closed the connection.', 'P1017'),
      'P1017',
    ],
    [
      'what the pool said already, hidden by Prisma',
      failure(
        'Invalid `prisma.app.findFirst()` invocation:\nPostgres cannot be used now (ECONNRESET)',
        'DATABASE_UNAVAILABLE',
      ),
      'ECONNRESET',
    ],
    [
      'both addresses of a host',
      new AggregateError([failure('connect ECONNREFUSED ::1:5432', 'ECONNREFUSED'), failure('x')]),
      'ECONNREFUSED',
    ],
  ])('%s is DATABASE_UNAVAILABLE, and its text and cause stay behind', (_, thrown, code) => {
    const error = databaseError(thrown);
    expect(error).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`^Postgres cannot be used now \\(${code}\\)(: [a-z_ ,]+)?$`)),
      details: { code },
    });
    expect((error as AppError).cause).toBeUndefined();
  });

  it.each([
    ['a full disk', '53100', 'DATABASE_DISK_FULL'],
    ['a deadlock', '40P01', 'DATABASE_BUSY'],
    ['a conflict of a standby with its recovery', '40001', 'DATABASE_BUSY'],
    ['a statement that took too long', '57014', 'DATABASE_BUSY'],
    ['memory that ran out', '53200', 'DATABASE_BUSY'],
  ])('%s has its own code, is worth another try, and its text stays behind', (_, sqlState, code) => {
    const error = databaseError(failure('could not extend file "base/1/s3cret"', sqlState));
    expect(error).toMatchObject({ code, retryable: true, httpStatus: 503, details: { code: sqlState } });
    expect(String(error)).not.toContain('s3cret');
    expect((error as AppError).cause).toBeUndefined();
  });

  it.each([
    ['a wrong statement', failure('column "x" does not exist', '42703')],
    ['a violated key', failure('duplicate key value', '23505')],
    ['a lock that was not to be had', failure('canceling statement due to lock timeout', '55P03')],
    ['a wrong query of Prisma', failure('Value out of range for the type', 'P2020')],
    ['a bug', new TypeError('x is not a function')],
    ['an AppError', new AppError('LEASE_LOST', 'gone')],
    ['what is no error', 'ECONNREFUSED'],
  ])('%s comes back as it was', (_, thrown) => {
    expect(databaseError(thrown)).toBe(thrown);
  });
});

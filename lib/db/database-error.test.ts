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
      message: `Postgres cannot be used now (${code})`,
      details: { code },
    });
    expect((error as AppError).cause).toBeUndefined();
  });

  it.each([
    ['a wrong statement', failure('column "x" does not exist', '42703')],
    ['a violated key', failure('duplicate key value', '23505')],
    ['a cancelled statement', failure('canceling statement due to statement timeout', '57014')],
    ['a wrong query of Prisma', failure('Value out of range for the type', 'P2020')],
    ['a bug', new TypeError('x is not a function')],
    ['an AppError', new AppError('LEASE_LOST', 'gone')],
    ['what is no error', 'ECONNREFUSED'],
  ])('%s comes back as it was', (_, thrown) => {
    expect(databaseError(thrown)).toBe(thrown);
  });
});

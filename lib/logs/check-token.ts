import { createHash, timingSafeEqual } from 'node:crypto';

import { AppError } from '@/lib/errors';

/**
 * Whether a sender may hand in logs: `Authorization: Bearer <token>`. Takes the same time whatever is wrong with it.
 * Throws LOGS_NOT_CONFIGURED where this server has no token, LOGS_TOKEN_REFUSED where it is another or missing.
 */
export function checkLogsToken(request: Request, token: string | undefined): void {
  if (token === undefined) {
    throw new AppError('LOGS_NOT_CONFIGURED', 'This server takes no logs: LOGS_TOKEN is not set.');
  }
  const given = /^Bearer +(.+)$/i.exec((request.headers.get('authorization') ?? '').trim())?.[1];
  if (given === undefined) throw new AppError('LOGS_TOKEN_REFUSED', 'The request shows no token.');
  // Digests: the comparison needs equal lengths, and must not tell the token's.
  if (!timingSafeEqual(digestOf(given), digestOf(token))) {
    throw new AppError('LOGS_TOKEN_REFUSED', 'The token is not the one of this server.');
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

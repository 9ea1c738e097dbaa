import { z } from 'zod';

import { AppError } from '@/lib/errors';

/** Where a page of task ends stopped: the list goes on with what sorts after it (older, then smaller id). */
export type TaskCursor = { finishedAt: Date; id: string };

// 1970 to 9999, as the collector stores times; ECMAScript and Postgres go on differently beyond.
const MAX_INSTANT_MS = 253_402_300_799_999;
const Parts = z.tuple([z.number().int().min(0).max(MAX_INSTANT_MS), z.guid()]);

/** Opaque to clients, so that it may change. */
export function encodeTaskCursor({ finishedAt, id }: TaskCursor): string {
  return Buffer.from(JSON.stringify([finishedAt.getTime(), id])).toString('base64url');
}

/** Throws BAD_REQUEST for anything that `encodeTaskCursor` did not make. */
export function parseTaskCursor(text: string): TaskCursor {
  try {
    const [finishedAtMs, id] = Parts.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return { finishedAt: new Date(finishedAtMs), id };
  } catch {
    throw new AppError(
      'BAD_REQUEST',
      '`cursor` is none that this API gave; leave it out to start at the newest.',
    );
  }
}

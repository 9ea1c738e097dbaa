import { toAppError } from '@/lib/errors';

import { digestOfCode } from './error-digest';

/**
 * Runs what a page reads. A failure is thrown on with its code in `digest`, the one field that Next hands to
 * error.tsx in production; message and stack stay on the server.
 */
export async function loadPage<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    const error = toAppError(thrown);
    throw Object.assign(error, { digest: digestOfCode(error.code) });
  }
}

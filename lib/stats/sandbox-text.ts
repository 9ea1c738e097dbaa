import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import type { SandboxText } from '@/lib/contracts/evidence';
import type { Db } from '@/lib/db/pool';
import { AppError } from '@/lib/errors';

/** Twice what the collector keeps of a file. */
const MAX_BYTES = 128 * 1024;

const inflate = promisify(gunzip);

export type SandboxTextInput = { cluster: string; endId: string; file: 'stdout' | 'stderr' };

/**
 * The kept end of one file of a sandbox. What is no UTF-8 is replaced; it may begin within a character.
 *
 * Null: nothing of that file was asked for. Errors: SANDBOX_GONE where it was and could not be read; INTERNAL
 * where what is stored is no gzip of at most 128 KiB. Cost: one lookup by key.
 */
export async function sandboxText(db: Db, query: SandboxTextInput): Promise<SandboxText | null> {
  const { rows } = await db.query<{ content: Buffer | null; error_code: string | null }>(
    `SELECT content, error_code FROM sandbox_tail
     WHERE cluster_id = (SELECT id FROM cluster WHERE name = $1) AND end_id = $2 AND file = $3`,
    [query.cluster, query.endId, query.file],
  );
  const [row] = rows;
  if (!row) return null;
  if (row.content === null) {
    throw new AppError(
      'SANDBOX_GONE',
      `${query.file} could not be read: ${row.error_code ?? 'not told why'}.`,
    );
  }
  const bytes = await inflate(row.content, { maxOutputLength: MAX_BYTES });
  return { text: new TextDecoder('utf-8').decode(bytes) };
}

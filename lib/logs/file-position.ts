import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** How much of a file's beginning tells it from another that got the same inode, or that was emptied and grew again. */
const HEAD_BYTES = 256;

/** Up to where a file is stored, as kept in log_input.position. */
export type FilePosition = {
  inode: string;
  /** Behind the last whole line. */
  offset: number;
  /** Digest of the first `headBytes` bytes. */
  head: string;
  headBytes: number;
};

export type FileHead = Pick<FilePosition, 'head' | 'headBytes'>;

/** Null: nothing that this version wrote. */
export function parseFilePosition(stored: unknown): FilePosition | null {
  if (typeof stored !== 'object' || stored === null) return null;
  const { inode, offset, head, headBytes } = stored as Record<string, unknown>;
  if (typeof inode !== 'string' || typeof head !== 'string') return null;
  if (!isCount(offset) || !isCount(headBytes) || headBytes > HEAD_BYTES) return null;
  return { inode, offset, head, headBytes };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Of what the file holds by now: fewer bytes while it is short. */
export async function headOf(file: FileHandle, bytes = HEAD_BYTES): Promise<FileHead> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
  const head = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex').slice(0, 32);
  return { head, headBytes: bytesRead };
}

/** Whether the file still begins as it did. */
export async function hasHead(file: FileHandle, { head, headBytes }: FileHead): Promise<boolean> {
  return (await headOf(file, headBytes)).head === head;
}

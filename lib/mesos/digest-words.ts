import { hash } from 'node:crypto';

import type { MesosTask } from '@/lib/domain/task';

const LISTS: Record<MesosTask['list'], string> = {
  tasks: 't',
  completed_tasks: 'c',
  unreachable_tasks: 'u',
  orphan_tasks: 'o',
};

/**
 * Names the words by which a document tells an ended task, and the list it stands in: a task that moved to another list
 * is told anew. 33 or 34 characters, each a byte. Cost: about 1.5 µs.
 */
export function digestOf(
  bytes: Buffer,
  start: number,
  end: number,
  document: 'state' | 'tasks',
  list: MesosTask['list'],
): string {
  // What a framework writes into its tasks must not make two of them look alike: so no quick checksum.
  const digest = hash('sha256', bytes.subarray(start, end), 'binary');
  return `${document === 'state' ? '' : 'v'}${LISTS[list]}${digest}`;
}

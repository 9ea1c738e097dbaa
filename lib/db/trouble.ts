import { parentPort } from 'node:worker_threads';

import type { AppError, ErrorCode } from '@/lib/errors';

/** Why the collector of this process cannot store what it reads now. */
export type DatabaseTrouble = { code: ErrorCode; message: string; cure: string; since: Date };

// Kept on globalThis: the server's bundles hold a copy of this module each.
const store = globalThis as typeof globalThis & { exit137Trouble?: DatabaseTrouble | null };

const CODES = new Set<ErrorCode>(['DATABASE_UNAVAILABLE', 'DATABASE_DISK_FULL', 'DATABASE_BUSY']);

/**
 * What the collector beside this server meets while it cannot store, kept in memory: where the database takes no row,
 * no row can say so. Null: it stores, or it runs elsewhere.
 */
export function databaseTrouble(): DatabaseTrouble | null {
  return store.exit137Trouble ?? null;
}

/** Told by the collector after each cycle: what it failed with, or null. In a worker thread, the server is told, too. */
export function noteDatabaseTrouble(error: AppError | null, now: Date): void {
  const known = databaseTrouble();
  const isTrouble = error !== null && CODES.has(error.code);
  if (!isTrouble && known === null) return;
  const { code, message, cure } = error ?? {};
  const next =
    isTrouble && code && message && cure ? { code, message, cure, since: known?.since ?? now } : null;
  store.exit137Trouble = next;
  parentPort?.postMessage({ databaseTrouble: next } satisfies TroubleMessage);
}

type TroubleMessage = { databaseTrouble: DatabaseTrouble | null };

/** Takes a message of the collector's thread; null in its place: that thread has ended. */
export function takeTroubleMessage(message: unknown): void {
  if (message === null) store.exit137Trouble = null;
  else if (typeof message === 'object' && 'databaseTrouble' in message)
    // Our own bundle sent it; structured cloning keeps the Date.
    store.exit137Trouble = message.databaseTrouble as TroubleMessage['databaseTrouble'];
}

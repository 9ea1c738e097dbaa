import type { Db } from '@/lib/db/pool';
import { AppError } from '@/lib/errors';

/**
 * Resolves where questions can be answered: the database is reached and its migrations are whole.
 * Errors: DATABASE_UNAVAILABLE; MIGRATION_FAILED where tables are missing or a migration did not finish.
 * Cost: a catalogue lookup and a table of a few rows.
 */
export async function checkReadiness(db: Db): Promise<void> {
  const { rows } = await db.query<{ has_tables: boolean }>(
    `SELECT to_regclass('task_end') IS NOT NULL AND to_regclass('_prisma_migrations') IS NOT NULL AS has_tables`,
  );
  if (!rows[0]?.has_tables) throw new AppError('MIGRATION_FAILED', 'The database has not been migrated yet.');
  const unfinished = await db.query<{ migration_name: string }>(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL LIMIT 1',
  );
  const name = unfinished.rows[0]?.migration_name;
  if (name !== undefined) throw new AppError('MIGRATION_FAILED', `Migration ${name} has not finished.`);
}

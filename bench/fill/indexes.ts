import type { Pool } from 'pg';

/**
 * Drops the indexes of tables, primary keys too, so that they can be loaded at the speed of COPY. The answer makes
 * them again as they were, whatever a migration has added since this was written.
 */
export async function withoutIndexes(pool: Pool, tables: readonly string[]): Promise<() => Promise<void>> {
  const { rows } = await pool.query<{ drop: string; make: string }>(
    `SELECT CASE WHEN con.oid IS NULL THEN format('DROP INDEX %I', i.relname)
                 ELSE format('ALTER TABLE %I DROP CONSTRAINT %I', t.relname, con.conname) END AS drop,
            CASE WHEN con.oid IS NULL THEN replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ')
                 ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, con.conname,
                             pg_get_constraintdef(con.oid)) END AS make
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
     LEFT JOIN pg_constraint con ON con.conindid = i.oid AND con.contype IN ('p', 'u')
     WHERE t.relname = ANY ($1) AND t.relnamespace = 'public'::regnamespace
     ORDER BY con.oid IS NULL, i.relname`,
    [tables],
  );
  for (const { drop } of rows) await pool.query(drop);
  return async () => {
    for (const { make } of rows) await pool.query(make);
  };
}

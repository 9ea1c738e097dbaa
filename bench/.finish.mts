import pg from 'pg';
import { createPool } from '@/lib/db/pool';
import { migrate } from '@/lib/db/migrate';
import { fillTraces } from './fill/surroundings';
import { createWorld } from './fill/world';
import { startPostgres } from '../scripts/postgres.mjs';
const [dir, ends, days] = process.argv.slice(2);
const settings = { fsync:'off', full_page_writes:'off', wal_level:'minimal', max_wal_senders:'0', max_wal_size:'8GB', checkpoint_timeout:'30min', autovacuum:'off', shared_buffers:'512MB', max_parallel_maintenance_workers:'2' };
const s = await startPostgres({ dataDir: dir!, settings });
const t0 = performance.now(); const step = (w: string) => console.log(((performance.now()-t0)/1000).toFixed(0), w);
const pool = createPool(s.url, { max: 1, statementTimeoutMs: 0 });
await pool.query(`SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '1GB'`);
await pool.query('DROP DATABASE IF EXISTS fresh'); await pool.query('CREATE DATABASE fresh');
const u = new URL(s.url); u.pathname = '/fresh'; await migrate({ url: u.href });
const fresh = new pg.Client({ connectionString: u.href }); await fresh.connect();
const BIG = ['task_end', 'exposure_hour', 'app_memory', 'log_signal', 'evidence'];
const { rows } = await fresh.query(`SELECT i.relname AS name, CASE WHEN con.oid IS NULL THEN replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ')
                 ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, con.conname, pg_get_constraintdef(con.oid)) END AS make
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
     LEFT JOIN pg_constraint con ON con.conindid = i.oid AND con.contype IN ('p', 'u')
     WHERE t.relname = ANY ($1) AND t.relnamespace = 'public'::regnamespace ORDER BY con.oid IS NULL, i.relname`, [BIG]);
await fresh.end();
await migrate({ url: s.url }); step('migrated');
const { rows: [c] } = await pool.query('SELECT first_polled_at AS from, last_polled_at + interval \'10 seconds\' AS now FROM cluster');
const had = await pool.query('SELECT count(*)::int AS n FROM app_memory');
if (had.rows[0].n === 0) { await pool.query('TRUNCATE poll_run, log_signal, evidence, stuck_kill, log_input');
  await fillTraces(pool, { from: c.from, now: c.now, ends: Number(ends) } as any); }
step('traces');
for (const { name, make } of rows) { const is = await pool.query('SELECT to_regclass($1) AS r', [name]); if (is.rows[0].r === null) { await pool.query(make); step(name); } }
await pool.query('VACUUM (FREEZE, ANALYZE) rollup_hour, rollup_day, rollup_day_cause, exposure_hour, app_memory, log_signal, evidence, poll_run, deployment, app_version, agent, app');
await pool.query('ANALYZE'); step('analysed');
await pool.query('DROP DATABASE fresh');
await pool.end(); await s.stop();

import { startPostgres } from '../scripts/postgres.mjs';
import { createPool } from '@/lib/db/pool';
import { hostRates } from '@/lib/stats/host-rates';
const s = await startPostgres({ dataDir: process.argv[2]! });
const pool = createPool(s.url, { max: 2 });
const { rows: [c] } = await pool.query('SELECT max(finished_at) AS at FROM task_end'); const now = new Date(+c.at + 1000);
const orig = pool.query.bind(pool) as any; const seen: any[] = [];
(pool as any).query = (t: any, v: any) => { seen.push([t, v]); return orig(t, v); };
const window = { from: new Date(+now - Number(process.argv[3]) * 86400000), to: now };
await hostRates(pool, { ...window, limit: 1000 }, now); 
for (const [t, v] of seen) { const a = performance.now(); await orig(t, v); const ms = performance.now() - a; const r = await orig('EXPLAIN (ANALYZE, BUFFERS) ' + t, v); const plan = r.rows.map((x: any) => x['QUERY PLAN']); console.log('=====', ms.toFixed(1), String(t).trim().slice(0, 60)); if (ms > 20) console.log(plan.join('\n').slice(0, 9000)); else console.log(plan.slice(-2).join('\n')); }
await pool.end(); await s.stop();

import { startPostgres } from '../scripts/postgres.mjs';
import pg from 'pg';
const [dir, ...sqls] = process.argv.slice(2);
const s = await startPostgres({ dataDir: dir! });
const c = new pg.Client({connectionString: s.url}); await c.connect();
for (const q of sqls) { const t=performance.now(); const r: any = await c.query(q); console.log(q.slice(0,100), (performance.now()-t).toFixed(1)+' ms'); if (r.fields?.[0]?.name==='QUERY PLAN') console.log(r.rows.map((x:any)=>x['QUERY PLAN']).join('\n')); else console.table(r.rows); }
await c.end(); await s.stop();

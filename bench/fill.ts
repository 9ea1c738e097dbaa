/**
 * Fills a database with the task ends of a large cluster: 10 million over 90 days, 5,000 hosts, 3,000 apps, 7 % of them
 * failures, with rollups, task-hours, deployments, polls and signals. The rows are those that the collector would have
 * written (a test holds them to it), the way is a bulk load. About ten minutes and 15 GB for 10 million on two cores.
 *
 *   npx tsx bench/fill.ts --dir /tmp/big/pg [--ends 10000000] [--hosts 5000] [--apps 3000] [--days 90]
 *   npx tsx bench/fill.ts --url postgres://… (an empty database, as its superuser)
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { startPostgres } from '../scripts/postgres.mjs';
import { fillDatabase } from './fill/fill-database';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    dir: { type: 'string' },
    ends: { type: 'string', default: '10000000' },
    hosts: { type: 'string', default: '5000' },
    apps: { type: 'string', default: '3000' },
    days: { type: 'string', default: '90' },
  },
});
const size = {
  ends: Number(values.ends),
  hosts: Number(values.hosts),
  apps: Number(values.apps),
  days: Number(values.days),
  now: new Date(),
};
if ((values.url === undefined) === (values.dir === undefined)) {
  console.error('Say where: --dir for a built-in Postgres, or --url of an empty database.');
  process.exit(2);
}
if (values.dir !== undefined && existsSync(values.dir)) {
  console.error(`${values.dir} exists already: it is filled only once.`);
  process.exit(2);
}

// Nothing is lost here that could not be made anew: no waiting for the disk, and no log of what is loaded in bulk.
const settings = {
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  autovacuum: 'off',
  shared_buffers: '512MB',
  max_parallel_maintenance_workers: '2',
};
const server = values.dir === undefined ? null : await startPostgres({ dataDir: values.dir, settings });
try {
  await fillDatabase(values.url ?? server?.url ?? '', size, { log: console.log });
} finally {
  await server?.stop();
}

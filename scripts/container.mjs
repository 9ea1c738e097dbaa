// What the image runs: brings the database up to date, then serves (or only collects, by ROLE). It stands beside
// server.js there, without node_modules of its own. Replicas may start at once: the migrator takes a lock.

import { spawnSync } from 'node:child_process';

const { DATABASE_URL, HOST, MESOS_MASTER_URLS, ROLE } = process.env;

if (!DATABASE_URL) {
  console.error(
    'DATABASE_URL is not set. The image brings no Postgres of its own: name one, as\n' +
      '  postgres://user:password@host:5432/database\n' +
      'or run both with the docker-compose.yml of the project.',
  );
  process.exit(1);
}

const migration = spawnSync(process.execPath, ['dist/migrate.mjs'], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (migration.status !== 0) process.exit(migration.status ?? 1);

if (ROLE === 'poller') {
  await import('./dist/poller.mjs');
} else {
  // Docker sets HOSTNAME to the container's id, and Next.js would listen on that.
  process.env.HOSTNAME = HOST || '0.0.0.0';
  // The collector ends the process itself once it has let go of its transaction and its lease. Without a collector
  // Next.js must do it, for the first process of a container ignores a SIGTERM that nobody handles.
  if (ROLE !== 'web' && MESOS_MASTER_URLS) process.env.NEXT_MANUAL_SIG_HANDLE = '1';
  await import('./server.js');
}

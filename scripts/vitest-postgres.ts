import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { migrate } from '../lib/db/migrate';
import { ADMIN_URL_ENV, runAdmin, TEMPLATE_ENV, withDatabase } from '../lib/db/test-database';
import { startPostgres } from './postgres.mjs';

/**
 * Vitest's global setup: one Postgres for the whole run and in it one migrated database to copy from.
 * Where EXIT137_TEST_DATABASE_URL names a server already (its user may create databases), that one is used.
 * Workers inherit both variables.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const given = process.env[ADMIN_URL_ENV];
  const server = given ? null : await startTestServer();
  const adminUrl = given ?? server?.url ?? '';
  const template = `exit137_template_${process.pid}_${Date.now()}`;
  try {
    await runAdmin(adminUrl, `CREATE DATABASE ${template}`);
    await migrate({ url: withDatabase(adminUrl, template) });
  } catch (error) {
    await server?.stop();
    throw error;
  }
  process.env[ADMIN_URL_ENV] = adminUrl;
  process.env[TEMPLATE_ENV] = template;
  return async () => {
    if (server) await server.stop();
    else await runAdmin(adminUrl, `DROP DATABASE IF EXISTS ${template}`);
    if (!given) delete process.env[ADMIN_URL_ENV];
    delete process.env[TEMPLATE_ENV];
  };
}

/** In a temporary folder and without syncing: what is in it is worth nothing after the run. */
async function startTestServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'exit137-test-'));
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  };
  const server = await startPostgres({ dataDir, settings });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

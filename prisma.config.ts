import { defineConfig } from 'prisma/config';

/** For `prisma generate`; the database is brought up to date by lib/db/migrate.ts. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
});

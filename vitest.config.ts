import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { '@': new URL('.', import.meta.url).pathname } },
  test: {
    include: [
      'lib/**/*.test.{ts,tsx}',
      'components/**/*.test.{ts,tsx}',
      'sim/**/*.test.ts',
      'scripts/**/*.test.ts',
      'bench/**/*.test.ts',
      'app/**/*.test.ts',
    ],
    globalSetup: ['scripts/vitest-postgres.ts'],
    // Many files mostly wait: for leases, polls, servers that come back.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});

import { env } from '@/lib/config/env';
import { toAppError } from '@/lib/errors';

import { migrate } from './migrate';

/** Brings the database of DATABASE_URL up to date, says what it did, and ends with 1 where it could not. */
async function main(): Promise<void> {
  try {
    const { DATABASE_URL } = env();
    if (DATABASE_URL === undefined) {
      console.error('CONFIG_INVALID: DATABASE_URL: not set');
      process.exitCode = 1;
      return;
    }
    const applied = await migrate({ url: DATABASE_URL, log: (line) => console.log(line) });
    if (applied.length === 0) console.log('the database is up to date');
  } catch (thrown) {
    const error = toAppError(thrown);
    console.error(`${error.code}: ${error.message}. ${error.cure}`);
    process.exitCode = 1;
  }
}

await main();

// Runs one of the bundled programs from a fresh clone: `node scripts/run.mjs sim --port 5050`. Sets up what is
// missing and bundles what changed; says so on standard error, since standard output belongs to the program.

import './check-node.mjs';

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { BUNDLES, makeBundles } from './bundles.mjs';
import { createProgress, printFailure, StepError } from './progress.mjs';
import { ROOT } from './root.mjs';
import { loadEnvFile, setUp } from './setup.mjs';

const [name = '', ...args] = process.argv.slice(2);
try {
  if (!Object.hasOwn(BUNDLES, name)) {
    throw new StepError(`There is no program '${name}'.`, {
      mend: `name one of ${Object.keys(BUNDLES).join(', ')}.`,
    });
  }
  await setUp(createProgress(process.stderr));
  await makeBundles([name]);
  loadEnvFile();
} catch (thrown) {
  printFailure(thrown);
  process.exit(1);
}

const program = join(ROOT, `dist/${name}.mjs`);
process.argv = [process.execPath, program, ...args];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(program).href);

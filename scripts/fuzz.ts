/**
 * Makes logs by chance and holds the parsers to what they promise (lib/evidence/fuzz-log.ts says what). Stops at the
 * first failure, prints its seed and the fewest lines that show it, and exits with 1.
 *
 *   npm run fuzz -- [--seconds 30] [--seed 1]
 */
import { parseArgs } from 'node:util';

import { fuzzCase } from '@/lib/evidence/fuzz-log';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, seed: { type: 'string' } },
});
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const until = performance.now() + Number(values.seconds) * 1_000;
console.log(`fuzz from seed ${first} for ${values.seconds} s`);

let cases = 0;
do {
  const failure = await fuzzCase(first + cases, () => performance.now());
  cases += 1;
  if (failure) {
    console.error(`seed ${failure.seed}: ${failure.what}\n${failure.lines.length} lines show it:`);
    for (const line of failure.lines.slice(0, 200)) console.error(JSON.stringify(line.slice(0, 2_000)));
    console.error(`again: npm run fuzz -- --seconds 0 --seed ${failure.seed}`);
    process.exitCode = 1;
    break;
  }
} while (performance.now() < until);
console.log(`${cases} cases`);

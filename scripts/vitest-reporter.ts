import { writeFileSync } from 'node:fs';

import type { Reporter, TestModule } from 'vitest/node';

/**
 * Counts tests for the closing line of `npm test`. A file that does not load and an error outside of every test
 * count as one failed test each: otherwise a suite that cannot start would look like one without failures.
 * With COUNTS_FILE set the counts go there as JSON (scripts/test.mjs adds them up); else they are printed.
 */
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed += 1;
        else if (state === 'failed') failedHere += 1;
        else counts.skipped += 1;
      }
      const brokeOutside = failedHere === 0 && module.state() === 'failed';
      counts.failed += brokeOutside ? 1 : failedHere;
    }
    const file = process.env.COUNTS_FILE;
    if (file) writeFileSync(file, JSON.stringify(counts));
    else console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

import { describe, expect, it } from 'vitest';

import { exitCodeMeaning, signalNote, signalOfExitCode } from './exit-code-meaning';

describe('exitCodeMeaning', () => {
  it.each([
    [0, 'success'],
    [1, 'the program’s own error code'],
    [125, 'docker run itself failed'],
    [126, 'command cannot be executed'],
    [127, 'command not found'],
    [128, 'the program’s own error code'],
    [134, '128 + 6, SIGABRT'],
    [137, '128 + 9, SIGKILL'],
    [139, '128 + 11, SIGSEGV'],
    [143, '128 + 15, SIGTERM'],
    [255, 'the program’s own error code'],
  ])('%i: %s', (code, meaning) => {
    expect(exitCodeMeaning(code)).toBe(meaning);
  });

  it('137 alone is never said to be out of memory', () => {
    expect(exitCodeMeaning(137)).not.toMatch(/memory/i);
    expect(signalNote('SIGKILL')).toContain('does not tell which');
  });
});

describe('signalOfExitCode', () => {
  it.each([
    [128, null],
    [129, 'SIGHUP'],
    [137, 'SIGKILL'],
    [159, 'SIGSYS'],
    [200, null],
  ])('%i: %s', (code, signal) => {
    expect(signalOfExitCode(code)).toBe(signal);
  });
});

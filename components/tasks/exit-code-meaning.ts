/**
 * Names of signals by number on Linux x86-64 and arm64 (signal(7)); others differ only on MIPS and SPARC.
 * Above 31 there are real-time signals, which nobody sends to a container by accident.
 */
const SIGNALS: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

/** What Docker and the shell mean by a code of their own. */
const OWN_CODES: Record<number, string> = {
  0: 'success',
  125: 'docker run itself failed',
  126: 'command cannot be executed',
  127: 'command not found',
};

/** What a signal says about the end, without guessing who sent it. */
const SIGNAL_NOTES: Record<string, string> = {
  SIGKILL:
    'The process was killed and could not clean up. The kernel’s out-of-memory killer sends it, but so do docker stop after its grace period, an operator and a health-check kill: the code alone does not tell which.',
  SIGTERM: 'The process was asked to stop, and did.',
  SIGSEGV: 'The process touched memory that is not its own.',
  SIGABRT: 'The process gave up by itself: an assertion, an allocator or a runtime called abort().',
  SIGBUS: 'The process touched memory that its file no longer backs.',
  SIGILL: 'The processor did not know an instruction: often a binary built for another processor.',
};

/**
 * A few words for an exit code: `128 + 9, SIGKILL`, `command not found`, `the program’s own error code`.
 * Never claims more than the code says: 137 is SIGKILL, not out-of-memory.
 */
export function exitCodeMeaning(exitCode: number): string {
  const own = OWN_CODES[exitCode];
  if (own !== undefined) return own;
  const signal = signalOfExitCode(exitCode);
  return signal === null ? 'the program’s own error code' : `128 + ${exitCode - 128}, ${signal}`;
}

/** The signal that `128 + n` stands for; null: the code stands for none. */
export function signalOfExitCode(exitCode: number): string | null {
  return exitCode > 128 ? (SIGNALS[exitCode - 128] ?? null) : null;
}

/** One or two sentences on what a signal means; null: its name says all there is. */
export function signalNote(signal: string): string | null {
  return SIGNAL_NOTES[signal] ?? null;
}

/** Linux signal numbers a container can end by, with the texts glibc's strsignal prints for them. */
const SIGNALS: readonly (readonly [number, string, string])[] = [
  [1, 'SIGHUP', 'Hangup'],
  [2, 'SIGINT', 'Interrupt'],
  [3, 'SIGQUIT', 'Quit'],
  [4, 'SIGILL', 'Illegal instruction'],
  [5, 'SIGTRAP', 'Trace/breakpoint trap'],
  [6, 'SIGABRT', 'Aborted'],
  [7, 'SIGBUS', 'Bus error'],
  [8, 'SIGFPE', 'Floating point exception'],
  [9, 'SIGKILL', 'Killed'],
  [10, 'SIGUSR1', 'User defined signal 1'],
  [11, 'SIGSEGV', 'Segmentation fault'],
  [12, 'SIGUSR2', 'User defined signal 2'],
  [13, 'SIGPIPE', 'Broken pipe'],
  [14, 'SIGALRM', 'Alarm clock'],
  [15, 'SIGTERM', 'Terminated'],
  [24, 'SIGXCPU', 'CPU time limit exceeded'],
  [25, 'SIGXFSZ', 'File size limit exceeded'],
  [31, 'SIGSYS', 'Bad system call'],
];

const BY_NUMBER = new Map(SIGNALS.map(([number, name]) => [number, name]));
const BY_TEXT = new Map(SIGNALS.map(([, name, text]) => [text.toLowerCase(), name]));

/** Signals that mean a fault of the program itself, not a request from outside. */
export const CRASH_SIGNALS: ReadonlySet<string> = new Set([
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGPIPE',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGSYS',
]);

/** `SIGKILL` of 9; null: no signal a container is known to end by. */
export function signalOfNumber(number: number): string | null {
  return BY_NUMBER.get(number) ?? null;
}

/** `SIGKILL` of 137: shells and Docker turn "ended by signal n" into 128 + n. Null: the code says no signal. */
export function signalOfExitCode(code: number): string | null {
  return code > 128 && code < 160 ? signalOfNumber(code - 128) : null;
}

/** `SIGSEGV` of glibc's "Segmentation fault", of "SIGSEGV" or of "11"; null: none of them. */
export function signalOfText(text: string): string | null {
  const word = text.trim();
  if (/^\d{1,2}$/.test(word)) return signalOfNumber(Number(word));
  const upper = word.toUpperCase();
  if ([...BY_NUMBER.values()].includes(upper)) return upper;
  return BY_TEXT.get(word.toLowerCase()) ?? null;
}

/** The texts themselves, longest first, for an expression that looks for any of them. */
export const SIGNAL_TEXTS: readonly string[] = SIGNALS.map(([, , text]) => text).toSorted(
  (a, b) => b.length - a.length,
);

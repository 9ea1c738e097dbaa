import type { Reading } from '../reading';
import type { Rule } from '../rule';
import { CRASH_SIGNALS } from '../signals';
import { ofApp } from '../wording';

// NTSTATUS codes a Windows process ends with when it crashes.
const WINDOWS_CRASHES: ReadonlyMap<number, string> = new Map([
  [0xc0000005, 'access violation'],
  [0xc000001d, 'illegal instruction'],
  [0xc0000094, 'division by zero'],
  [0xc00000fd, 'stack overflow'],
  [0xc0000374, 'heap corruption'],
  [0xc0000409, 'stack buffer overrun'],
  [0xe0434352, 'unhandled .NET exception'],
]);

const MEANING: Readonly<Record<string, string>> = {
  SIGSEGV: 'it touched memory that is not its own',
  SIGABRT: 'it gave up itself (assert, abort, std::terminate, a JVM or Go fatal error)',
  SIGBUS: 'a mapped file was cut or its disk full, or memory was misaligned',
  SIGFPE: 'an arithmetic error, such as a division by zero',
  SIGILL: "an instruction the host's processor does not know",
  SIGPIPE: 'it wrote to a pipe or socket that nobody reads any more',
};

/** The program crashed: a signal that means a fault of its own, or the Windows counterpart. */
export const crashSignal: Rule = {
  id: 'crash-signal',
  matches(facts, reading) {
    if (facts.state !== 'TASK_FAILED') return null;
    const crash = crashOf(reading);
    if (crash === null) return null;
    const meaning = MEANING[crash];
    return {
      cause: 'app_crash_signal',
      disposition: 'failure',
      proof: reading.signal?.from === 'wait' ? 'proven' : 'likely',
      summary: `The program${ofApp(facts)} crashed with ${crash}${meaning === undefined ? '' : `: ${meaning}`}.`,
      because: reading.exit === null ? [] : [`Exit code ${reading.exit.code} stands for ${crash}.`],
      advice: [
        'Read the end of stderr in the sandbox, and look for a core file or hs_err_pid*.log there.',
        'If it crashes on some hosts only, compare processor, kernel and image version of those hosts.',
      ],
    };
  },
};

function crashOf(reading: Reading): string | null {
  if (reading.signal !== null && CRASH_SIGNALS.has(reading.signal.name)) return reading.signal.name;
  return reading.exit === null ? null : (WINDOWS_CRASHES.get(reading.exit.code) ?? null);
}

import type { Facts } from '@/lib/domain/verdict';

import { isLaunchReport, mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { imageName, ofApp } from '../wording';

const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;
const PHRASES: readonly string[] = [
  'executable file not found',
  'exec format error',
  'command not found',
  'container command could not be invoked',
];
// Docker 1.10 to 1.12, and env(1).
const NAMED_NOT_FOUND =
  /\bcontainer command '[^'\n]{1,200}' not found|\benv: [^\n]{1,80}: no such file or directory/;
const EXEC_WORDS: readonly string[] = [
  'exec: ',
  'exec user process',
  'fork/exec',
  'execve',
  'execvp',
  'execle',
  'failed to exec',
];
const EXEC_TROUBLE: readonly string[] = [
  'no such file or directory',
  'permission denied',
  'not found',
  'is a directory',
];
const SHELL_NOT_FOUND = /\b(?:ba|da|a)?sh: [^\n]{1,80}: (?:not found|permission denied)/;
// runc since 1.0 names the file without the quotes.
const EXEC_OF_FILE = /\bexec \/[^\s:]{1,200}: (?:no such file|permission denied|is a directory)/;
// A missing program of Mesos or Docker, or a mount, is not the task's command.
const NOT_THE_COMMAND: readonly string[] = [
  'failed to fetch',
  'hadoop',
  'mounting "',
  'rootfs_linux.go',
  'error mounting',
  'containerd-shim',
  'docker-runc',
  'exec: "runc"',
  'nvidia-container',
];

/** The command is not there, may not be executed, or is for another architecture. */
export const commandNotFound: Rule = {
  id: 'command-not-found',
  matches(facts, reading) {
    if (facts.state !== 'TASK_FAILED' && facts.state !== 'TASK_ERROR' && facts.state !== 'TASK_LOST')
      return null;
    const code = reading.exit === null || reading.exit.from === 'docker' ? null : reading.exit.code;
    const isCode = code === CANNOT_EXECUTE || code === NOT_FOUND;
    // A program that ended with another code of its own only quotes somebody else's words.
    const isOwnCode = reading.exit?.from === 'mesos' && !isCode && !isLaunchReport(reading);
    const isText = !isOwnCode && saysNotFound(reading);
    if (!isText && !(isCode && facts.state === 'TASK_FAILED')) return null;
    return {
      cause: 'command_not_found_or_not_executable',
      disposition: 'failure',
      proof: isText && isLaunchReport(reading) ? 'proven' : 'likely',
      summary: summaryOf(facts, reading, code),
      because: isText
        ? []
        : [
            `Exit code ${code}: shells and Docker give it for a command that ${code === NOT_FOUND ? 'is not found' : 'may not be executed'}.`,
          ],
      advice: [
        `Check that the command exists in ${imageName(facts)}, is executable, on PATH and built for the host's architecture: \`docker run --rm --entrypoint sh <image> -c 'command -v <command>'\`.`,
      ],
    };
  },
};

function saysNotFound(reading: Reading): boolean {
  if (mentions(reading, NOT_THE_COMMAND) !== null) return false;
  if (mentions(reading, PHRASES) !== null || SHELL_NOT_FOUND.test(reading.lower)) return true;
  if (EXEC_OF_FILE.test(reading.lower) || NAMED_NOT_FOUND.test(reading.lower)) return true;
  return mentions(reading, EXEC_WORDS) !== null && mentions(reading, EXEC_TROUBLE) !== null;
}

function summaryOf(facts: Facts, reading: Reading, code: number | null): string {
  if (reading.lower.includes('exec format error')) {
    return `The program${ofApp(facts)} is built for another architecture, or is a script without its first line (#!).`;
  }
  const isDenied = code === CANNOT_EXECUTE || (code === null && reading.lower.includes('permission denied'));
  const exit = code === null ? '' : ` (exit code ${code})`;
  return isDenied
    ? `The command${ofApp(facts)} may not be executed${exit}.`
    : `The command${ofApp(facts)} was not found${exit}.`;
}

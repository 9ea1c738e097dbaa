import { spawn } from 'node:child_process';

import { StepError } from './progress.mjs';
import { ROOT } from './root.mjs';

const TAIL_LINES = 40;

/** Commands that are running now, so that a stop signal can end them. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends every command of the set-up that still runs: a stop signal sent to the parent alone must not leave one behind. */
export function endCommands() {
  for (const child of running) child.kill('SIGTERM');
}

/** Calls `onLine` for each line of a stream of text; the last one needs no line feed. */
export function forEachLine(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const text of lines) onLine(text);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

/**
 * Runs a command to its end. Its output is kept out of sight unless it fails; then the last 40 lines are in the
 * error. Throws StepError.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, show?: (line: string) => void, mend?: string, timeoutMs?: number }} [options]
 * @returns {Promise<string>} its standard output
 */
export function run(command, args, { cwd = ROOT, env = {}, show, mend, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    });
    running.add(child);
    const tail = [];
    const output = [];
    const keep = (text) => {
      tail.push(text);
      if (tail.length > TAIL_LINES) tail.shift();
      if (text.trim() !== '') show?.(text.trim());
    };
    forEachLine(child.stdout, (text) => {
      output.push(text);
      keep(text);
    });
    forEachLine(child.stderr, keep);
    const shown = [command, ...args].join(' ');
    child.on('error', (error) => {
      running.delete(child);
      reject(new StepError(`Could not run '${shown}': ${error.message}`, { mend }));
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      if (code === 0) resolve(output.join('\n'));
      else {
        const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
        reject(new StepError(`'${shown}' ended with ${how}.`, { tail, mend }));
      }
    });
  });
}

import { spawn } from 'node:child_process';

import { forEachLine } from './command.mjs';

const TAIL_LINES = 20;
const dieWithParent = new URL('./die-with-parent.mjs', import.meta.url).href;

/**
 * Starts a Node.js program that runs as long as this one. It has a process group of its own, so that Ctrl-C in the
 * terminal reaches this process alone and the order of stopping is ours; it ends by itself when this process dies.
 * @param {{ name: string, args: string[], cwd?: string, env?: Record<string, string | undefined>,
 *   onLine?: (line: string, stream: 'stdout' | 'stderr') => void, onMessage?: (message: any) => void }} options
 */
export function startChild({ name, args, cwd, env, onLine, onMessage }) {
  const child = spawn(process.execPath, ['--import', dieWithParent, ...args], {
    cwd,
    env: { ...process.env, ...env, EXIT137_PARENT_PID: String(process.pid) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  if (onMessage) child.on('message', onMessage);
  const tail = [];
  let stopping = false;
  for (const stream of ['stdout', 'stderr']) {
    forEachLine(child[stream], (text) => {
      tail.push(text);
      if (tail.length > TAIL_LINES) tail.shift();
      onLine?.(text, stream);
    });
  }
  /** @type {Promise<string>} how it ended, in words */
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });

  return {
    name,
    ended,
    tail,
    /** Whether `stop` or `kill` was called: an end after that is no surprise. */
    isStopping: () => stopping,
    /** SIGTERM, and SIGKILL when it takes longer than `graceMs`. */
    async stop(graceMs) {
      stopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
    kill() {
      stopping = true;
      child.kill('SIGKILL');
    },
  };
}

/** @typedef {ReturnType<typeof startChild>} Child */

// What `npm start` and `npm test` print. On a terminal the running step is one line that counts its seconds;
// elsewhere (CI, a log file) it is plain lines only.

const isTerminal = process.stdout.isTTY === true && process.env.CI === undefined;

/** Thrown where a step fails in a foreseen way: what failed, the end of its output, and how to mend it. */
export class StepError extends Error {
  /**
   * @param {string} message one sentence: what failed
   * @param {{ tail?: string[], mend?: string }} [details]
   */
  constructor(message, { tail = [], mend } = {}) {
    super(message);
    this.name = 'StepError';
    this.tail = tail;
    this.mend = mend;
  }
}

/** `950 ms`, `12.3 s`, `2 min 05 s`. */
export function elapsed(ms) {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/**
 * Where progress goes. `npm start` uses standard output; scripts whose standard output is data use standard error.
 * @param {NodeJS.WriteStream} stream
 */
export function createProgress(stream = process.stdout) {
  const live = isTerminal && stream === process.stdout;

  function line(text = '') {
    stream.write(`${text}\n`);
  }

  /**
   * Runs one step and prints it with its time. `work` may return a note to print behind it, and is given a
   * function that shows what the step is doing now (on a terminal only).
   * @template T
   * @param {string} title
   * @param {(show: (doing: string) => void) => Promise<string | void>} work
   */
  async function step(title, work) {
    const began = Date.now();
    let doing = '';
    const draw = () => {
      const text = `  … ${title} (${elapsed(Math.floor((Date.now() - began) / 1_000) * 1_000)}) ${doing}`;
      stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
    };
    const timer = live ? setInterval(draw, 200) : null;
    if (!live) line(`  … ${title}`);
    try {
      const note = await work((text) => {
        doing = text;
      });
      if (timer) clearInterval(timer);
      const end = `  ✓ ${title}${note ? `: ${note}` : ''} (${elapsed(Date.now() - began)})`;
      stream.write(live ? `\r\x1b[2K${end}\n` : `${end}\n`);
    } catch (thrown) {
      if (timer) clearInterval(timer);
      const end = `  ✗ ${title} failed after ${elapsed(Date.now() - began)}`;
      stream.write(live ? `\r\x1b[2K${end}\n` : `${end}\n`);
      throw thrown;
    }
  }

  return { line, step };
}

/** @typedef {ReturnType<typeof createProgress>} Progress */

/** Prints a failure for a person: the sentence, the end of the output, the way out. A bug keeps its stack. */
export function printFailure(thrown) {
  if (thrown instanceof StepError) {
    console.error(`\n${thrown.message}`);
    if (thrown.tail.length > 0) console.error(`\n${thrown.tail.map((text) => `    ${text}`).join('\n')}`);
    if (thrown.mend) console.error(`\nTo mend it: ${thrown.mend}`);
    return;
  }
  // Errors with a code come from this project or from Node.js and say enough without a stack.
  if (thrown instanceof Error && 'code' in thrown) console.error(`\n${thrown.message}`);
  else console.error('\nUnexpected:', thrown);
}

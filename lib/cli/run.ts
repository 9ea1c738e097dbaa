import type { Readable, Writable } from 'node:stream';

import { diagnoseLines } from './diagnose-lines';

export const USAGE = `Usage: exit137 <command>

  diagnose --jsonl   Read task ends as JSON lines on standard input and write one verdict per line.
                     In:  {"id", "state", "reason", "status_source", "message", "context":
                          {"container", "mem", "image", "health", "marathon_event"}}
                     Out: {"id", "cause", "disposition", "proof", "exit_code", "signal", "summary", "because", "advice"}
                     A line that is not understood gives {"id", "error"}, and exit status 1 at the end.
  help               Show this text.
`;

export type Streams = { stdin: Readable; stdout: Writable; stderr: Writable };

const OK = 0;
const MALFORMED_INPUT = 1;
const WRONG_USAGE = 2;

/** Runs one command; the result is the exit status: 0 done, 1 some input was malformed, 2 wrong usage. */
export async function run(args: readonly string[], { stdin, stdout, stderr }: Streams): Promise<number> {
  const [command, ...options] = args;
  if (command === 'help' || command === '--help' || command === '-h') {
    stdout.write(USAGE);
    return OK;
  }
  if (command !== 'diagnose' || options.length !== 1 || options[0] !== '--jsonl') {
    stderr.write(USAGE);
    return WRONG_USAGE;
  }
  const { malformed } = await diagnoseLines(stdin, (line) => writeTo(stdout, line));
  if (malformed === 0) return OK;
  stderr.write(`${malformed} ${malformed === 1 ? 'line was' : 'lines were'} not understood.\n`);
  return MALFORMED_INPUT;
}

/** Waits for a slow reader instead of holding all answers in memory; a reader that went away rejects. */
function writeTo(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

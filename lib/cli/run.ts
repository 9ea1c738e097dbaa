import type { Readable, Writable } from 'node:stream';
import { WriteStream } from 'node:tty';
import { parseArgs } from 'node:util';

import { diagnoseLines } from './diagnose-lines';
import { diagnoseLog } from './diagnose-log';
import { textOnly } from './log-file';
import { logLines } from './log-lines';

export const USAGE = `Usage: exit137 <command>

  diagnose [FILE…] [--json] [--time-zone ZONE]
                     Read host logs (kernel, Docker, Mesos agent; any mixture, any length) from files or standard
                     input, and say what they tell: which container and process was killed, at which limit, for
                     which task, with proof and advice; what else ails the host.
                     --json       one JSON document, as POST /api/v1/diagnose answers
                     --time-zone  of stamps that name none, and of the times shown: UTC, Europe/Berlin, …
                                  (default: this machine's)
  diagnose --jsonl   Read task ends as JSON lines on standard input and write one verdict per line.
                     In:  {"id", "state", "reason", "status_source", "message", "context":
                          {"container", "mem", "image", "health", "marathon_event", "kernel_log": ["line", …]}}
                     Out: {"id", "cause", "disposition", "proof", "exit_code", "signal", "summary", "because", "advice"}
  logs --jsonl       Read excerpts of logs as JSON lines on standard input and write what each tells.
                     In:  {"id", "lines": ["line", …]}
                     Out: {"id", "signals": [{"signature", "killed_pid", "killed_comm", "container_id", "limit_kb",
                          "usage_kb", "anon_rss_kb", "veth", "host", "at"}]}
  help               Show this text.

With --jsonl a line that is not understood gives {"id", "error"}.
Exit status: 0 done, 1 some input was not understood or not readable, 2 wrong usage.
`;

export type Streams = { stdin: Readable; stdout: Writable; stderr: Writable };

const OK = 0;
const MALFORMED_INPUT = 1;
const WRONG_USAGE = 2;

type Command =
  | { name: 'help' }
  | { name: 'diagnose-lines' }
  | { name: 'log-lines' }
  | { name: 'diagnose-log'; files: string[]; isJson: boolean; timeZone: string };

/** Runs one command; the result is the exit status: 0 done, 1 some input was malformed, 2 wrong usage. */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  const { stdin, stdout, stderr } = streams;
  const command = readCommand(args);
  if (typeof command === 'string') {
    stderr.write(command === '' ? USAGE : `exit137: ${command}\n\n${USAGE}`);
    return WRONG_USAGE;
  }
  const write = (text: string) => writeTo(stdout, text);
  switch (command.name) {
    case 'help':
      await write(USAGE);
      return OK;
    case 'diagnose-lines':
      return statusOf(await diagnoseLines(stdin, write), stderr);
    case 'log-lines':
      return statusOf(await logLines(stdin, write, new Date()), stderr);
    case 'diagnose-log':
      return diagnoseLogs(command, streams);
  }
}

/** What to do, or what is wrong with the words; empty: no words to explain it with. */
function readCommand(args: readonly string[]): Command | string {
  const [name, ...rest] = args;
  if (name === 'help' || name === '--help' || name === '-h') return { name: 'help' };
  if (name === undefined) return '';
  if (name !== 'diagnose' && name !== 'logs') return `there is no command '${name.slice(0, 40)}'.`;
  const parsed = parseOptions(rest);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals } = parsed;
  if (values.help === true) return { name: 'help' };
  if (values.jsonl === true) {
    if (positionals.length > 0 || values.json === true || values['time-zone'] !== undefined)
      return '--jsonl reads standard input and takes nothing beside it.';
    return { name: name === 'logs' ? 'log-lines' : 'diagnose-lines' };
  }
  if (name === 'logs') return 'logs needs --jsonl; to read log files: exit137 diagnose FILE…';
  const timeZone = values['time-zone'] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!isTimeZone(timeZone)) return `'${timeZone.slice(0, 40)}' is no time zone; say UTC or Europe/Berlin.`;
  return { name: 'diagnose-log', files: positionals, isJson: values.json === true, timeZone };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        jsonl: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        'time-zone': { type: 'string' },
      },
    });
  } catch (thrown) {
    const [first = 'wrong usage'] = thrown instanceof Error ? thrown.message.split('. ') : [];
    return `${first.slice(0, 120).replace(/\.$/, '')}.`;
  }
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

async function diagnoseLogs(
  { files, isJson, timeZone }: Extract<Command, { name: 'diagnose-log' }>,
  { stdin, stdout, stderr }: Streams,
): Promise<number> {
  if (files.length === 0 && 'isTTY' in stdin && stdin.isTTY === true)
    stderr.write('Reading a log from standard input; end it with Ctrl-D.\n');
  const input = { name: 'standard input', modifiedAt: new Date(), chunks: textOnly(stdin, 'standard input') };
  const unreadable = await diagnoseLog(
    { files, isJson, timeZone, isColoured: showsColours(stdout) },
    input,
    (text) => writeTo(stdout, text),
    (text) => stderr.write(text),
  );
  return unreadable === 0 ? OK : MALFORMED_INPUT;
}

/** A terminal with colours, and nobody said NO_COLOR (Node looks at it). */
function showsColours(stream: Writable): boolean {
  return stream instanceof WriteStream && stream.isTTY && stream.hasColors();
}

function statusOf({ malformed }: { malformed: number }, stderr: Writable): number {
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

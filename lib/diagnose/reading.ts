import type { Facts } from '@/lib/domain/verdict';

import { dockerClientExitCode } from './docker-client';
import { SIGNAL_TEXTS, signalOfExitCode, signalOfText } from './signals';
import { excerpt } from './wording';

/** What the status says, parsed once for all rules. */
export type Reading = {
  /** The status's message, or Marathon's lastTaskFailure message where Mesos told none; at most 16 KiB. */
  text: string;
  /** `text` in lower case, for `mentions`. */
  lower: string;
  /** The start of `text` on one line, at most 200 characters; empty where there is no message. */
  excerpt: string;
  /** Without `REASON_`, in the words of Mesos 1.x with SLAVE: `CONTAINER_LIMITATION_MEMORY`, `SLAVE_REMOVED`. */
  reason: string | null;
  /** The reason was sent under its name of 0.21 to 0.25, when it stood for every kill by the containerizer. */
  isOldMemoryReason: boolean;
  exit: Exit | null;
  signal: Signal | null;
};

export type Exit = {
  /** 0 to 255; Windows agents report 32 bits. */
  code: number;
  /**
   * `mesos`: an executor's own sentence. `text`: words of some other program. `docker`: not written, but known
   * from what the docker client printed.
   */
  from: 'mesos' | 'text' | 'docker';
};

export type Signal = {
  /** `SIGKILL`. */
  name: string;
  /** `wait`: the process that Mesos waited for died of it. `code`: from an exit code of 128 + n. `text`: from words. */
  from: 'wait' | 'code' | 'text';
};

const MAX_TEXT = 16 * 1024;
const MAX_TEXT_CODE = 255;
const HELPER_STARTS = /\bfailed to /i;

// All expressions below start with a literal and repeat only bounded classes: linear on hostile text.
const MESOS_EXIT =
  /(?:\b(?:command|container|task) exited with status:? {0,2}|exited on error: exited with status |^exited with status )(-?\d{1,10})\b/i;
const TEXT_EXITS: readonly RegExp[] = [
  /"?\bexit ?(?:code|status)"? {0,2}[:=]? {0,2}(?:is |was |of )?"?(-?\d{1,10})\b/gi,
  /\bexit(?:ed|s)?(?: with)?(?: an?)?(?: non-zero)?(?: exit)?(?: \(?(?:code|status|error)){1,2}(?: code)?:? {0,2}\(?(-?\d{1,10})\b/gi,
  /\bexit(?:ed)? ?\(?(\d{1,3})\)/gi,
  /\bexit(?:ed)?(?: with)? (\d{1,3})\b/gi,
  /\bnon-zero (?:exit )?(?:code|status):? (\d{1,3})\b/gi,
  /\b(?:with|returned|status) (?:status )?code:? (\d{1,3})\b/gi,
  /\b(?:dies|died|failed|ended) with (?:error )?(\d{1,3})(?: error)?\b/gi,
  /\bfailed: {0,2}\((\d{1,3})\)/gi,
];
const SIGNAL_TEXT_ALTERNATIVES = SIGNAL_TEXTS.map((text) => text.replaceAll('/', '\\/')).join('|');
const WAIT_SIGNAL = new RegExp(
  `\\b(?:terminated with|stopped on) signal:? (${SIGNAL_TEXT_ALTERNATIVES}|SIG[A-Z0-9]{2,5}|\\d{1,2})\\b`,
  'i',
);
const TEXT_SIGNAL = new RegExp(
  `\\b(?:killed by|received|got|by|with|on) signal:? {0,2}(${SIGNAL_TEXT_ALTERNATIVES}|SIG[A-Z0-9]{2,5}|\\d{1,2})\\b|\\bsignal: (${SIGNAL_TEXT_ALTERNATIVES})\\b`,
  'i',
);
// Words that stand for a crash by themselves. SIGKILL and SIGTERM do not: texts name them as what was sent.
const CRASH_WORD =
  /\b(segmentation fault|SIGSEGV|SIGABRT|SIGBUS|SIGILL|SIGFPE|(?:aborted|bus error|illegal instruction|floating point exception)(?= \(core dumped))/i;
const KILLED_WITH = /\b(?:killed|terminated|ended) (?:by|with) (?:a )?(SIG[A-Z]{3,5})\b/i;

/** Parses reason and message. Never throws; linear in the text it looks at. */
export function readFacts(facts: Facts): Reading {
  const own = nonEmpty(facts.message) ?? nonEmpty(facts.marathon?.ownFailure?.message ?? null) ?? '';
  const text = own.slice(0, MAX_TEXT);
  const lower = text.toLowerCase();
  // The I/O switchboard is a helper of the agent: how it ended is not how the task did.
  const exit = lower.startsWith("'ioswitchboard'") ? null : (exitOf(text) ?? exitOfState(facts.state));
  return {
    text,
    lower,
    excerpt: excerpt(text),
    reason: normalizeReason(facts.reason),
    isOldMemoryReason: /^(?:REASON_)?MEMORY_LIMIT$/.test(facts.reason ?? ''),
    exit,
    signal: signalOf(text, exit),
  };
}

/** The first of the phrases (lower case) that the message holds; null: none. */
export function mentions(reading: Reading, phrases: readonly string[]): string | null {
  return phrases.find((phrase) => reading.lower.includes(phrase)) ?? null;
}

/** True where the text was written by Mesos about a launch of this very task, not by some program. */
export function isLaunchReport(reading: Reading): boolean {
  return (
    reading.reason === 'CONTAINER_LAUNCH_FAILED' ||
    reading.lower.startsWith('failed to launch container') ||
    reading.lower.startsWith("failed to run 'docker") ||
    reading.lower.startsWith("failed to 'docker")
  );
}

/** One name for each reason: v1 says AGENT, releases before 0.26 had two other names. Null: none sent. */
export function normalizeReason(reason: string | null): string | null {
  const word = reason
    ?.trim()
    .toUpperCase()
    .slice(0, 100)
    .replace(/^REASON_/, '')
    .replaceAll('AGENT', 'SLAVE');
  if (word === undefined || word === '') return null;
  if (word === 'MEMORY_LIMIT') return 'CONTAINER_LIMITATION_MEMORY';
  if (word === 'EXECUTOR_PREEMPTED') return 'CONTAINER_PREEMPTED';
  return word;
}

/** Executors of Mesos call a task finished only when it exited with 0, and before 1.0 they do not write it. */
function exitOfState(state: Facts['state']): Exit | null {
  return state === 'TASK_FINISHED' ? { code: 0, from: 'mesos' } : null;
}

function exitOf(text: string): Exit | null {
  const ofMesos = MESOS_EXIT.exec(text)?.[1];
  if (ofMesos !== undefined) return { code: toExitCode(ofMesos), from: 'mesos' };
  const ofDocker = dockerClientExitCode(text.toLowerCase());
  if (ofDocker !== null) return { code: ofDocker, from: 'docker' };
  const ofText = lastTextExit(text);
  return ofText === null ? null : { code: ofText, from: 'text' };
}

/**
 * The last code some program's words name. Words after `Failed to …` are about a helper of Mesos (docker pull,
 * the fetcher, hadoop, tar): its status is not the task's. Above 255 it is another kind of code (HTTP).
 */
function lastTextExit(text: string): number | null {
  const own = text.slice(0, HELPER_STARTS.exec(text)?.index ?? text.length);
  let last: { at: number; code: number } | null = null;
  for (const expression of TEXT_EXITS) {
    for (const match of own.matchAll(expression)) {
      const code = toExitCode(match[1] ?? '');
      if (code > MAX_TEXT_CODE || (last !== null && match.index < last.at)) continue;
      last = { at: match.index, code };
    }
  }
  return last?.code ?? null;
}

/** Windows prints its 32 bits with or without a sign; NTSTATUS codes are known by their unsigned form. */
function toExitCode(digits: string): number {
  const code = Number(digits);
  return code < -1 ? code + 2 ** 32 : code === -1 ? 255 : code;
}

function signalOf(text: string, exit: Exit | null): Signal | null {
  const waited = WAIT_SIGNAL.exec(text)?.[1];
  const ofWait = waited === undefined ? null : signalOfText(waited);
  if (ofWait !== null) return { name: ofWait, from: 'wait' };
  const ofCode = exit === null ? null : signalOfExitCode(exit.code);
  if (ofCode !== null) return { name: ofCode, from: 'code' };
  const [, said, go] = TEXT_SIGNAL.exec(text) ?? [];
  const word = said ?? go ?? KILLED_WITH.exec(text)?.[1] ?? CRASH_WORD.exec(text)?.[1];
  const ofText = signalOfText(word ?? '');
  return ofText === null ? null : { name: ofText, from: 'text' };
}

function nonEmpty(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text;
}

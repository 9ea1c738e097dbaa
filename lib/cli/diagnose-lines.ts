import { diagnose } from '@/lib/diagnose/diagnose';
import { readFacts } from '@/lib/diagnose/reading';

import { type AnswersResult, answerLines } from './answer-lines';
import { parseTaskLine } from './task-line';

/**
 * Writes one JSON line per input line, in order: `{id, cause, disposition, proof, exit_code, signal, summary,
 * because, advice}`, or `{id, error}` where the line was not understood. Empty lines are skipped.
 */
export function diagnoseLines(
  input: AsyncIterable<Uint8Array | string>,
  write: (line: string) => Promise<void>,
): Promise<AnswersResult> {
  return answerLines(input, write, answerTo);
}

function answerTo(line: string) {
  const parsed = parseTaskLine(line);
  if ('error' in parsed) return parsed;
  const verdict = diagnose(parsed.facts);
  return {
    id: parsed.id,
    cause: verdict.cause,
    disposition: verdict.disposition,
    proof: verdict.proof,
    // A verdict keeps codes of 0 to 255; here the 32 bits of a Windows agent have room.
    exit_code: verdict.exitCode ?? readFacts(parsed.facts).exit?.code ?? null,
    signal: verdict.signal,
    summary: verdict.summary,
    because: verdict.because,
    advice: verdict.advice,
  };
}

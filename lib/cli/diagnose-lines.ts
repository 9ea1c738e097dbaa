import { diagnose } from '@/lib/diagnose/diagnose';
import { readFacts } from '@/lib/diagnose/reading';

import { readLines } from './read-lines';
import { parseTaskLine } from './task-line';

const MAX_LINE_LENGTH = 1024 * 1024;

export type DiagnoseLinesResult = { answered: number; malformed: number };

/**
 * Writes one JSON line per input line, in order: `{id, cause, disposition, proof, exit_code, signal, summary,
 * because, advice}`, or `{id, error}` where the line was not understood. Empty lines are skipped.
 */
export async function diagnoseLines(
  input: AsyncIterable<Uint8Array | string>,
  write: (line: string) => Promise<void>,
): Promise<DiagnoseLinesResult> {
  const result: DiagnoseLinesResult = { answered: 0, malformed: 0 };
  for await (const { text, cut } of readLines(input, MAX_LINE_LENGTH)) {
    if (!cut && text.trim() === '') continue;
    const answer = cut
      ? { id: null, error: `line longer than ${MAX_LINE_LENGTH} characters` }
      : answerTo(text);
    if ('error' in answer) result.malformed += 1;
    else result.answered += 1;
    await write(`${JSON.stringify(answer)}\n`);
  }
  return result;
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

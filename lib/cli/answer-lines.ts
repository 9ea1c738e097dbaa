import { readLines } from './read-lines';

export type AnswersResult = { answered: number; malformed: number };

const MAX_ANSWERED_LENGTH = 1024 * 1024;

/**
 * Writes one JSON line per input line, in order; empty lines are skipped. `answerTo` never throws. Holds one line and
 * its answer at a time, and waits for a slow reader.
 */
export async function answerLines(
  input: AsyncIterable<Uint8Array | string>,
  write: (line: string) => Promise<void>,
  answerTo: (line: string) => object,
  maxLength = MAX_ANSWERED_LENGTH,
): Promise<AnswersResult> {
  const result: AnswersResult = { answered: 0, malformed: 0 };
  for await (const { text, cut } of readLines(input, maxLength)) {
    if (!cut && text.trim() === '') continue;
    const answer = cut ? { id: null, error: `line longer than ${maxLength} characters` } : answerTo(text);
    if ('error' in answer) result.malformed += 1;
    else result.answered += 1;
    await write(`${JSON.stringify(answer)}\n`);
  }
  return result;
}

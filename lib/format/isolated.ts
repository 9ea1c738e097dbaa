// Marks, embeddings, overrides and isolates: what turns the direction of text.
const TURNS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/;
const FIRST_STRONG_ISOLATE = '\u2068';
const POP_ISOLATE = '\u2069';

/**
 * Text of the cluster to stand inside a sentence: where it holds characters that turn the direction of text, it is
 * shut in, so that a task's name cannot turn the words after it around.
 */
export function isolated(text: string): string {
  return TURNS.test(text) ? `${FIRST_STRONG_ISOLATE}${text}${POP_ISOLATE}` : text;
}

const MAX_TEXT = 200;
const MAX_WORDS = 10;
const LEAST_FOR_INDEX = 3;
// What exit137_words takes for a break between words: ASCII that is neither letter nor digit.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters break words, too.
const BREAKS = /[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+/;

/** What was typed, as the search takes it. */
export type SearchText = {
  /** As the database could hold it, at most 200 characters. */
  text: string;
  /** Its words in lower case, each once, at most 10; empty: it is made of other characters alone. */
  words: readonly string[];
};

/**
 * Takes a text from a search box apart. Nothing in it is an operator: what could be one is a break between words.
 */
export function searchText(typed: string): SearchText {
  const text = storable(typed).trim().slice(0, MAX_TEXT).toWellFormed();
  const words = [...new Set(text.toLowerCase().split(BREAKS).filter(Boolean))].slice(0, MAX_WORDS);
  return { text, words };
}

/** For `to_tsquery('simple', …)`: every word, as the beginning of one. */
export function toTsquery(words: readonly string[]): string {
  // A word holds neither quote nor backslash; quoted, Postgres cuts it as it cut the message.
  return words.map((word) => `'${word}':*`).join(' & ');
}

/** The same for an index lookup: without words of one or two letters, if others remain: their completions are many. */
export function forIndex(words: readonly string[]): string {
  const long = words.filter((word) => word.length >= LEAST_FOR_INDEX);
  return toTsquery(long.length > 0 ? long : words);
}

/** The text as the collector would have stored it: Postgres holds neither NUL nor lone surrogates. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u2400');
}

/** A pattern for LIKE that finds `text` anywhere. */
export function anywhere(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** The end of the range of all texts that begin with `text`, where text is ordered by code point. */
export function endOfPrefix(text: string): string {
  return `${text}\u{10FFFF}`;
}

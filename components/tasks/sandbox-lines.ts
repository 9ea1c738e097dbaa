import Anser from 'anser';

/** The sixteen colours of a terminal that are drawn; others stay plain. */
export type AnsiColour = string;

export type SandboxSegment = {
  text: string;
  /** `red`, `bright-black`; null: plain. */
  fg: AnsiColour | null;
  bg: AnsiColour | null;
  isBold: boolean;
};
export type SandboxLine = { segments: SandboxSegment[]; plain: string };
export type SandboxMatch = { line: number; from: number; to: number };

const ESC = '\u001b';
// Titles and links of terminals (OSC), and what begins with ESC and is no CSI: none of it is text.
const OSC = new RegExp(`${ESC}\\][^\\u0007${ESC}\\n]{0,2000}(?:\\u0007|${ESC}\\\\)`, 'g');
const OTHER_ESCAPE = new RegExp(`${ESC}[^\\[\\n]`, 'g');
const SGR = new RegExp(`${ESC}\\[([\\d;]*)m`, 'g');
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f]/g;

const MOST_CODES = 16;
export const MOST_MATCHES = 5000;

const PALETTE = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/**
 * A program's output as lines of plain and coloured text. Colours are read, all other terminal commands are dropped,
 * other control characters are made visible. A lone carriage return (a progress bar) begins a line: nothing is lost.
 */
export function sandboxLines(output: string): SandboxLine[] {
  const lines: SandboxSegment[][] = [[]];
  for (const entry of Anser.ansiToJson(readable(output), { use_classes: true, remove_empty: true })) {
    const style = {
      fg: colourOf(entry.fg),
      bg: colourOf(entry.bg),
      isBold: entry.decorations.includes('bold'),
    };
    for (const [index, text] of entry.content.split('\n').entries()) {
      if (index > 0) lines.push([]);
      if (text !== '') lines.at(-1)?.push({ text, ...style });
    }
  }
  // The end of the last line begins no other.
  if (lines.length > 1 && lines.at(-1)?.length === 0) lines.pop();
  return lines.map((segments) => ({ segments, plain: segments.map(({ text }) => text).join('') }));
}

/** Where `needle` stands, case aside, in reading order; at most 5,000. */
export function findInLines(lines: readonly SandboxLine[], needle: string): SandboxMatch[] {
  if (needle === '') return [];
  const pattern = new RegExp(needle.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi');
  const found: SandboxMatch[] = [];
  for (const [line, { plain }] of lines.entries()) {
    for (const match of plain.matchAll(pattern)) {
      found.push({ line, from: match.index, to: match.index + match[0].length });
      if (found.length === MOST_MATCHES) return found;
    }
  }
  return found;
}

export type MarkedPiece = SandboxSegment & {
  /** Which of `matches` it belongs to; null: none. */ match: number | null;
};

/** The segments of one line cut at its matches; `first` is the number of the line's first match among all. */
export function markedPieces(
  line: SandboxLine,
  matches: readonly SandboxMatch[],
  first: number,
): MarkedPiece[] {
  const pieces: MarkedPiece[] = [];
  let at = 0;
  for (const segment of line.segments) {
    const end = at + segment.text.length;
    let cut = at;
    for (const [index, { from, to }] of matches.entries()) {
      const [start, stop] = [Math.max(from, at), Math.min(to, end)];
      if (start >= stop) continue;
      if (start > cut)
        pieces.push({ ...segment, text: segment.text.slice(cut - at, start - at), match: null });
      pieces.push({ ...segment, text: segment.text.slice(start - at, stop - at), match: first + index });
      cut = stop;
    }
    if (cut < end) pieces.push({ ...segment, text: segment.text.slice(cut - at), match: null });
    at = end;
  }
  return pieces;
}

function readable(output: string): string {
  let isBold = false;
  return output
    .replace(/\r\n?/g, '\n')
    .replace(OSC, '')
    .replace(OTHER_ESCAPE, '')
    .replace(SGR, (_whole, list: string) => {
      const kept = keptCodes(list, isBold);
      ({ isBold } = kept);
      return kept.codes.length === 0 ? '' : `${ESC}[${kept.codes.join(';')}m`;
    })
    .replace(CONTROL, (character) => {
      const code = character.charCodeAt(0);
      return String.fromCharCode(code === 0x7f ? 0x2421 : 0x2400 + code);
    });
}

/**
 * Of one command the codes that are drawn: colours, bold, and what ends them. The parser keeps each `1` once more, so
 * that a line of nothing but those would cost it a second: it is told of the first alone.
 */
function keptCodes(list: string, wasBold: boolean): { codes: string[]; isBold: boolean } {
  const given = list.split(';', MOST_CODES);
  const codes: string[] = [];
  let isBold = wasBold;
  for (let index = 0; index < given.length; index += 1) {
    const code = given[index] ?? '';
    const value = Number(code);
    if (value === 38 || value === 48) {
      // `38;5;n` and `38;2;r;g;b`: what follows is no code of its own.
      const length = given[index + 1] === '5' ? 3 : given[index + 1] === '2' ? 5 : 1;
      if (length > 1) codes.push(...given.slice(index, index + length));
      index += length - 1;
    } else if (value === 1) {
      if (!isBold) codes.push(code);
      isBold = true;
    } else if (value === 0 || value >= 22) {
      if (value === 0 || value === 22) isBold = false;
      codes.push(code);
    }
  }
  return { codes, isBold };
}

function colourOf(word: string | null): AnsiColour | null {
  const name = word?.replace(/^ansi-/, '') ?? null;
  if (name === null || name === 'truecolor') return null;
  const [, number] = /^palette-(\d+)$/.exec(name) ?? [];
  if (number === undefined) return name;
  const index = Number(number);
  const colour = PALETTE[index % 8];
  return index < 8 ? (colour ?? null) : index < 16 ? `bright-${colour}` : null;
}

import type { LogFact } from '@/lib/domain/log-signal';
import type { LineReader } from './line-prefix';
import type { LogLine } from './log-line';
import type { Block, BlockParser } from './source-parser';
import { join } from './wrapped-line';

const MAX_BLOCKS = 256;
const MAX_BYTES = 8 * 1024 * 1024;
/** Rows of a table: past the first number only as many as the second stay, the largest. */
const MAX_ROWS = 512;
const ROWS_KEPT = 256;
/** Lines that say little by themselves. */
const MAX_CONTEXT = 120;
/** Lines that say much are few in a report; a flood of them is none. */
const MAX_ESSENTIAL = 64;

/** Of more hosts with open blocks, every line is read. */
const MAX_HOSTS_LOOKED_FOR = 16;

const CLOSES_AFTER_SECONDS = 5;
/** Where times cannot be compared, so many lines of the host in a row that are not the block's close it. */
const CLOSES_AFTER_LINES = 64;
const QUARTER_HOUR_SECONDS = 900;
const ZONE_SLACK_SECONDS = 30;

/**
 * How a line of a block is stored, so that it is given back to its block alone: `~0 line` of parser 0; `~0= line` of
 * several that were joined, parted by the record separator; `~0.` for one that was none of the block's, where such
 * are counted. A line of a log that looks so can do no more than any other line.
 */
const STORED = /^~(\d)([=.]?)(?: |$)/;
const SEPARATOR = '\u001e';

type Kept = { line: LogLine; weight: number };

type OpenBlock = {
  host: string;
  /** Of its parser in the list. */
  index: number;
  parser: BlockParser;
  kept: Kept[];
  marks: Set<string>;
  bytes: number;
  rows: number;
  context: number;
  essential: number;
  /** Lines that were none of its own, since the last that was. */
  strangers: number;
};

export type OpenBlocks = {
  isEmpty(): boolean;
  /** Whether a raw line can be of a host that has an open block; false is sure. Cheap: no prefix is read. */
  concern(raw: string): boolean;
  /** Gives the line to every parser, and the facts of blocks that it closes to `told`. */
  take(line: LogLine): void;
  /** A stored line goes back to its block. False: it is none. `read` understands a raw line. */
  takeStored(raw: string, read: LineReader): boolean;
  closeAll(): void;
  /** What the open blocks hold, by host, to be given to `takeStored`; the host heard of last at the end. */
  lines(): Map<string, string[]>;
};

/**
 * The blocks that wait for more lines, one for each host and parser; bounded in number and bytes: the one that
 * waited longest is told as it is. What becomes of them depends on the lines that they hold and on nothing else, so
 * that they can be stored as lines. `unprinted` is the host of lines that name none.
 */
export function createOpenBlocks(
  parsers: readonly BlockParser[],
  told: (facts: LogFact[]) => void,
  unprinted: string,
): OpenBlocks {
  const blocks = new Map<string, OpenBlock>();
  let bytes = 0;
  /** Which block a stored line was given to last. */
  let restored = '';

  const close = (key: string, block: OpenBlock): void => {
    blocks.delete(key);
    bytes -= block.bytes;
    told(block.parser.parse(linesOf(block)));
  };

  /** Last in the map is who was heard of last. */
  const add = (key: string, block: OpenBlock, line: LogLine, mark: string | undefined): void => {
    const before = block.bytes;
    block.strangers = 0;
    if (keep(block, line) && mark !== undefined) block.marks.add(mark);
    blocks.delete(key);
    blocks.set(key, block);
    bytes += block.bytes - before;
    for (const [oldest, waiting] of blocks) {
      if (blocks.size <= MAX_BLOCKS && bytes <= MAX_BYTES) break;
      close(oldest, waiting);
    }
  };

  const takeFor = (parser: BlockParser, index: number, line: LogLine): void => {
    const key = keyOf(index, line);
    const waiting = blocks.get(key);
    if (waiting && isFurther(waiting, line)) close(key, waiting);
    const block = blocks.get(key) ?? null;
    const { role, mark } = parser.role(line, block && viewOf(block));
    switch (role) {
      case null:
        if (block && secondsBetween(block, line) === null) countStranger(key, block);
        return;
      case 'also':
        told(parser.parse([...(block ? linesOf(block) : []), line]));
        return;
      case 'alone':
        if (block) close(key, block);
        told(parser.parse([line]));
        return;
      case 'open':
        if (block) close(key, block);
        add(key, emptyBlock(index, parser, line), line, mark);
        return;
      case 'more':
      case 'last': {
        const going = block ?? emptyBlock(index, parser, line);
        add(key, going, line, mark);
        if (role === 'last' && blocks.has(key)) close(key, going);
      }
    }
  };

  const countStranger = (key: string, block: OpenBlock): void => {
    block.strangers += 1;
    if (block.strangers >= CLOSES_AFTER_LINES) close(key, block);
  };

  return {
    isEmpty: () => blocks.size === 0,
    concern(raw) {
      if (blocks.size > MAX_HOSTS_LOOKED_FOR) return true;
      for (const { host } of blocks.values()) if (host === unprinted || raw.includes(host)) return true;
      return false;
    },
    take(line) {
      parsers.forEach((parser, index) => {
        takeFor(parser, index, line);
      });
    },
    takeStored(raw, read) {
      const stored = STORED.exec(raw);
      const index = Number(stored?.[1]);
      const parser = parsers[index];
      if (!stored || !parser) return false;
      const text = raw.slice(stored[0].length);
      const block = blocks.get(restored);
      if (stored[2] === '.') {
        if (block) countStranger(restored, block);
        return true;
      }
      const line = stored[2] === '' ? read(text) : joined(text.split(SEPARATOR).map(read));
      restored = keyOf(index, line);
      const own = blocks.get(restored);
      const { role, mark } = parser.role(line, own ? viewOf(own) : null);
      if (role !== null) add(restored, own ?? emptyBlock(index, parser, line), line, mark);
      return true;
    },
    closeAll() {
      for (const [key, block] of [...blocks]) close(key, block);
    },
    lines() {
      const byHost = new Map<string, string[]>();
      for (const block of blocks.values()) {
        const before = byHost.get(block.host) ?? [];
        byHost.delete(block.host);
        byHost.set(block.host, [...before, ...storedLines(block)]);
      }
      return byHost;
    },
  };
}

function keyOf(index: number, line: LogLine): string {
  return `${index} ${line.host ?? ''}`;
}

function joined([first, ...rest]: readonly LogLine[]): LogLine {
  if (!first) throw new RangeError('No line to join');
  return rest.reduce((line, next) => join(line, next) ?? line, first);
}

function storedLines({ index, kept, strangers }: OpenBlock): string[] {
  return [
    ...kept.map(({ line: { raw } }) =>
      raw.includes('\n') ? `~${index}= ${raw.replaceAll('\n', SEPARATOR)}` : `~${index} ${raw}`,
    ),
    ...Array.from({ length: strangers }, () => `~${index}.`),
  ];
}

/** The raw lines that a line of `open()` stands for: none where it only counts, itself where it is no stored one. */
export function rawLinesOf(stored: string): string[] {
  const mark = STORED.exec(stored);
  if (!mark) return [stored];
  const text = stored.slice(mark[0].length);
  if (mark[2] === '.') return [];
  return mark[2] === '=' ? text.split(SEPARATOR) : [text];
}

function emptyBlock(index: number, parser: BlockParser, line: LogLine): OpenBlock {
  const counts = { bytes: 0, rows: 0, context: 0, essential: 0, strangers: 0 };
  return { host: line.host ?? '', index, parser, kept: [], marks: new Set(), ...counts };
}

function viewOf(block: OpenBlock): Block {
  return {
    get lines() {
      return linesOf(block);
    },
    marks: block.marks,
  };
}

function linesOf({ kept }: OpenBlock): LogLine[] {
  return kept.map(({ line }) => line);
}

function keep(block: OpenBlock, line: LogLine): boolean {
  const weight = block.parser.weight(line);
  if (weight === Number.POSITIVE_INFINITY) {
    if (block.essential >= MAX_ESSENTIAL) return false;
    block.essential += 1;
  } else if (weight < 0) {
    if (block.context >= MAX_CONTEXT) return false;
    block.context += 1;
  } else block.rows += 1;
  block.kept.push({ line, weight });
  block.bytes += line.raw.length;
  if (block.rows > MAX_ROWS) dropSmallRows(block);
  return true;
}

function dropSmallRows(block: OpenBlock): void {
  const rows = block.kept.filter(({ weight }) => weight >= 0 && weight < Number.POSITIVE_INFINITY);
  const dropped = new Set(rows.sort((a, b) => b.weight - a.weight).slice(ROWS_KEPT));
  block.kept = block.kept.filter((each) => !dropped.has(each));
  block.rows = ROWS_KEPT;
  block.bytes = block.kept.reduce((sum, { line }) => sum + line.raw.length, 0);
}

/**
 * Whether the host's log is past the block, or jumped back before it. Programs that print their time in another
 * zone than syslog are apart by quarters of an hour, and are not further for that.
 */
function isFurther(block: OpenBlock, line: LogLine): boolean {
  const seconds = secondsBetween(block, line);
  if (seconds === null || Math.abs(seconds) <= CLOSES_AFTER_SECONDS) return false;
  const quarters = Math.round(seconds / QUARTER_HOUR_SECONDS);
  return quarters === 0 || Math.abs(seconds - quarters * QUARTER_HOUR_SECONDS) > ZONE_SLACK_SECONDS;
}

/** By the clock since boot where both have it, else by the wall's. Null: no time that could be compared. */
function secondsBetween({ kept }: OpenBlock, line: LogLine): number | null {
  if (line.uptimeSeconds !== null) {
    const last = kept.findLast((each) => each.line.uptimeSeconds !== null)?.line.uptimeSeconds;
    if (last !== undefined && last !== null) return line.uptimeSeconds - last;
  }
  if (line.at === null) return null;
  const last = kept.findLast((each) => each.line.at !== null)?.line.at;
  return last ? (line.at.getTime() - last.getTime()) / 1_000 : null;
}

import type { LogFact } from '@/lib/domain/log-signal';
import type { LogLine } from './log-line';

/** Reads facts that stand in one line. */
export type LineParser = {
  /**
   * Literals, case-sensitive, one of which is in every line that `parse` can use: all other lines are skipped
   * unread. The rarer they are in ordinary logs, the faster a large log is read.
   */
  needles: readonly string[];
  /** Never throws; linear in the line. */
  parse(line: LogLine): LogFact[];
};

/**
 * What a line is to a block of its host: `open` closes an open block and begins the next, `more` goes on with
 * the open one (or begins one), `last` is taken in and closes it. `alone` closes the open one and is a block by
 * itself; `also` is told together with the lines of the open block, which stays as it is. Null is none of it.
 */
export type BlockRole = 'open' | 'more' | 'last' | 'alone' | 'also' | null;

/** An open block; `marks` are the parser's own notes of the lines taken in so far. */
export type Block = { lines: LogLine[]; marks: Set<string> };

/**
 * Reads facts that need several lines of one host, among lines of others. A block closes by its `last` line, by
 * the next `open`, or when the host's log is 5 seconds further.
 */
export type BlockParser = {
  /** As of LineParser, of the lines that can begin a block. */
  needles: readonly string[];
  /**
   * The role of a line, and the marks it adds. `block` is null where none is open. Depends on nothing but its
   * arguments: a block is stored as its lines, and read again from them.
   */
  role(line: LogLine, block: Block | null): { role: BlockRole; mark?: string | undefined };
  /**
   * How dear a line is when a block grows too long: Infinity is kept, -1 is kept while there are few, others
   * (rows of a table) are kept by size.
   */
  weight(line: LogLine): number;
  /** What a closed block tells. Never throws. */
  parse(lines: readonly LogLine[]): LogFact[];
};

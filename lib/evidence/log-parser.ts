import type { LogFact } from '@/lib/domain/log-signal';
import { dockerdParser } from './dockerd';
import { hostSignsParser } from './host-signs';
import { kernelOomParser } from './kernel-oom';
import { kernelSignsParser } from './kernel-signs';
import { lineReader, MAX_LINE_LENGTH } from './line-prefix';
import type { LogLine } from './log-line';
import { mesosAgentParser } from './mesos-agent';
import { mesosOomReportParser } from './mesos-oom-report';
import { createNeedleSearch } from './needle-search';
import { oomControlParser } from './oom-control';
import { createOpenBlocks } from './open-blocks';
import type { BlockParser, LineParser } from './source-parser';
import { isCut, join } from './wrapped-line';

export type LogParserOptions = {
  receivedAt: Date;
  /** IANA, for stamps without zone. */
  timeZone: string;
  /** Of lines that name none. */
  host: string | null;
};

export type LogParser = {
  /** One raw line without its end; at most 8 KiB of it are looked at. Never throws. */
  feed(line: string): void;
  /** Facts that are whole by now, in order; empties the list. */
  take(): LogFact[];
  /**
   * Raw lines of blocks that wait for more, by printed host ('' = none). Feeding them, in this order, to a new
   * parser and then going on gives the same facts. They are marked (`~0 …`) as lines that were read before.
   */
  open(): { host: string; lines: string[] }[];
  /** Closes open blocks as they are. */
  end(): LogFact[];
};

/** The registry: a new source of facts is one line here. */
const LINE_PARSERS: readonly LineParser[] = [
  kernelSignsParser,
  dockerdParser,
  mesosAgentParser,
  hostSignsParser,
];
const BLOCK_PARSERS: readonly BlockParser[] = [kernelOomParser, mesosOomReportParser, oomControlParser];

/** A stored line is longer by its mark, and may be joined of several. */
const MAX_STORED_LENGTH = 5 * MAX_LINE_LENGTH;

/** journald writes a message that is not plain text as its bytes, in which no needle can be seen. */
const BYTES_OF_MESSAGE = '"MESSAGE":[';

/** One bit for each line parser, and one for all block parsers, which every line of an open block concerns. */
const BLOCK_BIT = 1 << LINE_PARSERS.length;
const ALL_BITS = 2 * BLOCK_BIT - 1;
const ASKED_FOR = [
  ...LINE_PARSERS.flatMap(({ needles }, index) => needles.map((text) => ({ text, groups: 1 << index }))),
  ...BLOCK_PARSERS.flatMap(({ needles }) => needles.map((text) => ({ text, groups: BLOCK_BIT }))),
  { text: BYTES_OF_MESSAGE, groups: ALL_BITS },
];
const search = createNeedleSearch(ASKED_FOR);
/** A line without any of these, and outside of any block, says nothing. */
export const NEEDLES: readonly string[] = ASKED_FOR.map(({ text }) => text);

/** `isIdle`: nothing is open, and lines without a needle need not be fed. */
type SkippingParser = LogParser & { isIdle(): boolean };

/** Reads facts from lines of any number of hosts. Memory is bounded, whatever the lines hold. */
export function createLogParser(options: LogParserOptions): LogParser {
  return createSkippingParser(options);
}

function createSkippingParser(options: LogParserOptions): SkippingParser {
  const read = lineReader(options);
  let facts: LogFact[] = [];
  const blocks = createOpenBlocks(BLOCK_PARSERS, (told) => facts.push(...told), options.host ?? '');
  /** The line read last, where its rest may stand in the next. */
  let cut: LogLine | null = null;

  const takeWhole = (line: LogLine): void => {
    const groups = search.groupsIn(line.message);
    LINE_PARSERS.forEach((parser, index) => {
      if (groups & (1 << index)) facts.push(...parser.parse(line));
    });
    if (groups & BLOCK_BIT || !blocks.isEmpty()) blocks.take(line);
  };
  const takeOrWait = (line: LogLine): void => {
    if (isCut(line)) cut = line;
    else takeWhole(line);
  };
  const flush = (): void => {
    const line = cut;
    cut = null;
    if (line) takeWhole(line);
  };
  const takeLine = (line: LogLine): void => {
    const joined = cut && join(cut, line);
    if (joined) {
      cut = null;
      takeOrWait(joined);
      return;
    }
    flush();
    takeOrWait(line);
  };

  const isIdle = (): boolean => cut === null && blocks.isEmpty();

  return {
    isIdle,
    feed(raw) {
      // Bytes do not show whether a blank line stands before their end; it belongs to no block.
      if (raw === '') return;
      const stored = raw.startsWith('~');
      const limit = stored ? MAX_STORED_LENGTH : MAX_LINE_LENGTH;
      const looked = raw.length > limit ? raw.slice(0, limit) : raw;
      if (stored && blocks.takeStored(looked, read)) return;
      if (cut === null && !blocks.concern(looked) && search.groupsIn(looked) === 0) return;
      for (const line of piecesOf(read(looked))) takeLine(line);
    },
    take() {
      const taken = facts;
      facts = [];
      return taken;
    },
    open() {
      const lines = blocks.lines();
      if (cut) {
        const host = cut.host ?? '';
        const before = lines.get(host) ?? [];
        lines.delete(host);
        lines.set(host, [...before, ...cut.raw.split('\n')]);
      }
      return [...lines].map(([host, raws]) => ({ host, lines: raws }));
    },
    end() {
      flush();
      blocks.closeAll();
      const taken = facts;
      facts = [];
      return taken;
    },
  };
}

/** A record can hold several lines in one message; each becomes one of its own, with the record's names and time. */
function piecesOf(line: LogLine): LogLine[] {
  if (!line.message.includes('\n')) return [line];
  const { host, at, uptimeSeconds, program, pid } = line;
  const about = { hostname: host, timestamp: at?.toISOString(), program, pid };
  return line.message
    .split('\n')
    .filter((message) => message.trim() !== '')
    .map((message) => {
      const stamped = uptimeSeconds === null ? message : `[${uptimeSeconds.toFixed(6)}] ${message}`;
      return { ...line, message, raw: JSON.stringify({ message: stamped, ...about }) };
    });
}

/** What `parseLog` works on at once, so that a single large chunk does not hold up the event loop. */
const SLICE_BYTES = 1024 * 1024;
/** Of a line without an end this many bytes are kept: as many as 8 KiB characters can have. */
const LINE_BYTES = 4 * MAX_LINE_LENGTH;
const NEWLINE = 10;
const RETURN = 13;

/**
 * The facts of a log's bytes, as they become whole. Memory is bounded by the largest chunk. Cost: while nothing is
 * open, only the lines that hold a needle are decoded; faster than Node's readline.
 */
export async function* parseLog(
  chunks: AsyncIterable<Uint8Array>,
  options: LogParserOptions,
): AsyncGenerator<LogFact> {
  const parser = createSkippingParser(options);
  const splitter = createLineSplitter((bytes) => feedLines(parser, bytes));
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
      splitter.push(chunk.subarray(from, from + SLICE_BYTES));
      yield* parser.take();
      if (chunk.length > SLICE_BYTES) await new Promise((resolve) => setTimeout(resolve));
    }
  }
  splitter.end();
  yield* parser.end();
}

/** Cuts bytes at line ends and gives whole lines, many at once; of a line over several pieces its beginning. */
function createLineSplitter(take: (lines: Uint8Array) => void): {
  push(bytes: Uint8Array): void;
  end(): void;
} {
  /** The line whose end was not seen yet. */
  const open = new Uint8Array(LINE_BYTES);
  let length = 0;

  const extend = (bytes: Uint8Array): void => {
    const part = bytes.subarray(0, LINE_BYTES - length);
    open.set(part, length);
    length += part.length;
  };
  const finish = (): void => {
    if (length > 0) take(open.subarray(0, length));
    length = 0;
  };
  return {
    push(bytes) {
      let from = 0;
      if (length > 0) {
        const first = bytes.indexOf(NEWLINE);
        extend(first < 0 ? bytes : bytes.subarray(0, first));
        if (first < 0) return;
        finish();
        from = first + 1;
      }
      const last = bytes.lastIndexOf(NEWLINE);
      if (last > from) take(bytes.subarray(from, last));
      extend(bytes.subarray(Math.max(from, last + 1)));
    },
    end: finish,
  };
}

/** Feeds the lines of some bytes; as long as nothing is open, only those that hold a needle. */
function feedLines(parser: SkippingParser, bytes: Uint8Array): void {
  let from = 0;
  while (from < bytes.length) {
    if (parser.isIdle()) {
      const found = search.next(bytes, from, bytes.length);
      if (found < 0) return;
      from = bytes.lastIndexOf(NEWLINE, found) + 1;
    }
    const end = bytes.indexOf(NEWLINE, from);
    const stop = end < 0 ? bytes.length : end;
    parser.feed(decodeLine(bytes, from, stop));
    from = stop + 1;
  }
}

const decoder = new TextDecoder();

function decodeLine(bytes: Uint8Array, from: number, stop: number): string {
  const end = bytes[stop - 1] === RETURN ? stop - 1 : stop;
  return decoder.decode(bytes.subarray(from, Math.min(Math.max(from, end), from + LINE_BYTES)));
}

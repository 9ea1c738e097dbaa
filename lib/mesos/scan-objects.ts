import { type ScanText, scanObject, scanText } from './scan-object';
import type { PlanNode } from './scan-plan';

/** One element of a wanted array; it and all it holds is valid during the call only. */
export type ScannedElement = {
  /** It stands here at `[start, end)`. */
  text: ScanText;
  start: number;
  end: number;
  where: string;
  /** Index of the element in the nearest array around the wanted one (which framework); -1: none. */
  parent: number;
  /** Where the values of its members `names` begin, see `scanObject`; all -1 for what is no object. */
  found: Int32Array;
};

/** What one element of a wanted array is handed to. `raw` is valid during the call only; `parent`: see above. */
export type OnElement = (raw: Buffer, where: string, parent: number) => void;

type Limits = {
  plan: PlanNode;
  /** An element above the limit: skipped, with the start of its text. */
  onOversized: (where: string, sample: string) => void;
  maxElementBytes?: number;
  maxRemainderBytes?: number;
};
export type ScanOptions = Limits & { onElement: OnElement };
/** `names`: members to look for in each element on the way. */
export type SpanScanOptions = Limits & {
  onSpan: (element: ScannedElement) => void;
  names: readonly Buffer[];
};

export type ScanEnd = {
  /** The document without the wanted elements and the skipped values; `null` where nothing could be parsed. */
  remainder: unknown;
  /** Why the scan did not reach the end of a well-formed document; null: it did. */
  problem: string | null;
};

export type ObjectScanner = {
  push(chunk: Buffer): void;
  /** Set as soon as the bytes stop making sense; what is pushed afterwards is ignored. */
  readonly problem: string | null;
  end(): ScanEnd;
};

const MIB = 1024 * 1024;
const SAMPLE_BYTES = 200;
const MAX_KEY_BYTES = 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** An array or object on the way to a wanted place. */
type Frame = {
  isArray: boolean;
  node: PlanNode;
  /** Elements begun, less one. */
  index: number;
  /** The wanted path whose elements stand here; null: a way station. */
  emits: string | null;
};

/** As `createSpanScanner`, with each element as a buffer. */
export function createObjectScanner({ onElement, ...limits }: ScanOptions): ObjectScanner {
  const onSpan = ({ text: { bytes }, start, end, where, parent }: ScannedElement) =>
    onElement(bytes.subarray(start, end), where, parent);
  return createSpanScanner({ ...limits, onSpan, names: [] });
}

/**
 * Reads a JSON object as a stream of bytes: hands out each element of the wanted arrays as its own bytes, skips
 * what is heavy and unwanted, and keeps the rest, in which the wanted arrays are empty. No string longer than
 * one element or the rest is ever made.
 *
 * Only the way to the wanted places is checked; inside an element brackets and strings are followed, nothing
 * more, so an element may turn out not to be JSON. A cut document gives everything whole that stood before the
 * cut, and its rest closed at the last whole member.
 *
 * Cost: about 1 ns a byte. Memory: one element (at most 8 MiB, larger ones are skipped) and the rest (at most
 * 64 MiB, else the scan stops with a problem).
 */
export function createSpanScanner(options: SpanScanOptions): ObjectScanner {
  const { plan, onSpan, onOversized, names } = options;
  const maxElementBytes = options.maxElementBytes ?? 8 * MIB;
  const maxRemainderBytes = options.maxRemainderBytes ?? 64 * MIB;

  const frames: Frame[] = [];
  let expect: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'nothing' =
    'value';
  let token: 'none' | 'key' | 'scalar' | 'deep' = 'none';
  let valueNode: PlanNode | null = plan;
  let problem: string | null = null;
  let seen = 0;

  // A value followed only by its brackets and quotes.
  let depth = 0;
  let inString = false;
  let afterBackslash = false;
  // What becomes of that value.
  let fate: 'copy' | 'skip' | 'emit' = 'copy';
  let elementParts: Buffer[] = [];
  let elementBytes = 0;
  let piece = scanText(Buffer.alloc(0));
  const element: ScannedElement = {
    text: piece,
    start: 0,
    end: 0,
    where: '',
    parent: -1,
    found: new Int32Array(names.length),
  };

  let keyParts: Buffer[] = [];
  let keyBytes = 0;

  // The rest of the document: bytes from `keepFrom` of the current chunk on are kept while `keeping`.
  let kept = Buffer.allocUnsafe(16 * 1024);
  let keptBytes = 0;
  let keeping = true;
  let keepFrom = 0;
  let safeBytes = 0;
  let safeClosers = '';

  function push(chunk: Buffer): void {
    if (problem !== null) return;
    piece = scanText(chunk);
    keepFrom = 0;
    let at = 0;
    while (at < chunk.length && problem === null) {
      if (token === 'deep') at = scanDeep(chunk, at);
      else if (token === 'scalar') at = scanScalar(chunk, at);
      else if (token === 'key') at = scanKey(chunk, at);
      else at = step(chunk, at);
    }
    if (keeping) keep(chunk.subarray(keepFrom, at));
    seen += chunk.length;
  }

  /** One structural byte. */
  function step(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0;
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return at + 1;
    if (expect === 'comma-or-end' && byte === COMMA) {
      const frame = frames[frames.length - 1];
      if (frame?.isArray) beginElement(frame);
      else expect = 'key';
      return at + 1;
    }
    if ((expect === 'key' || expect === 'key-or-end') && byte === QUOTE) {
      token = 'key';
      keyParts = [];
      keyBytes = 0;
      return at + 1;
    }
    if (expect === 'colon' && byte === COLON) {
      expect = 'value';
      return at + 1;
    }
    if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) return close(at, byte === CLOSE_BRACKET);
    if (expect === 'value' || expect === 'value-or-end') return beginValue(chunk, at, byte);
    if (expect === 'nothing') return at + 1; // The document is whole; what a proxy put behind it is no matter.
    return fail(`unexpected byte ${byte}`, at);
  }

  function beginElement(frame: Frame): void {
    frame.index += 1;
    valueNode = frame.node.element;
    expect = 'value';
  }

  function beginValue(chunk: Buffer, at: number, byte: number): number {
    if (frames.length === 0) {
      const isByteOrderMark = seen + at < 3 && (byte === 0xef || byte === 0xbb || byte === 0xbf);
      if (isByteOrderMark) {
        keepFrom = at + 1;
        return at + 1;
      }
      if (byte !== OPEN_BRACE) return fail('the document is not a JSON object', at);
    }
    const frame = frames[frames.length - 1];
    if (expect === 'value-or-end' && frame !== undefined) frame.index = 0;
    if (byte === COMMA || byte === COLON) return fail(`unexpected byte ${byte}`, at);

    const node = valueNode;
    if (node !== null && frame?.emits == null && !node.skip) {
      if (byte === OPEN_BRACE && node.members !== null) return open(chunk, at, node, false);
      if (byte === OPEN_BRACKET && node.element !== null) return open(chunk, at, node, true);
    }
    const isContainer = byte === OPEN_BRACE || byte === OPEN_BRACKET;
    if (frame !== undefined && frame.emits !== null) {
      if (byte === OPEN_BRACE) {
        const end = scanObject(piece, at, names, element.found);
        if (end !== -1 && end - at <= maxElementBytes) {
          handOut(piece, at, end, frame.emits);
          return valueDone(end);
        }
      }
      fate = 'emit';
      elementParts = [];
      elementBytes = 0;
    } else if (node?.skip && isContainer) {
      fate = 'skip';
      suppress(chunk, at);
      keep(Buffer.from('null'));
    } else {
      fate = 'copy';
    }
    token = isContainer || byte === QUOTE ? 'deep' : 'scalar';
    depth = 0;
    inString = false;
    afterBackslash = false;
    return at;
  }

  function open(chunk: Buffer, at: number, node: PlanNode, isArray: boolean): number {
    const emits = isArray ? (node.element?.emit ?? null) : null;
    frames.push({ isArray, node, index: -1, emits });
    expect = isArray ? 'value-or-end' : 'key-or-end';
    valueNode = isArray ? node.element : null;
    if (emits !== null) suppress(chunk, at + 1);
    return at + 1;
  }

  function close(at: number, isBracket: boolean): number {
    const frame = frames[frames.length - 1];
    const mayEnd = expect === 'comma-or-end' || expect === 'value-or-end' || expect === 'key-or-end';
    if (frame === undefined || !mayEnd || frame.isArray !== isBracket) return fail('unexpected bracket', at);
    frames.pop();
    if (frame.emits !== null) resume(at);
    return valueDone(at + 1);
  }

  /** Follows brackets and quotes to the end of the value. The one hot loop: locals only. */
  function scanDeep(chunk: Buffer, start: number): number {
    const length = chunk.length;
    let at = start;
    let level = depth;
    let quoted = inString;
    if (afterBackslash) {
      afterBackslash = false;
      at += 1;
    }
    let isDone = false;
    while (at < length) {
      if (quoted) {
        let byte = chunk[at++];
        while (byte !== QUOTE && byte !== BACKSLASH && at < length) byte = chunk[at++];
        if (byte === BACKSLASH) {
          if (at < length) at += 1;
          else afterBackslash = true;
        } else if (byte === QUOTE) {
          quoted = false;
          if (level === 0) {
            isDone = true;
            break;
          }
        }
      } else {
        const byte = chunk[at++] ?? 0;
        // `[` and `{`, `]` and `}` differ in this one bit only.
        const folded = byte | 0x20;
        if (byte === QUOTE) quoted = true;
        else if (folded === OPEN_BRACE) level += 1;
        else if (folded === CLOSE_BRACE) {
          level -= 1;
          if (level === 0) {
            isDone = true;
            break;
          }
        }
      }
    }
    depth = level;
    inString = quoted;
    return endToken(chunk, start, at, isDone);
  }

  function scanScalar(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0;
      if (byte <= 0x20 || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        return endToken(chunk, start, at, true);
      }
      at += 1;
    }
    return endToken(chunk, start, at, false);
  }

  /** The bytes from `start` to `at` belong to the current value, which ends there if `isDone`. */
  function endToken(chunk: Buffer, start: number, at: number, isDone: boolean): number {
    if (fate === 'emit') collect(chunk.subarray(start, at), isDone);
    if (!isDone) return at;
    token = 'none';
    if (fate === 'skip') resume(at);
    return valueDone(at);
  }

  function collect(bytes: Buffer, isDone: boolean): void {
    const where = frames[frames.length - 1]?.emits ?? '';
    const wasOversized = elementBytes > maxElementBytes;
    elementBytes += bytes.length;
    if (!wasOversized) {
      // Kept by reference: a chunk is at most as large as what came from the socket at once.
      elementParts.push(bytes);
      if (elementBytes > maxElementBytes) {
        const [first] = elementParts;
        onOversized(where, (first ?? bytes).toString('utf8', 0, SAMPLE_BYTES));
        elementParts = [];
      }
    }
    if (!isDone || elementBytes > maxElementBytes) return;
    const only = elementParts.length === 1 ? elementParts[0] : undefined;
    const raw = only ?? Buffer.concat(elementParts, elementBytes);
    elementParts = [];
    const text = scanText(raw);
    if (raw[0] === OPEN_BRACE) scanObject(text, 0, names, element.found);
    else element.found.fill(-1);
    handOut(text, 0, raw.length, where);
  }

  function handOut(text: ScanText, start: number, end: number, where: string): void {
    element.text = text;
    element.start = start;
    element.end = end;
    element.where = where;
    element.parent = parentIndex();
    onSpan(element);
  }

  /** Of the element that stands in the innermost frame. */
  function parentIndex(): number {
    for (let level = frames.length - 2; level >= 0; level -= 1) {
      const frame = frames[level];
      if (frame?.isArray) return frame.index;
    }
    return -1;
  }

  function scanKey(chunk: Buffer, start: number): number {
    let at = start;
    if (afterBackslash) {
      afterBackslash = false;
      at += 1;
    }
    while (at < chunk.length) {
      const byte = chunk[at];
      if (byte === QUOTE) {
        keyPart(chunk.subarray(start, at));
        token = 'none';
        expect = 'colon';
        valueNode = keyNode();
        return at + 1;
      }
      if (byte === BACKSLASH) {
        if (at + 1 === chunk.length) afterBackslash = true;
        at += 1;
      }
      at += 1;
    }
    keyPart(chunk.subarray(start));
    return chunk.length;
  }

  function keyPart(bytes: Buffer): void {
    keyBytes += bytes.length;
    if (keyBytes <= MAX_KEY_BYTES) keyParts.push(bytes);
  }

  function keyNode(): PlanNode | null {
    const members = frames[frames.length - 1]?.node.members;
    if (!members || keyBytes > MAX_KEY_BYTES) return null;
    const text = Buffer.concat(keyParts).toString('utf8');
    if (!text.includes('\\')) return members.get(text) ?? null;
    try {
      return members.get(JSON.parse(`"${text}"`)) ?? null;
    } catch {
      return null;
    }
  }

  function valueDone(at: number): number {
    expect = frames.length === 0 ? 'nothing' : 'comma-or-end';
    if (keeping) {
      safeBytes = keptBytes + at - keepFrom;
      safeClosers = frames.reduceRight((text, frame) => text + (frame.isArray ? ']' : '}'), '');
    }
    return at;
  }

  function suppress(chunk: Buffer, at: number): void {
    keep(chunk.subarray(keepFrom, at));
    keeping = false;
  }

  function resume(at: number): void {
    keeping = true;
    keepFrom = at;
  }

  function keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (keptBytes + bytes.length > maxRemainderBytes) {
      problem ??= `more than ${maxRemainderBytes} bytes besides the lists`;
      return;
    }
    // Copied, so that a few bytes do not hold a whole chunk; in one piece, as a hostile document has millions.
    if (keptBytes + bytes.length > kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(kept.length * 2, keptBytes + bytes.length));
      kept.copy(larger, 0, 0, keptBytes);
      kept = larger;
    }
    bytes.copy(kept, keptBytes);
    keptBytes += bytes.length;
  }

  function fail(why: string, at: number): number {
    problem = `${why} at byte ${seen + at}`;
    return at;
  }

  function end(): ScanEnd {
    if (problem === null && expect !== 'nothing') problem = `the document ends early, after ${seen} bytes`;
    const text = kept.toString('utf8', 0, safeBytes) + safeClosers;
    try {
      return { remainder: text === '' ? null : JSON.parse(text), problem };
    } catch {
      return { remainder: null, problem: problem ?? 'the fields besides the lists are not JSON' };
    }
  }

  return {
    push,
    get problem() {
      return problem;
    },
    end,
  };
}

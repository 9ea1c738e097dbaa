import { createParser } from 'eventsource-parser';

export type EventStream = {
  /** Reads on. */
  push(chunk: Buffer): void;
};

// A blank line ends an event: two line ends in a row, each LF, CR or both.
const BLANK_LINE = /\n\n|\r\r|\r\n\r\n|\n\r\n/g;
const BLANK_CHARACTERS = 4;

/**
 * Cuts a body of server-sent events into events and hands out their data, in order. One of more than `maxCharacters` is
 * passed over up to the blank line behind it, and never kept: a Marathon up to 1.7 writes all its apps into some.
 */
export function createEventStream(maxCharacters: number, onEvent: (data: string) => void): EventStream {
  const decoder = new TextDecoder();
  let isSkipping = false;
  let tail = '';
  const parser = createParser({
    maxBufferSize: maxCharacters,
    onEvent: ({ data }) => {
      // One that comes whole in one chunk was never buffered.
      if (data.length <= maxCharacters) onEvent(data);
    },
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') isSkipping = true;
    },
  });

  return {
    push(chunk) {
      let text = decoder.decode(chunk, { stream: true });
      if (isSkipping) {
        // The blank line may lie across two chunks.
        const seen = tail + text;
        BLANK_LINE.lastIndex = 0;
        if (BLANK_LINE.exec(seen) === null) {
          tail = seen.slice(1 - BLANK_CHARACTERS);
          return;
        }
        parser.reset();
        isSkipping = false;
        text = seen.slice(BLANK_LINE.lastIndex);
      }
      tail = text.slice(1 - BLANK_CHARACTERS);
      if (text !== '') parser.feed(text);
    },
  };
}

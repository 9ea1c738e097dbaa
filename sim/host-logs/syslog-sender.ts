import { connect, type Socket } from 'node:net';

/** Sends lines over TCP as RFC 6587 counts them: `<octets> <message>`. */
export type SyslogSender = {
  send(line: string): void;
  /** Lines that had to be dropped, the oldest first, because nobody took them. */
  readonly dropped: number;
  stop(): void;
};

const MAX_WAITING_LINES = 10_000;
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const RECONNECT_MS = 1000;

/** Connects and, when that fails or breaks, again and again. Keeps at most 10,000 lines meanwhile. */
export function createSyslogSender(host: string, port: number): SyslogSender {
  let socket: Socket | null = null;
  let isOpen = false;
  let isStopped = false;
  let dropped = 0;
  let retry: NodeJS.Timeout | undefined;
  const waiting: string[] = [];

  function open(): void {
    const fresh = connect({ host, port });
    socket = fresh;
    fresh.once('connect', () => {
      isOpen = true;
      pump();
    });
    fresh.on('drain', pump);
    // 'close' follows.
    fresh.on('error', () => {});
    fresh.once('close', () => {
      isOpen = false;
      socket = null;
      if (!isStopped) retry = setTimeout(open, RECONNECT_MS);
    });
    fresh.unref();
  }

  function pump(): void {
    while (isOpen && socket !== null && waiting.length > 0 && socket.writableLength < MAX_WAITING_BYTES) {
      const batch = waiting.splice(0, 200).map((line) => `${Buffer.byteLength(line)} ${line}`);
      socket.write(batch.join(''));
    }
  }

  open();
  return {
    get dropped() {
      return dropped;
    },
    send(line) {
      waiting.push(line);
      if (waiting.length > MAX_WAITING_LINES) {
        waiting.shift();
        dropped += 1;
      }
      pump();
    },
    stop() {
      isStopped = true;
      clearTimeout(retry);
      socket?.end();
    },
  };
}

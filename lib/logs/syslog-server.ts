import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';

import { log } from '@/lib/log';

import { createLineBuffer } from './line-buffer';
import type { StoreLines } from './store-lines';
import { storeSteadily } from './store-steadily';
import { createSyslogFraming, type SyslogFraming } from './syslog-framing';
import { syslogBatches, syslogLine } from './syslog-message';

const MAX_CONNECTIONS = 1_024;
/** A message that has begun must go on; a sender between two may be silent for ever, as closing costs it a message. */
const MIDWAY_SILENCE_MS = 60_000;
/** Senders that are gone without a word are found by the system's probes. */
const KEEP_ALIVE_MS = 60_000;
/** At a stop: how long what is under way may still come in. */
const DRAIN_MS = 300;
/** At a stop: how long Postgres may take for what was read. Less than the server gives the collector. */
const FINISH_MS = 10_000;

export type SyslogOptions = {
  /** 0: a free one. */
  port: number;
  host: string;
  /** PEM; null: plain TCP. */
  tls: { cert: string; key: string } | null;
  store: StoreLines;
  maxConnections?: number;
  midwaySilenceMs?: number;
  /** Lines held while they cannot be stored; past it no socket is read, and TCP holds the senders. */
  maxLines?: number;
};

export type SyslogServer = {
  port: number;
  /**
   * Takes no new connections, reads what is under way, stores what was read and closes. Nothing that was read is
   * lost unless Postgres does not take it in time.
   */
  stop(finishMs?: number): Promise<void>;
  counts(): { connections: number; refusedConnections: number; droppedBytes: number; buffered: number };
};

/**
 * Listens for syslog over TCP (RFC 5424 and 3164, framed by RFC 6587), with TLS where a certificate is given, and
 * stores the lines as input 'syslog'. Rejects where the port cannot be had.
 */
export async function startSyslogServer(options: SyslogOptions): Promise<SyslogServer> {
  const sockets = new Map<Socket, SyslogFraming>();
  const counted = { refusedConnections: 0, droppedBytes: 0 };
  let isStopping = false;
  const buffer = createLineBuffer({
    store: async (lines, signal) => {
      for (const batch of syslogBatches(lines, new Date())) await storeSteadily(options.store, batch, signal);
    },
    onRoom: () => {
      for (const socket of sockets.keys()) socket.resume();
    },
    ...(options.maxLines === undefined ? {} : { maxLines: options.maxLines }),
  });

  function take(socket: Socket): void {
    socket.on('error', () => {}); // A sender that breaks off; 'close' follows.
    if (isStopping || sockets.size >= (options.maxConnections ?? MAX_CONNECTIONS)) {
      counted.refusedConnections += 1;
      log.warn({ peer: socket.remoteAddress, connections: sockets.size }, 'syslog connection refused');
      socket.destroy();
      return;
    }
    const framing = createSyslogFraming();
    const peer = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const add = (messages: readonly string[]): void => {
      for (const message of messages) buffer.add({ text: syslogLine(message), peer });
    };
    sockets.set(socket, framing);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setTimeout(options.midwaySilenceMs ?? MIDWAY_SILENCE_MS, () => {
      if (framing.isMidway() && !socket.isPaused()) socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => {
      add(framing.push(chunk));
      if (buffer.isFull()) for (const one of sockets.keys()) one.pause();
    });
    socket.on('close', () => {
      sockets.delete(socket);
      add(framing.end());
      const droppedBytes = framing.droppedBytes();
      counted.droppedBytes += droppedBytes;
      if (droppedBytes > 0) log.warn({ peer, droppedBytes }, 'syslog messages longer than 64 KiB were cut');
    });
    if (buffer.isFull()) socket.pause();
  }

  const server = options.tls ? createTlsServer(options.tls, take) : createServer(take);
  const port = await listen(server, options);

  return {
    port,
    async stop(finishMs = FINISH_MS) {
      isStopping = true;
      server.close();
      // Our end is closed first: a sender that sees it sends no more, and what it sent before is still read.
      for (const socket of sockets.keys()) socket.end();
      for (let waitedMs = 0; waitedMs < DRAIN_MS && sockets.size > 0; waitedMs += 20) await sleep(20);
      const closed = [...sockets.keys()].map(closedOf);
      for (const socket of sockets.keys()) socket.destroy();
      await Promise.all(closed);
      await buffer.finish(AbortSignal.timeout(finishMs));
    },
    counts: () => ({ ...counted, connections: sockets.size, buffered: buffer.size() }),
  };
}

const closedOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

function listen(server: Server, { port, host }: SyslogOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.removeListener('error', reject);
      server.on('error', (err) => log.error({ err }, 'syslog listener'));
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Exchange } from './reply';

export type Listener = {
  port: number;
  url: string;
  /** Cuts all connections and refuses new ones for that long, as a process that ended and is started again. */
  leave(ms: number): void;
  close(): Promise<void>;
};

const RETRY_MS = 100;

export type Handle = (exchange: Exchange) => void | Promise<void>;

/** Starts a server; port 0 takes a free one. A handler that throws answers 500 and the server goes on. */
export async function listen(host: string, port: number, handle: Handle): Promise<Listener> {
  const server = createServer((request, response) => answer(handle, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.removeAllListeners('error');
  const bound = (server.address() as AddressInfo).port;
  const name = host.includes(':') ? `[${host}]` : host;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  const comeBack = (): void => {
    if (!isClosed && !server.listening) server.listen(bound, host);
  };
  // Somebody took the port meanwhile, which passes on loopback.
  server.on('error', () => {
    timer = setTimeout(comeBack, RETRY_MS);
  });
  return {
    port: bound,
    url: `http://${name}:${bound}`,
    leave(ms) {
      clearTimeout(timer);
      void close(server);
      timer = setTimeout(comeBack, ms);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      return close(server);
    },
  };
}

async function answer(handle: Handle, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    // Slashes at the start would make the path a host.
    const url = new URL((request.url ?? '/').replace(/^\/+/, '/'), 'http://localhost');
    await handle({ request, response, url });
  } catch (error) {
    if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
    response.end(`${error instanceof Error ? error.message : error}\n`);
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Streams and hanging answers would keep it open.
    server.closeAllConnections();
  });
}

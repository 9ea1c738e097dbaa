import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SeenRequest = { method: string; url: string; authorization: string | null; body: string };

export type TestServer = {
  url: string;
  /** `127.0.0.1:port`. */
  host: string;
  /** Every request that arrived, oldest first. */
  seen: SeenRequest[];
  /** Answers from now on by this. */
  answer(listener: RequestListener): void;
  close(): Promise<void>;
};

/** A real HTTP server on a free loopback port, for tests; answers 404 until told otherwise. */
export async function startTestServer(listener: RequestListener = notFound): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  let current = listener;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        authorization: request.headers.authorization ?? null,
        body: Buffer.concat(parts).toString('utf8'),
      });
      current(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`; // A TCP server has no other kind of address.
  return {
    url: `http://${host}`,
    host,
    seen,
    answer(next) {
      current = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers each path with a body (200, JSON) or by a listener of its own; anything else with 404. */
export function routes(table: Record<string, unknown>): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const entry = table[path];
    if (entry === undefined) return notFound(request, response);
    if (typeof entry === 'function') return (entry as RequestListener)(request, response);
    response.setHeader('content-type', 'application/json');
    response.end(typeof entry === 'string' || Buffer.isBuffer(entry) ? entry : JSON.stringify(entry));
  };
}

/** Answers with a bare status, and headers where given. */
export function status(code: number, headers: Record<string, string> = {}, body = ''): RequestListener {
  return (_request, response) => {
    response.writeHead(code, headers);
    response.end(body);
  };
}

function notFound(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404);
  response.end('not found');
}

import type { Dispatcher } from 'undici';

import type { AppError } from '@/lib/errors';

import { reasonOf, type Service, upstreamError } from './upstream-error';

// Enough to keep the socket busy, little enough to be nothing beside the process.
const QUEUE_HIGH_BYTES = 1024 * 1024;
const QUEUE_LOW_BYTES = 256 * 1024;

export type RawReply = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /**
   * The bytes as sent. Bytes that came before a failure are all handed out before the failure is thrown, which
   * undici's own body stream does not promise; a cut answer gives everything that was in it.
   */
  body: AsyncIterable<Buffer>;
  /** Ends the exchange; the rest of the body is not read. */
  discard(): void;
};

export type ExchangeOptions = {
  service: Service;
  /** Shown in errors; without credentials. */
  url: string;
  timeoutMs: number;
  /** The body has no end: `timeoutMs` is for its headers alone, and who reads it minds its silence. */
  isStream?: boolean;
  signal: AbortSignal;
};

/**
 * Sends one request and resolves when the headers are there. No redirect is followed.
 *
 * Errors: …_UNREACHABLE, …_TIMEOUT; from the body …_BAD_PAYLOAD where the connection broke, …_TIMEOUT.
 * When `signal` is aborted its own reason is thrown.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  { service, url, timeoutMs, isStream = false, signal }: ExchangeOptions,
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const queue: Buffer[] = [];
    let queuedBytes = 0;
    let controller: Dispatcher.DispatchController | null = null;
    let headersSeen = false;
    let finished = false;
    let failure: { error: unknown } | null = null;
    let wake: (() => void) | null = null;

    const finish = (error: { error: unknown } | null) => {
      if (finished) return;
      finished = true;
      failure = error;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (error !== null) {
        controller?.abort(new Error('exchange ended'));
        reject(error.error); // Of no effect once the headers resolved the promise.
      }
      wake?.();
    };
    const onAbort = () => finish({ error: signal.reason });
    const timer = setTimeout(
      () => finish({ error: upstreamError(service, 'timeout', `${url} did not finish in ${timeoutMs} ms`) }),
      timeoutMs,
    );

    async function* body(): AsyncGenerator<Buffer> {
      try {
        for (;;) {
          const chunk = queue.shift();
          if (chunk !== undefined) {
            queuedBytes -= chunk.length;
            if (queuedBytes < QUEUE_LOW_BYTES && controller?.paused) controller.resume();
            yield chunk;
          } else if (failure !== null) {
            throw failure.error;
          } else if (finished) {
            return;
          } else {
            await new Promise<void>((resolveWake) => {
              wake = resolveWake;
            });
            wake = null;
          }
        }
      } finally {
        discard();
      }
    }
    const discard = () => finish({ error: new Error('the body was not read to its end') });

    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    dispatcher.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        if (finished) started.abort(new Error('exchange ended'));
      },
      onResponseStart(_controller, status, headers) {
        if (status < 200) return;
        headersSeen = true;
        if (isStream && status === 200) clearTimeout(timer);
        resolve({ status, headers, body: body(), discard });
      },
      onResponseData(current, chunk) {
        queue.push(chunk);
        queuedBytes += chunk.length;
        if (queuedBytes > QUEUE_HIGH_BYTES) current.pause();
        wake?.();
      },
      onResponseEnd() {
        finish(null);
      },
      onResponseError(_controller, error) {
        finish({ error: networkError(service, url, error, headersSeen) });
      },
    });
  });
}

function networkError(service: Service, url: string, error: Error, headersSeen: boolean): AppError {
  if (headersSeen) {
    return upstreamError(service, 'badPayload', `${url} broke off: ${reasonOf(error)}`, error);
  }
  const spokeNoHttp = error.name === 'HTTPParserError' || error.name === 'HeadersOverflowError';
  return spokeNoHttp
    ? upstreamError(service, 'badPayload', `${url} does not speak HTTP: ${reasonOf(error)}`, error)
    : upstreamError(service, 'unreachable', `Cannot reach ${url}: ${reasonOf(error)}`, error);
}

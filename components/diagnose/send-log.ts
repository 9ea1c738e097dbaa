import { ErrorBody } from '@/lib/contracts/error';
import { DiagnoseBody } from '@/lib/contracts/evidence';

/** What the server takes at most of one file, as sent. */
export const MOST_BYTES = 50 * 1024 * 1024;

export type SendProblem = {
  code: string;
  message: string;
  cure: string /** Null: not told. */;
  retryAfterSeconds: number | null;
};

export type SendLog = {
  log: Blob;
  /** True: its lines are stored and tied to tasks for good. */
  store: boolean;
  cluster: string | null;
  /** How much was sent, 0..1; 1 while the server reads on. */
  onProgress: (share: number) => void;
  signal: AbortSignal;
};

/**
 * Posts a log and answers what it says. Rejects with an Error whose `cause` is a SendProblem, or with an AbortError.
 * By XMLHttpRequest: fetch tells nothing of how far an upload is.
 */
export function sendLog({ log, store, cluster, onProgress, signal }: SendLog): Promise<DiagnoseBody> {
  const query = new URLSearchParams({
    ...(store ? { store: 'true' } : {}),
    ...(cluster === null ? {} : { cluster }),
  }).toString();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v1/diagnose${query === '' ? '' : `?${query}`}`);
    request.setRequestHeader('content-type', 'text/plain; charset=utf-8');
    request.setRequestHeader('accept', 'application/json');
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () => {
      try {
        resolve(readAnswer(request));
      } catch (thrown) {
        reject(thrown);
      }
    };
    request.onerror = () =>
      reject(
        failure({
          code: 'SERVER_UNREACHABLE',
          message: 'The exit137 server did not answer, or closed the connection',
          cure: 'Check that it runs and that you can reach it; a proxy before it may allow less than 50 MB.',
          retryAfterSeconds: null,
        }),
      );
    request.onabort = () => reject(new DOMException('Cancelled', 'AbortError'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    if (signal.aborted) request.abort();
    else request.send(log);
  });
}

/** The problem that an error of `sendLog` carries. */
export function toSendProblem(error: Error): SendProblem {
  const cause = error.cause as Partial<SendProblem> | undefined;
  return {
    code: cause?.code ?? 'INTERNAL',
    message: error.message,
    cure: cause?.cure ?? '',
    retryAfterSeconds: cause?.retryAfterSeconds ?? null,
  };
}

function readAnswer(request: XMLHttpRequest): DiagnoseBody {
  const body = parseJson(request.responseText);
  if (request.status !== 200) {
    const retryAfter = Number(request.getResponseHeader('retry-after') ?? Number.NaN);
    const retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : null;
    const told = ErrorBody.safeParse(body);
    const { code, message, cure } = told.success ? told.data.error : plainProblem(request.status);
    throw failure({ code, message, cure, retryAfterSeconds });
  }
  const parsed = DiagnoseBody.safeParse(body);
  if (parsed.success) return parsed.data;
  throw failure({
    code: 'UNEXPECTED_BODY',
    message: 'The server sent something this page does not understand',
    cure: 'Reload the page: the server may have been updated.',
    retryAfterSeconds: null,
  });
}

/** Of a proxy that answers by itself, in its own words. */
function plainProblem(status: number): Omit<SendProblem, 'retryAfterSeconds'> {
  if (status === 413) {
    return { code: 'HTTP_413', message: 'The file is too large for the server', cure: 'Send a part of it.' };
  }
  if (status === 429) {
    return { code: 'HTTP_429', message: 'The server is busy', cure: 'Try again in a moment.' };
  }
  return { code: `HTTP_${status}`, message: `The server answered ${status}`, cure: 'See the server log.' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failure(problem: SendProblem): Error {
  return new Error(problem.message, { cause: problem });
}

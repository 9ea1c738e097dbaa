import { ERROR_CATALOG, type ErrorCode } from '@/lib/errors';

const PREFIX = 'EXIT137:';

/** The code as a digest that survives the way from server to browser. */
export function digestOfCode(code: ErrorCode): string {
  return `${PREFIX}${code}`;
}

/** The code in a digest, and its cure. Null: the error was none that `loadPage` threw. */
export function codeOfDigest(digest: unknown): { code: ErrorCode; cure: string } | null {
  if (typeof digest !== 'string' || !digest.startsWith(PREFIX)) return null;
  const code = digest.slice(PREFIX.length);
  return isErrorCode(code) ? { code, cure: ERROR_CATALOG[code].cure } : null;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOG, code);
}

/**
 * What a dynamic part of the path names: Next has decoded it for route handlers (not for pages). The parts of a
 * catch-all are joined by `/`. NUL is dropped: it stands in no id, and Postgres refuses it.
 */
export function pathText(param: string | string[]): string {
  return [param].flat().join('/').replaceAll('\0', '');
}

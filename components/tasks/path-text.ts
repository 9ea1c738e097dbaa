/**
 * The text that catch-all segments of an address stand for. Next hands segments to pages as they stand in the
 * address, still encoded; a `%` that encodes nothing stays as it is.
 */
export function pathText(segments: readonly string[]): string {
  return segments.map(decoded).join('/');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

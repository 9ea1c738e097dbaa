/**
 * What a part of the path names, decoded: Next gives route handlers the parts as they stood in the URL or already
 * decoded, depending on the part; a `%` that begins no escape is kept as it is. A list is joined by `/`.
 */
export function pathText(param: string | string[]): string {
  return [param].flat().map(decode).join('/').replaceAll('\0', '');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

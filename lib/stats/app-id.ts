/** An app id as Marathon names it, with its leading slash, whether or not it came with one. */
export function toAppId(text: string): string {
  return text.startsWith('/') ? text : `/${text}`;
}

/**
 * Makes text from a cluster fit for Postgres, whose text holds neither NUL nor lone surrogates: NUL becomes
 * U+2400, a lone surrogate U+FFFD. Walks arrays and plain objects, keys too; Dates pass.
 */
export function sanitize<T>(value: T): T {
  return clean(value) as T; // The shape is kept: only characters inside strings change.
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), clean(item)]));
}

function cleanText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\u2400') : wellFormed;
}

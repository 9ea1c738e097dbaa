/** Readers for JSON of strangers: what fits comes out clean, what does not is null, nothing throws. */
export type JsonRecord = Record<string, unknown>;

const MAX_INSTANT_MS = 253_402_300_799_999; // The end of year 9999, which Postgres and ISO text both hold.

export function asRecord(value: unknown): JsonRecord | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : null;
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list; what is no object is left out. */
export function asRecords(value: unknown): JsonRecord[] {
  return asArray(value)
    .map(asRecord)
    .filter((record) => record !== null);
}

/**
 * A string without what Postgres refuses (NUL, half surrogate pairs), cut at `maxLength` UTF-16 units with
 * ` …[cut]` put behind. Null: not a string.
 */
export function asText(value: unknown, maxLength = 1024): string | null {
  if (typeof value !== 'string') return null;
  const isCut = value.length > maxLength;
  const kept = isCut ? value.slice(0, maxLength) : value;
  const clean = /[\0\ud800-\udfff]/.test(kept) ? kept.replace(/\0|\p{Surrogate}/gu, '\ufffd') : kept;
  return isCut ? `${clean} …[cut]` : clean;
}

const MAX_ID_BYTES = 1024;

/**
 * An id: a string that is neither empty nor longer than 1,024 bytes, or a number written as one. Null: no id.
 * Bytes, as ids are keys of indexes, and Postgres refuses a row whose keys are beyond 2,704 bytes.
 */
export function asId(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string' || value === '') return null;
  const id = value.length > MAX_ID_BYTES ? null : asText(value);
  // Of what is kept: a NUL of one byte becomes a character of three.
  return id === null || Buffer.byteLength(id) > MAX_ID_BYTES ? null : id;
}

/** A value as JSON, for showing; cut like `asText`. What is nested too deeply to be written is named so. */
export function asJsonText(value: unknown, maxLength = 1024): string {
  try {
    return asText(JSON.stringify(value), maxLength) ?? typeof value;
  } catch {
    return '[nested too deeply]';
  }
}

/** A finite number, also where it came as text (`"512"`). */
export function asNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

export function asBoolean(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  return value === 'true' ? true : value === 'false' ? false : null;
}

/** Seconds since the epoch, fractional, to the millisecond. Null outside the years 1970 to 9999. */
export function asInstant(seconds: unknown): Date | null {
  const number = asNumber(seconds);
  const ms = number === null ? Number.NaN : Math.round(number * 1000);
  return ms >= 0 && ms <= MAX_INSTANT_MS ? new Date(ms) : null;
}

/** ISO-8601 text as an instant; null where it is none. */
export function asIsoInstant(value: unknown): Date | null {
  const ms = typeof value === 'string' && value.length <= 64 ? Date.parse(value) : Number.NaN;
  return ms >= 0 && ms <= MAX_INSTANT_MS ? new Date(ms) : null;
}

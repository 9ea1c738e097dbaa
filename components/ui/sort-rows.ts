/** A column's name, with `-` before it for descending: what the URL's `sort` holds. */
export type Sort = { key: string; descending: boolean };

/** `-failed` → failed, descending. Null where `text` is null. */
export function parseSort(text: string | null, fallback: Sort): Sort {
  if (text === null || text === '' || text === '-') return fallback;
  return text.startsWith('-') ? { key: text.slice(1), descending: true } : { key: text, descending: false };
}

export function formatSort(sort: Sort): string {
  return sort.descending ? `-${sort.key}` : sort.key;
}

/** A sorted copy; unknown values (null) stand last in either direction, equals keep their order. */
export function sortRows<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => number | string | null,
  descending: boolean,
): Row[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)];
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    if (typeof left === 'string' || typeof right === 'string') {
      return sign * String(left).localeCompare(String(right), 'en', { numeric: true });
    }
    return sign * (left - right);
  });
}

/**
 * Whether a write that failed would fail the same way another time: by its SQLSTATE (cardinality, data, constraint, a
 * limit of Postgres) it was the data, or it was our own code.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isOfTheData(thrown: unknown): boolean {
  if (thrown instanceof TypeError || thrown instanceof RangeError) return true;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return /^(2[1-3]|54)[0-9A-Z]{3}$/.test(code);
}

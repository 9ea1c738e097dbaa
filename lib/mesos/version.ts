/** Whether a master's version (`1.7.2`, `1.11.0-dcos`) is `major.minor` or newer; false where it is not known. */
export function isSince(version: string | null, major: number, minor: number): boolean {
  const [, ofMajor, ofMinor] = /^(\d{1,4})\.(\d{1,4})/.exec(version ?? '') ?? [];
  if (ofMajor === undefined) return false;
  return Number(ofMajor) > major || (Number(ofMajor) === major && Number(ofMinor) >= minor);
}

import { NOT_KNOWN } from './numbers';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `512 B`, `1.5 MiB`, `348 MiB`. Null: `–`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return NOT_KNOWN;
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1).replace('.0', '');
  return `${text} ${UNITS[unit]}`;
}

/** MiB as Mesos counts memory and disk: `512 MiB`, `4 GiB`. Null: `–`. */
export function formatMemMb(memMb: number | null | undefined): string {
  return memMb === null || memMb === undefined ? NOT_KNOWN : formatBytes(memMb * 1024 * 1024);
}

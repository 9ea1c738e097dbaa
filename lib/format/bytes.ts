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

const MEMORY = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const SMALL_MEMORY = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/**
 * Memory as Mesos, Marathon and the verdicts count it, in MB of 1,048,576 bytes: `4,096 MB`, `2,080 MB`; below 10 MB with
 * one digit behind the point. In GiB a limit of 2,080 MB would read as 2. Null: `–`.
 */
export function formatMemMb(memMb: number | null | undefined): string {
  if (memMb === null || memMb === undefined) return NOT_KNOWN;
  return `${(Math.abs(memMb) < 10 ? SMALL_MEMORY : MEMORY).format(memMb)} MB`;
}

/** Bytes of memory as `formatMemMb` counts them. Null: `–`. */
export function formatMemBytes(bytes: number | null | undefined): string {
  return formatMemMb(bytes === null || bytes === undefined ? null : bytes / (1024 * 1024));
}

/** MiB as Mesos counts disk: `512 MiB`, `391 GiB`. Null: `–`. */
export function formatDiskMb(diskMb: number | null | undefined): string {
  return formatBytes(diskMb === null || diskMb === undefined ? null : diskMb * 1024 * 1024);
}

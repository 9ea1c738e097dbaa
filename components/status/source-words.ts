import type { SourceStatus } from '@/lib/contracts/status';
import { plural } from '@/lib/format/numbers';

/** What was wrong with the sources although they were read: `2 warnings and 13 rejected entries`. Null: nothing. */
export function sourceTrouble(
  sources: readonly Pick<SourceStatus, 'warnings' | 'rejected'>[],
): string | null {
  const warnings = sources.reduce((sum, source) => sum + source.warnings.length, 0);
  const rejected = sources.reduce((sum, source) => sum + source.rejected, 0);
  const parts = [
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
    ...(rejected > 0 ? [plural(rejected, 'rejected entry', 'rejected entries')] : []),
  ];
  return parts.length === 0 ? null : parts.join(' and ');
}

/** `Mesos master of prod`, `Marathon http://marathon:8080 of prod`. */
export function sourceTitle({ cluster, source }: Pick<SourceStatus, 'cluster' | 'source'>): string {
  if (source === 'mesos') return `Mesos master of ${cluster}`;
  const [, url] = /^marathon:(.*)$/.exec(source) ?? [];
  return url === undefined ? `${source} of ${cluster}` : `Marathon ${url} of ${cluster}`;
}

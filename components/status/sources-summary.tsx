import { Notice } from '@/components/ui/notice';
import type { SourceStatus } from '@/lib/contracts/status';

import { sourceTitle, sourceTrouble } from './source-words';

/** Over the sources while all are read: whether all of what they sent was good too. */
export function SourcesSummary({ sources }: { sources: readonly SourceStatus[] }) {
  const trouble = sourceTrouble(sources);
  if (trouble === null) return <Notice tone="good">Every source is read.</Notice>;
  const flawed = sources.filter((source) => sourceTrouble([source]) !== null).map(sourceTitle);
  return (
    <Notice tone="warn" role="status">
      <strong>Every source is read, with {trouble} in the newest poll</strong>: {flawed.join(', ')}. Each is
      told below.
    </Notice>
  );
}

import { FactList } from '@/components/ui/fact-list';
import { Instant } from '@/components/ui/instant';
import { Notice } from '@/components/ui/notice';
import { Panel } from '@/components/ui/panel';
import type { SourceStatus } from '@/lib/contracts/status';
import { formatBytes } from '@/lib/format/bytes';
import { formatDuration } from '@/lib/format/durations';
import { formatCount, NOT_KNOWN, plural } from '@/lib/format/numbers';

import { RejectList } from './reject-list';
import classes from './source-card.module.css';
import { sourceTitle, sourceTrouble } from './source-words';

const HEALTH_WORDS: Record<SourceStatus['health'], string> = {
  ok: 'read',
  failing: 'failing',
  stale: 'stale',
  never: 'never read',
};

/** One source: a master quorum or a Marathon. */
export function SourceCard({ source }: { source: SourceStatus }) {
  const { lastError, warnings, rejects } = source;
  const isPast = lastError !== null && source.lastSuccessAt !== null && lastError.at < source.lastSuccessAt;
  return (
    <Panel title={sourceTitle(source)} note={<SourceHealth source={source} />}>
      <div className={classes.body}>
        <FactList facts={sourceFacts(source)} />
        {lastError !== null && (
          <Notice tone={isPast ? 'blind' : 'bad'}>
            <p>
              <strong>
                {isPast ? `Last error, since recovered: ${lastError.message}` : lastError.message}
              </strong>{' '}
              <span className={classes.muted}>
                <Instant at={lastError.at} mode="relative" /> · <code>{lastError.code}</code>
                {source.failuresInARow > 1 && ` · ${formatCount(source.failuresInARow)} in a row`}
              </span>
            </p>
            <p>{lastError.cure}</p>
          </Notice>
        )}
        {warnings.map(({ code, message }) => (
          <Notice key={`${code} ${message}`} tone="warn">
            {message} <code className={classes.muted}>{code}</code>
          </Notice>
        ))}
        {source.rejected > 0 && (
          <Notice tone="warn">
            {plural(source.rejected, 'entry', 'entries')} of the last poll could not be understood and{' '}
            {source.rejected === 1 ? 'was' : 'were'} left out; everything else was kept.
          </Notice>
        )}
        {rejects.length > 0 && <RejectList rejects={rejects} />}
      </div>
    </Panel>
  );
}

/** Read is only good where all of it was understood. */
function SourceHealth({ source }: { source: SourceStatus }) {
  const trouble = source.health === 'ok' ? sourceTrouble([source]) : null;
  return (
    <span className={classes.health} data-health={trouble === null ? source.health : 'flawed'}>
      {HEALTH_WORDS[source.health]}
      {trouble !== null && `, with ${trouble}`}
    </span>
  );
}

function sourceFacts(source: SourceStatus) {
  return [
    { label: 'Address', value: source.url ?? NOT_KNOWN, isWide: true },
    { label: 'Last success', value: <Instant at={source.lastSuccessAt} mode="relative" /> },
    { label: 'Last attempt', value: <Instant at={source.lastAttemptAt} mode="relative" /> },
    {
      label: 'Lag',
      value: source.lagSeconds === null ? NOT_KNOWN : formatDuration(source.lagSeconds * 1000),
      title: 'Since the last success, when this was answered',
    },
    { label: 'Last poll took', value: formatDuration(source.lastDurationMs) },
    { label: 'Read', value: formatBytes(source.bytes) },
    ...(source.source === 'mesos' ? [{ label: 'Tasks read', value: formatCount(source.tasksRead) }] : []),
    { label: 'Rejected', value: formatCount(source.rejected) },
  ];
}

'use client';

import { ProcessTable } from '@/components/evidence/process-table';
import { SignalFacts } from '@/components/evidence/signal-facts';
import { SignalLines } from '@/components/evidence/signal-lines';
import { Instant } from '@/components/ui/instant';
import type { SignalGroup, SignalItem } from '@/lib/contracts/evidence';
import { SIGNATURE_LABELS } from '@/lib/domain/log-signal';
import { formatCount } from '@/lib/format/numbers';

import classes from './signal-groups.module.css';

/** Signals by what they say, each group unfolding to its newest with their lines. */
export function SignalGroups({ groups }: { groups: readonly SignalGroup[] }) {
  return (
    <ul className={classes.groups} aria-label="Signals">
      {groups.map((group) => (
        <li key={group.signature}>
          <details className={classes.group}>
            <summary className={classes.summary}>
              <span className={classes.name}>{SIGNATURE_LABELS[group.signature]}</span>
              <span className={classes.count}>× {formatCount(group.count)}</span>
              <span className={classes.when}>
                {group.count > 1 && (
                  <>
                    <Instant at={group.firstAt} mode="minutes" /> –{' '}
                  </>
                )}
                <Instant at={group.lastAt} mode="minutes" />
              </span>
              {group.newest[0] !== undefined && (
                <span className={classes.newest}>{group.newest[0].sentence}</span>
              )}
            </summary>
            <ol className={classes.signals}>
              {group.newest.map((signal, index) => (
                <li key={signal.id ?? index}>
                  <SignalOne signal={signal} />
                </li>
              ))}
            </ol>
            {group.count > group.newest.length && (
              <p className={classes.when}>The newest {group.newest.length} are shown.</p>
            )}
          </details>
        </li>
      ))}
    </ul>
  );
}

/** One signal with its sentence, numbers and lines. */
export function SignalOne({ signal }: { signal: SignalItem }) {
  const foreign = foreignWords(signal);
  return (
    <div className={classes.signal}>
      <p className={classes.sentence}>{signal.sentence}</p>
      <p className={classes.when}>
        {signal.at === null ? (
          'no time told'
        ) : (
          <>
            {!signal.atKnown && 'came '}
            <Instant at={signal.at} />
          </>
        )}
        {signal.printedHost !== null && ` · ${signal.printedHost}`}
        {foreign !== null && ` · ${foreign}`}
      </p>
      <SignalFacts signal={signal} />
      <SignalLines lines={signal.lines} label={`Log lines: ${SIGNATURE_LABELS[signal.signature]}`} />
      <ProcessTable signal={signal} />
    </div>
  );
}

/** Whose it is where it is none of Mesos's. */
function foreignWords({ orchestrator }: SignalItem): string | null {
  if (orchestrator === null || orchestrator === 'docker' || orchestrator === 'mesos') return null;
  return orchestrator === 'other' ? 'of no Mesos task' : `of ${orchestrator}, no Mesos task`;
}

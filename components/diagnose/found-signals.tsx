'use client';

import { ProcessTable } from '@/components/evidence/process-table';
import { SignalFacts } from '@/components/evidence/signal-facts';
import { SignalLines } from '@/components/evidence/signal-lines';
import { TIE_WORDS } from '@/components/evidence/tie-words';
import { HostLink } from '@/components/hosts/host-name';
import { CauseMark } from '@/components/task-ends/cause-mark';
import { CodeText } from '@/components/tasks/code-text';
import { ProofMark } from '@/components/tasks/verdict-marks';
import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import type { SignalItem, TiedTask } from '@/lib/contracts/evidence';
import { causeGroup } from '@/lib/domain/cause-group';
import { SIGNATURE_LABELS } from '@/lib/domain/log-signal';
import { appHref, taskHref } from '@/lib/format/hrefs';
import { isolated } from '@/lib/format/isolated';
import { plural } from '@/lib/format/numbers';

import classes from './diagnose-result.module.css';
import type { FoundGroup } from './group-signals';

const MOST_REPEATS = 20;

/** One thing the log tells, however often: what it is, what it means, which tasks it is about, its lines. */
export function FoundSignals({ group }: { group: FoundGroup }) {
  const { first, last, signals } = group;
  const { signal, verdict, tasks } = first;
  const label = SIGNATURE_LABELS[signal.signature];
  const causeOf = causeGroup({
    cause: verdict.cause,
    state: 'TASK_FAILED',
    disposition: verdict.disposition,
  });
  return (
    <article
      className={classes.one}
      aria-label={label}
      style={{ borderLeftColor: `var(--cause-${causeOf})` }}
    >
      <h3 className={classes.sentence}>{isolated(signal.sentence)}</h3>
      <p className={classes.place}>
        <span>{label}</span>
        <Place signal={signal} />
        <span>
          <When signal={signal} />
          {signals.length > 1 && (
            <>
              {' '}
              – <When signal={last.signal} />, <strong>{plural(signals.length, 'time')}</strong>
            </>
          )}
        </span>
      </p>
      <div className={classes.marks}>
        {verdict.cause !== 'unknown' && <CauseMark cause={verdict.cause} group={causeOf} />}
        <ProofMark proof={verdict.proof} />
        {verdict.summary !== signal.sentence && <span>{verdict.summary}</span>}
      </div>
      <Tasks tasks={tasks} />
      <div className={classes.columns}>
        <Lines title="Because" lines={verdict.because} />
        <Lines title="What to do" lines={verdict.advice} />
      </div>
      <SignalFacts signal={signal} />
      <SignalLines lines={signal.lines} label={`Log lines: ${label}`} />
      <ProcessTable signal={signal} />
      {signals.length > 1 && <Repeats group={group} />}
    </article>
  );
}

function Place({ signal: { host, printedHost } }: { signal: SignalItem }) {
  if (host !== null) return <HostLink host={host} />;
  if (printedHost === null) return null;
  return <span title="No agent of this name is known">{printedHost}</span>;
}

function When({ signal: { at, atKnown } }: { signal: SignalItem }) {
  return at === null || !atKnown ? <>no time told</> : <Instant at={at} />;
}

function Tasks({ tasks }: { tasks: readonly TiedTask[] }) {
  if (tasks.length === 0) {
    return <p className={classes.nothing}>No task that is known here can be tied to it.</p>;
  }
  return (
    <ul className={classes.tasks} aria-label="Tasks it is about">
      {tasks.map((task, index) => (
        <li key={task.endId ?? index}>
          <ProofMark proof={task.proof} />
          <span>
            <TaskName task={task} />{' '}
            <span className={classes.muted}>
              {TIE_WORDS[task.tie]}: {isolated(task.reason)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function TaskName({ task }: { task: TiedTask }) {
  const { cluster, endId, taskId, appId, finishedAt } = task;
  if (cluster === null || endId === null) {
    return (
      <>
        <code>{taskId}</code>
        {appId !== null && cluster !== null && (
          <>
            {' '}
            of <PlainLink href={appHref(appId)}>{appId}</PlainLink>
          </>
        )}
        , of which no end is stored.
      </>
    );
  }
  return (
    <>
      <PlainLink href={taskHref({ cluster, taskId, id: endId })}>{appId ?? taskId}</PlainLink>
      {finishedAt !== null && (
        <>
          {' '}
          ended <Instant at={finishedAt} />
        </>
      )}
    </>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <div>
      <h4>{title}</h4>
      <ul>
        {[...new Set(lines)].map((line) => (
          <li key={line}>
            <CodeText text={line} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Repeats({ group: { signals } }: { group: FoundGroup }) {
  const shown = signals.slice(1, MOST_REPEATS + 1);
  return (
    <details className={classes.repeats}>
      <summary>{plural(signals.length - 1, 'repeat')}</summary>
      <ol>
        {shown.map(({ signal }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: what was pasted has no identity but its place.
          <li key={index}>
            <When signal={signal} />
            <SignalLines lines={signal.lines} label={`Log lines of repeat ${index + 1}`} />
          </li>
        ))}
      </ol>
      {signals.length - 1 > shown.length && <p>Their first {shown.length} are shown.</p>}
    </details>
  );
}

import { Instant } from '@/components/ui/instant';
import type { EvidenceItem } from '@/lib/contracts/evidence';
import type { TaskDetail } from '@/lib/contracts/task';
import { causeGroup } from '@/lib/domain/cause-group';
import { formatDuration } from '@/lib/format/durations';
import { isolated } from '@/lib/format/isolated';

import classes from './life-timeline.module.css';
import { type LifeStep, taskLife } from './task-life';

const MESSAGE_CHARS = 300;

type LifeTimelineProps = { task: TaskDetail; evidence: readonly EvidenceItem[] };

/** Every status with its time and the time it lasted, and what host logs told; then what the collector saw. */
export function LifeTimeline({ task, evidence }: LifeTimelineProps) {
  return (
    <ol className={classes.life} aria-label="Life">
      {taskLife(task, evidence).map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity, and their order is their meaning.
        <li key={index} className={classes.step} data-kind={step.kind}>
          <span
            className={classes.dot}
            style={step.kind === 'end' ? { background: `var(--cause-${causeGroup(task)})` } : undefined}
            aria-hidden
          />
          <Step step={step} endMessage={task.message} />
        </li>
      ))}
    </ol>
  );
}

function Step({ step, endMessage }: { step: LifeStep; endMessage: string | null }) {
  const facts = [
    step.reason,
    step.source,
    step.healthy === null ? null : step.healthy ? 'healthy' : 'not healthy',
  ];
  const shownFacts = facts
    .filter((fact) => fact !== null)
    .map(isolated)
    .join(' · ');
  // The end's own message stands verbatim in its block; saying it twice helps nobody.
  const message = step.message === endMessage ? null : step.message;
  return (
    <>
      <div className={classes.head}>
        <span className={classes.label}>{step.label}</span>
        {step.at === null ? (
          <span className={classes.since}>time not told</span>
        ) : (
          <Instant at={step.at.toISOString()} />
        )}
        {step.sinceMs !== null && <span className={classes.since}>{sinceText(step)}</span>}
      </div>
      {shownFacts !== '' && <div className={classes.facts}>{shownFacts}</div>}
      {message !== null && <div className={classes.message}>{shorten(message)}</div>}
    </>
  );
}

function sinceText(step: LifeStep): string {
  const ms = step.sinceMs ?? 0;
  return ms < 0 ? `clock ${formatDuration(-ms)} behind the step above` : `after ${formatDuration(ms)}`;
}

function shorten(text: string): string {
  return text.length > MESSAGE_CHARS ? `${text.slice(0, MESSAGE_CHARS)}…` : text;
}

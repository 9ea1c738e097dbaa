import { useId } from 'react';

import { EndCauseMark, StateMark } from '@/components/task-ends/cause-mark';
import type { TaskDetail } from '@/lib/contracts/task';
import { causeGroup } from '@/lib/domain/cause-group';
import { CodeText } from './code-text';
import { signalNote } from './exit-code-meaning';
import { DISPOSITION_MEANINGS, PROOF_MEANINGS } from './proof-words';
import classes from './verdict-card.module.css';
import { DispositionMark, ExitCode, ProofMark } from './verdict-marks';

/** Why the task ended: one sentence, how sure, the facts behind it, what to do. */
export function VerdictCard({ task }: { task: TaskDetail }) {
  // Where it is known who sent the signal, who else might have is noise.
  const note = task.signal === null || causeGroup(task) === 'oom' ? null : signalNote(task.signal);
  return (
    <section
      className={classes.card}
      style={{ borderLeftColor: `var(--cause-${causeGroup(task)})` }}
      aria-label="Verdict"
    >
      <p className={classes.summary} title={task.summary.length > LONG ? task.summary : undefined}>
        {task.summary}
      </p>
      <div className={classes.marks}>
        <StateMark state={task.state} disposition={task.disposition} />
        <EndCauseMark end={task} />
        <DispositionMark disposition={task.disposition} />
        <ProofMark proof={task.proof} />
        {task.exitCode !== null && (
          <span>
            exit code <ExitCode exitCode={task.exitCode} />
          </span>
        )}
        {task.exitCode === null && task.signal !== null && <span>{task.signal}</span>}
      </div>
      <p className={classes.proof}>
        {PROOF_MEANINGS[task.proof]} {DISPOSITION_MEANINGS[task.disposition]}
        {note !== null && ` ${task.signal}: ${note}`}
      </p>
      <div className={classes.columns}>
        <Lines title="Because" lines={task.because} />
        {task.advice.length > 0 && <Lines title="What to do" lines={task.advice} />}
      </div>
    </section>
  );
}

/** Beyond this a sentence may be cut on the screen, and needs its whole text on hover. */
const LONG = 300;

function Lines({ title, lines }: { title: string; lines: string[] }) {
  const id = useId();
  if (lines.length === 0) return null;
  return (
    <div>
      <h2 id={id}>{title}</h2>
      <ul className={classes.lines} aria-labelledby={id}>
        {[...new Set(lines)].map((line) => (
          <li key={line}>
            <span className={classes.line} title={line.length > LONG ? line : undefined}>
              <CodeText text={line} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

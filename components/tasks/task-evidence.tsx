'use client';

import { LogInputsWords } from '@/components/evidence/log-inputs-words';
import { ProcessTable } from '@/components/evidence/process-table';
import { SignalFacts } from '@/components/evidence/signal-facts';
import { SignalGroups } from '@/components/evidence/signal-groups';
import { SignalLines } from '@/components/evidence/signal-lines';
import { TIE_WORDS } from '@/components/evidence/tie-words';
import { timeToEnd } from '@/components/evidence/time-to-end';
import { HostLink } from '@/components/hosts/host-name';
import { Empty } from '@/components/ui/empty';
import { Instant } from '@/components/ui/instant';
import { Notice } from '@/components/ui/notice';
import { Panel } from '@/components/ui/panel';
import type { EvidenceItem } from '@/lib/contracts/evidence';
import type { TaskDetail, TaskDetailBody } from '@/lib/contracts/task';
import { SIGNATURE_LABELS } from '@/lib/domain/log-signal';
import { hostLabel } from '@/lib/format/host-label';
import { isolated } from '@/lib/format/isolated';

import classes from './task-evidence.module.css';
import { ProofMark } from './verdict-marks';

/** What host logs tell of this end: the very lines, and why they are about it. */
export function TaskEvidence({ body }: { body: TaskDetailBody }) {
  const { task, evidence } = body;
  if (evidence.length === 0) return <NoEvidence body={body} />;
  return (
    <Panel title="Evidence" note="what host logs tell of this end">
      <ol className={classes.list} aria-label="Evidence">
        {evidence.map((item, index) => (
          <li key={item.signal.id ?? index}>
            <EvidenceOne item={item} task={task} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function EvidenceOne({ item, task }: { item: EvidenceItem; task: TaskDetail }) {
  const { signal, proof, reason, tie, candidates } = item;
  const label = SIGNATURE_LABELS[signal.signature];
  return (
    <article className={classes.one} aria-label={label}>
      <p className={classes.sentence}>{isolated(signal.sentence)}</p>
      <SignalPlace signal={signal} finishedAt={task.finishedAtKnown ? task.finishedAt : null} />
      <p className={classes.tie}>
        <ProofMark proof={proof} />
        <span>
          {TIE_WORDS[tie]}: {isolated(reason)}
        </span>
      </p>
      {candidates > 1 && (
        <Notice tone="warn" role="note">
          Ambiguous: {candidates} signals of this time could equally be meant, this one among them.
        </Notice>
      )}
      <SignalFacts signal={signal} />
      <SignalLines lines={signal.lines} label={`Log lines: ${label}`} />
      <ProcessTable signal={signal} />
    </article>
  );
}

function SignalPlace({ signal, finishedAt }: { signal: EvidenceItem['signal']; finishedAt: string | null }) {
  const { host, printedHost } = signal;
  const distance = timeToEnd(signal.atKnown ? signal.at : null, finishedAt);
  return (
    <p className={classes.place}>
      <span>{SIGNATURE_LABELS[signal.signature]}</span>
      {host !== null ? (
        <span>
          <HostLink host={host} />
          {printedHost !== null && printedHost !== host && ` (${isolated(printedHost)} in the log)`}
        </span>
      ) : (
        printedHost !== null && <span>{printedHost}</span>
      )}
      <span
        title={signal.atKnown ? 'By the host’s own clock' : 'The lines tell no time; this is when they came'}
      >
        {signal.atKnown ? '' : 'came '}
        <Instant at={signal.at} />
      </span>
      {distance !== null && <span className={classes.distance}>{distance}</span>}
    </p>
  );
}

/** The host's own trouble around the end: tied to no task, and often the reason of several ends. */
export function HostSigns({ body: { task, hostSigns } }: { body: TaskDetailBody }) {
  if (hostSigns.length === 0) return null;
  return (
    <Panel
      title="Trouble on its host"
      note="what logs told of the host itself in the hour before and ten minutes after, tied to no task"
      actions={<HostLink host={task.host} />}
    >
      <SignalGroups groups={hostSigns} />
    </Panel>
  );
}

/** Silence is no proof: what was looked for, and whether anybody sends logs. */
function NoEvidence({ body }: { body: TaskDetailBody }) {
  const { task, logInputs } = body;
  return (
    <Panel title="Evidence">
      <Empty title="No host log names this end">
        Looked for: lines that name its container{task.containerId === null && ' (its id is not known)'} or
        this task, and kernel kills on {hostLabel(task.host)} around its end.{' '}
        <LogInputsWords inputs={logInputs} />
      </Empty>
    </Panel>
  );
}

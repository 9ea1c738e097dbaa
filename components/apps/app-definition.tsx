'use client';

import { useState } from 'react';

import { CopyText } from '@/components/ui/copy-text';
import { Empty } from '@/components/ui/empty';
import { type Fact, FactList } from '@/components/ui/fact-list';
import { Instant } from '@/components/ui/instant';
import { Notice } from '@/components/ui/notice';
import { Panel } from '@/components/ui/panel';
import type { AppDetailBody } from '@/lib/contracts/stats';
import { formatDiskMb, formatMemMb } from '@/lib/format/bytes';
import { formatDuration } from '@/lib/format/durations';
import { formatCount, NOT_KNOWN, plural } from '@/lib/format/numbers';

import classes from './app-view.module.css';

type Definition = NonNullable<AppDetailBody['definition']>;

/** What Marathon asks for: the app as it is defined now. */
export function AppDefinition({ definition }: { definition: Definition | null }) {
  if (definition === null) {
    return (
      <Panel title="Definition">
        <Empty title="Marathon’s definition is not known">
          Its Marathon is not in MARATHON_URLS, or it had removed the app before exit137 watched.
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel title="Definition" note="as Marathon has it now">
      <div className={classes.spaced}>
        <QueueNotice queue={definition.queue} />
        <FactList facts={definitionFacts(definition)} />
        {definition.json !== null && <DefinitionJson json={definition.json} />}
      </div>
    </Panel>
  );
}

function QueueNotice({ queue }: { queue: Definition['queue'] }) {
  if (queue === null) return null;
  const waiting = `${plural(queue.count, 'instance')} in Marathon’s launch queue`;
  const backedOff = (queue.delaySeconds ?? 0) > 0 && queue.overdue !== true;
  return (
    <Notice tone={backedOff ? 'warn' : 'blind'} role="note">
      {waiting}
      {backedOff
        ? `, backed off for another ${formatDuration((queue.delaySeconds ?? 0) * 1000)} after failures.`
        : ', waiting for offers that fit.'}
    </Notice>
  );
}

function definitionFacts(definition: Definition): Fact[] {
  const { tasksHealthy, tasksUnhealthy, tasksStaged } = definition;
  const facts: Fact[] = [
    { label: 'Instances', value: formatCount(definition.instances) },
    { label: 'Memory limit', value: formatMemMb(definition.memMb) },
    { label: 'CPUs', value: definition.cpus ?? NOT_KNOWN },
    { label: 'Disk', value: formatDiskMb(definition.diskMb) },
    {
      label: 'Health checks',
      value: definition.hasHealthChecks
        ? `${formatCount(tasksHealthy)} healthy, ${formatCount(tasksUnhealthy)} not`
        : 'none defined',
    },
    { label: 'Staged', value: formatCount(tasksStaged) },
    {
      label: 'SIGTERM to SIGKILL',
      value:
        definition.killGraceSeconds === null
          ? 'Marathon’s default'
          : formatDuration(definition.killGraceSeconds * 1000),
    },
    { label: 'Kind', value: definition.kind },
    { label: 'Version', value: definition.version, isWide: true },
    { label: 'Configured', value: <Instant at={definition.lastConfigChangeAt} mode="relative" /> },
    { label: 'Scaled', value: <Instant at={definition.lastScalingAt} mode="relative" /> },
    {
      label: 'Image',
      value: definition.image === null ? 'none' : <CopyText text={definition.image} label="Copy image" />,
      isWide: true,
    },
  ];
  if (definition.cmd !== null) {
    facts.push({ label: 'Command', value: <code>{definition.cmd}</code>, isWide: true });
  }
  if (definition.goneAt !== null) {
    facts.unshift({ label: 'Gone from Marathon', value: <Instant at={definition.goneAt} /> });
  }
  return facts;
}

function DefinitionJson({ json }: { json: string }) {
  const [open, setOpen] = useState(false);
  return (
    <div>
      <button type="button" className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide the definition' : 'Show the whole definition'}
      </button>
      {open && (
        <section aria-label="Definition as JSON">
          <p className={classes.muted}>Values of environment variables and secrets are left out.</p>
          <pre className={classes.json}>{json}</pre>
        </section>
      )}
    </div>
  );
}

import { HostLink } from '@/components/hosts/host-name';
import { CopyText } from '@/components/ui/copy-text';
import { type Fact, FactList } from '@/components/ui/fact-list';
import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import type { TaskDetail } from '@/lib/contracts/task';
import { formatDiskMb, formatMemMb } from '@/lib/format/bytes';
import { appHref } from '@/lib/format/hrefs';
import { NOT_KNOWN } from '@/lib/format/numbers';

import classes from './task-facts.module.css';

/** Where it ran and with what. */
export function TaskFacts({ task }: { task: TaskDetail }) {
  return <FactList facts={[...placeFacts(task), ...resourceFacts(task)]} />;
}

/** Everything with which one finds this task elsewhere. */
export function TaskIds({ task }: { task: TaskDetail }) {
  const facts = [
    ...(task.containerId === null ? [] : [idFact('Mesos container id', task.containerId)]),
    idFact('Task id', task.taskId),
    idFact('Agent id', task.agentId),
    idFact('Framework id', task.frameworkId),
  ];
  if (task.executorId !== '' && task.executorId !== task.taskId)
    facts.push(idFact('Executor id', task.executorId));
  const labels = Object.entries(task.labels).map(([name, value]) => `${name}=${value}`);
  if (labels.length > 0) facts.push({ label: 'Labels', value: <Labels labels={labels} />, isWide: true });
  return <FactList facts={facts} />;
}

function Labels({ labels }: { labels: string[] }) {
  return (
    <ul className={classes.labels}>
      {labels.map((label) => (
        <li key={label} title={label}>
          <code>{label}</code>
        </li>
      ))}
    </ul>
  );
}

function idFact(label: string, id: string): Fact {
  return { label, value: <CopyText text={id} label={`Copy ${label.toLowerCase()}`} />, isWide: true };
}

function placeFacts(task: TaskDetail): Fact[] {
  const { hostname, appId } = task;
  return [
    {
      label: 'Host',
      value:
        hostname === null ? (
          <span title="The agent is in no list exit137 ever saw">not known</span>
        ) : (
          <HostLink host={hostname} />
        ),
    },
    {
      label: 'App',
      value: appId === null ? NOT_KNOWN : <PlainLink href={appHref(appId)}>{appId}</PlainLink>,
    },
    { label: 'App version', value: task.appVersion ?? NOT_KNOWN },
    { label: 'Framework', value: task.frameworkName ?? NOT_KNOWN },
    { label: 'Cluster', value: task.cluster },
    { label: 'Started', value: <Instant at={task.startedAt} /> },
    { label: 'Ended', value: <Instant at={task.finishedAt} /> },
    { label: 'First seen', value: <Instant at={task.observedAt} /> },
  ];
}

function resourceFacts(task: TaskDetail): Fact[] {
  const facts: Fact[] = [
    { label: 'Memory limit', value: formatMemMb(task.memMb) },
    { label: 'CPUs', value: task.cpus ?? NOT_KNOWN },
    { label: 'Disk', value: formatDiskMb(task.diskMb) },
    { label: 'Image', value: task.image ?? NOT_KNOWN, isWide: true },
    { label: 'Containerizer', value: task.containerizer?.toLowerCase() ?? NOT_KNOWN },
    { label: 'Reason', value: task.reason ?? 'none sent' },
    { label: 'Told by', value: task.source ?? NOT_KNOWN },
    {
      label: 'Health',
      value: task.healthy === null ? 'not checked' : task.healthy ? 'healthy' : 'not healthy',
    },
  ];
  if (task.gpus !== null && task.gpus > 0) facts.push({ label: 'GPUs', value: task.gpus });
  return facts;
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { type KeyboardEvent, useId } from 'react';

import { Empty } from '@/components/ui/empty';
import { fetchBody, toLiveProblem } from '@/components/ui/fetch-body';
import { Panel } from '@/components/ui/panel';
import { type SandboxFile, SandboxText } from '@/lib/contracts/evidence';
import type { TaskDetailBody } from '@/lib/contracts/task';
import { formatBytes } from '@/lib/format/bytes';
import { formatDuration } from '@/lib/format/durations';

import { agentErrorWords } from './agent-error-words';
import { SandboxOutput } from './sandbox-output';
import classes from './sandbox-viewer.module.css';

const FILES = ['stdout', 'stderr'] as const;
type FileName = (typeof FILES)[number];

const FILE = parseAsStringLiteral(FILES);
const FIND = parseAsString.withDefault('').withOptions({ history: 'replace' });
const WRAP = parseAsBoolean.withDefault(true);

/** What the task printed last, as its agent still had it. File, search and wrapping are in the URL. */
export function SandboxViewer({ body }: { body: TaskDetailBody }) {
  const { task, sandbox } = body;
  const [chosen, setFile] = useQueryState('file', FILE);
  const [find, setFind] = useQueryState('find', FIND);
  const [wrap, setWrap] = useQueryState('wrap', WRAP);
  const id = useId();
  if (sandbox.length === 0) return <NoSandbox body={body} />;
  const name = chosen ?? tellingFile(sandbox);
  const file = sandbox.find((one) => one.file === name);
  return (
    <Panel title="Sandbox" note={file && fileNote(file, task)}>
      <Tabs name={name} sandbox={sandbox} id={id} onChoose={(next) => void setFile(next)} />
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${name}`}>
        {file === undefined ? (
          <Empty title={`${name} was not asked for`} />
        ) : file.errorCode !== null ? (
          <Empty title={`${name} could not be read`}>{agentErrorWords(file.errorCode)}</Empty>
        ) : (
          <FileText
            key={name}
            url={sandboxUrl(task, name)}
            file={file}
            find={find}
            onFind={(text) => void setFind(text === '' ? null : text)}
            wrap={wrap}
            onWrap={(next) => void setWrap(next ? null : false)}
          />
        )}
      </div>
    </Panel>
  );
}

type FileTextProps = {
  url: string;
  file: SandboxFile;
  find: string;
  onFind: (text: string) => void;
  wrap: boolean;
  onWrap: (wrap: boolean) => void;
};

function FileText({ url, file, ...output }: FileTextProps) {
  const query = useQuery({
    queryKey: [url, file.fetchedAt],
    queryFn: ({ signal }) => fetchBody(url, SandboxText, signal),
    // It never changes.
    staleTime: Number.POSITIVE_INFINITY,
    retry: 1,
  });
  if (query.data === undefined) {
    if (query.error === null) {
      return (
        <p role="status" className={classes.hollow}>
          Loading {file.file}…
        </p>
      );
    }
    const { message, cure } = toLiveProblem(query.error);
    return (
      <p role="alert" className={classes.hollow}>
        {message}. {cure}{' '}
        <button type="button" className={classes.link} onClick={() => void query.refetch()}>
          Try again
        </button>
      </p>
    );
  }
  if (query.data.text === '')
    return <Empty title={`${file.file} is empty`}>The task wrote nothing to it.</Empty>;
  return (
    <SandboxOutput text={query.data.text} isCut={(file.fromByte ?? 0) > 0} label={file.file} {...output} />
  );
}

type TabsProps = {
  name: FileName;
  sandbox: readonly SandboxFile[];
  id: string;
  onChoose: (name: FileName) => void;
};

function Tabs({ name, sandbox, id, onChoose }: TabsProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const next = name === 'stdout' ? 'stderr' : 'stdout';
    onChoose(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-file="${next}"]`)?.focus();
  };
  return (
    <div role="tablist" aria-label="File" className={classes.tabs} onKeyDown={onKeyDown}>
      {FILES.map((file) => (
        <button
          key={file}
          type="button"
          role="tab"
          id={`${id}-${file}`}
          data-file={file}
          aria-selected={file === name}
          aria-controls={`${id}-panel`}
          tabIndex={file === name ? 0 : -1}
          className={classes.tab}
          onClick={() => onChoose(file)}
        >
          {file} <span className={classes.size}>{sizeWord(sandbox.find((one) => one.file === file))}</span>
        </button>
      ))}
    </div>
  );
}

function sizeWord(file: SandboxFile | undefined): string {
  if (file === undefined) return '';
  return file.errorCode === null ? formatBytes(file.sizeBytes) : 'not read';
}

/** Where errors are usually told; else the other file. */
function tellingFile(sandbox: readonly SandboxFile[]): FileName {
  const read = sandbox.filter(({ errorCode, sizeBytes }) => errorCode === null && sizeBytes !== 0);
  return read.some(({ file }) => file === 'stderr') || read.length === 0 ? 'stderr' : 'stdout';
}

function sandboxUrl(task: TaskDetailBody['task'], file: FileName): string {
  return `/api/v1/sandbox/${encodeURIComponent(task.cluster)}/${encodeURIComponent(task.id)}/${file}`;
}

/** `the last 64 KiB of 3.2 MiB, fetched 2 s after the end`. */
function fileNote(file: SandboxFile, task: TaskDetailBody['task']): string {
  const { sizeBytes, keptBytes, errorCode, fetchedAt } = file;
  const afterMs = Date.parse(fetchedAt) - Date.parse(task.finishedAt);
  const when = task.finishedAtKnown && afterMs >= 0 ? ` ${formatDuration(afterMs)} after the end` : '';
  if (errorCode !== null) return `asked for${when}`;
  const isWhole = sizeBytes !== null && keptBytes !== null && keptBytes >= sizeBytes;
  const part = isWhole
    ? `all ${formatBytes(sizeBytes)}`
    : keptBytes === null
      ? 'its end'
      : `the last ${formatBytes(keptBytes)} of ${formatBytes(sizeBytes)}`;
  return `${part}, fetched${when}`;
}

function NoSandbox({ body: { task, agent } }: { body: TaskDetailBody }) {
  return (
    <Panel title="Sandbox">
      <Empty title="stdout and stderr were not asked for">
        {task.disposition === 'failure'
          ? agent?.errorCode
            ? agentErrorWords(agent.errorCode)
            : 'They are fetched right after a failure: exit137 learnt of this one too late, or SANDBOX_TAILS is off.'
          : 'They are fetched only after a failure.'}
      </Empty>
    </Panel>
  );
}

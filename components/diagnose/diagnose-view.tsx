'use client';

import { useQueryState } from 'nuqs';
import { type DragEvent, type FormEvent, useEffect, useRef, useState } from 'react';

import { usePageWindow } from '@/components/shell/use-page-window';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';
import { Panel } from '@/components/ui/panel';
import { formatBytes } from '@/lib/format/bytes';

import { DiagnoseProblem } from './diagnose-problem';
import { DiagnoseProgress } from './diagnose-progress';
import { DiagnoseResult } from './diagnose-result';
import classes from './diagnose-view.module.css';
import { EXAMPLE_LOG } from './example-log';
import { MOST_BYTES } from './send-log';
import { useDiagnosis } from './use-diagnosis';

/** Paste or drop a log: every signal in it found, explained, and tied to the tasks that are known. */
export function DiagnoseView() {
  const { links } = usePageWindow();
  const { diagnosis, send, reset } = useDiagnosis(links.cluster);
  const [example, setExample] = useQueryState('example', { history: 'replace' });
  const [text, setText] = useState(example === null ? '' : EXAMPLE_LOG);
  const [file, setFile] = useState<File | null>(null);
  const [store, setStore] = useState(false);
  const [dragged, setDragged] = useState(false);
  const results = useRef<HTMLDivElement>(null);

  const tooLarge = file !== null && file.size > MOST_BYTES;
  const empty = file === null && text.trim() === '';
  const busy = diagnosis.status === 'sending';

  // The answer may lie below the fold: who listens rather than looks is led to it.
  useEffect(() => {
    if (diagnosis.status === 'done' || diagnosis.status === 'failed') results.current?.focus();
  }, [diagnosis.status]);

  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (empty || tooLarge || busy) return;
    send(file ?? new Blob([text]), store);
  };
  const choose = (next: File | null): void => {
    setFile(next);
    if (next !== null) reset();
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setDragged(false);
    choose(event.dataTransfer.files[0] ?? null);
  };
  const fillExample = (): void => {
    choose(null);
    setText(EXAMPLE_LOG);
    void setExample('1');
  };
  return (
    <Page>
      <PageHeader
        title="Diagnose a log"
        note="Paste lines of a kernel, Docker or Mesos agent log, or drop a file: what each says, and which tasks it is about."
      />
      <Panel title="The log" note="nothing is stored unless you ask">
        <form className={classes.form} onSubmit={onSubmit}>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: a target to drop on; the file input beside it does the same by keyboard. */}
          <div
            className={classes.drop}
            data-dragged={dragged || undefined}
            onDragOver={(event) => {
              event.preventDefault();
              setDragged(true);
            }}
            onDragLeave={() => setDragged(false)}
            onDrop={onDrop}
          >
            {file === null ? (
              <textarea
                className={classes.text}
                aria-label="Log lines"
                placeholder="Paste lines here, or drop a file"
                spellCheck={false}
                autoComplete="off"
                rows={12}
                value={text}
                onChange={(event) => {
                  setText(event.currentTarget.value);
                  if (example !== null) void setExample(null);
                }}
              />
            ) : (
              <p className={classes.file}>
                <strong>{file.name}</strong> ({formatBytes(file.size)}){' '}
                <button type="button" className={classes.link} onClick={() => choose(null)}>
                  Take it away
                </button>
                {tooLarge && (
                  <span role="alert" className={classes.problem}>
                    It is larger than {formatBytes(MOST_BYTES)}: compress it with gzip, or cut out the hours
                    in question.
                  </span>
                )}
              </p>
            )}
          </div>
          <div className={classes.tools}>
            <label className={classes.choose}>
              <input
                type="file"
                className="visually-hidden"
                onChange={(event) => {
                  choose(event.currentTarget.files?.[0] ?? null);
                  // The same file again is a change again.
                  event.currentTarget.value = '';
                }}
              />
              <span>Choose a file</span>
            </label>
            <span className={classes.hint}>up to {formatBytes(MOST_BYTES)}, gzip too</span>
            <button type="button" className={classes.link} onClick={fillExample}>
              Fill in an example
            </button>
            <label className={classes.store}>
              <input
                type="checkbox"
                checked={store}
                onChange={(event) => setStore(event.currentTarget.checked)}
              />
              <span>Store what is found, and tie it to its tasks for good</span>
            </label>
            <button type="submit" className={classes.submit} disabled={empty || tooLarge || busy}>
              Diagnose
            </button>
          </div>
        </form>
      </Panel>
      <div ref={results} tabIndex={-1} className={classes.results}>
        {diagnosis.status === 'sending' && <DiagnoseProgress share={diagnosis.share} onCancel={reset} />}
        {diagnosis.status === 'failed' && <DiagnoseProblem problem={diagnosis.problem} />}
        {diagnosis.status === 'done' && <DiagnoseResult body={diagnosis.body} />}
      </div>
    </Page>
  );
}

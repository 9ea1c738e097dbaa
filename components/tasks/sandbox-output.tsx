'use client';

import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';

import { FilterInput } from '@/components/ui/filter-input';
import { ScrollBox } from '@/components/ui/scroll-box';
import { formatCount } from '@/lib/format/numbers';

import {
  findInLines,
  MOST_MATCHES,
  markedPieces,
  type SandboxLine,
  type SandboxMatch,
  sandboxLines,
} from './sandbox-lines';
import classes from './sandbox-viewer.module.css';

/** Lines drawn at once: 64 KiB may be as many lines, and a page of those is slow. */
const CHUNK = 1000;
const CONTEXT = 20;

type SandboxOutputProps = {
  text: string;
  /** True: the file began before `text`. */
  isCut: boolean;
  label: string;
  find: string;
  onFind: (text: string) => void;
  wrap: boolean;
  onWrap: (wrap: boolean) => void;
};

/** The text with its colours, line numbers and a search; the end is shown first, for there it died. */
export function SandboxOutput({ text, isCut, label, find, onFind, wrap, onWrap }: SandboxOutputProps) {
  const lines = useMemo(() => sandboxLines(text), [text]);
  const matches = useMemo(() => findInLines(lines, find), [lines, find]);
  const [chosen, setChosen] = useState<{ find: string; index: number } | null>(null);
  const [first, setFirst] = useState(Math.max(0, lines.length - CHUNK));
  const scroller = useRef<HTMLDivElement>(null);

  // The last match is the one nearest to the death.
  const current = matches.length === 0 ? null : chosen?.find === find ? chosen.index : matches.length - 1;
  const line = current === null ? undefined : matches[current]?.line;
  const from = line !== undefined && line < first ? Math.max(0, line - CONTEXT) : first;

  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    if (current === null) {
      box.scrollTop = box.scrollHeight;
      return;
    }
    // Only the box moves, never the page under the reader.
    const mark = box.querySelector(`[data-match="${current}"]`);
    const offset = mark === null ? 0 : mark.getBoundingClientRect().top - box.getBoundingClientRect().top;
    box.scrollTop += offset - box.clientHeight / 2;
  }, [current]);

  const move = (by: number): void => {
    if (current === null) return;
    setChosen({ find, index: (current + by + matches.length) % matches.length });
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    move(1);
  };
  return (
    <div className={classes.output}>
      <form className={classes.tools} onSubmit={onSubmit}>
        <FilterInput label={`Search in ${label}`} value={find} onChange={onFind} />
        <span className={classes.count} role="status">
          {find !== '' && countWords(current, matches.length)}
        </span>
        <button type="button" disabled={current === null} onClick={() => move(-1)} aria-label="Match before">
          ↑
        </button>
        <button type="submit" disabled={current === null} aria-label="Next match">
          ↓
        </button>
        <label className={classes.wrap}>
          <input type="checkbox" checked={wrap} onChange={(event) => onWrap(event.currentTarget.checked)} />{' '}
          Wrap lines
        </label>
      </form>
      <ScrollBox ref={scroller} label={label} className={classes.text} wrap={wrap}>
        {isCut && from === 0 && <p className={classes.cut}>What stood before this was not kept.</p>}
        {from > 0 && (
          <button
            type="button"
            className={classes.earlier}
            onClick={() => setFirst(Math.max(0, from - CHUNK))}
          >
            Show {formatCount(Math.min(CHUNK, from))} earlier lines
          </button>
        )}
        <Lines lines={lines} from={from} matches={matches} current={current} />
      </ScrollBox>
      {isCut && <p className={classes.note}>Lines are counted from where the kept part begins.</p>}
    </div>
  );
}

type LinesProps = {
  lines: readonly SandboxLine[];
  from: number;
  matches: readonly SandboxMatch[];
  current: number | null;
};

function Lines({ lines, from, matches, current }: LinesProps) {
  // Matches are in the order of the lines: one pass finds those of each.
  let next = 0;
  return (
    <ol className={classes.lines} start={from + 1}>
      {lines.slice(from).map((line, offset) => {
        const number = from + offset;
        while ((matches[next]?.line ?? Number.POSITIVE_INFINITY) < number) next += 1;
        const start = next;
        while (matches[next]?.line === number) next += 1;
        return (
          <li key={number} data-number={number + 1}>
            {markedPieces(line, matches.slice(start, next), start).map((piece, index) => {
              const style = {
                'data-fg': piece.fg ?? undefined,
                'data-bg': piece.bg ?? undefined,
                'data-bold': piece.isBold || undefined,
              };
              return piece.match === null ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no identity, and their order is their meaning.
                <span key={index} {...style}>
                  {piece.text}
                </span>
              ) : (
                <mark
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                  key={index}
                  data-match={piece.match}
                  data-current={piece.match === current || undefined}
                >
                  {piece.text}
                </mark>
              );
            })}
          </li>
        );
      })}
    </ol>
  );
}

function countWords(current: number | null, count: number): string {
  if (current === null) return 'not found';
  return `${formatCount(current + 1)}/${formatCount(count)}${count === MOST_MATCHES ? '+' : ''}`;
}

/** Lines of a signal, as the block shows them: what decides is marked, what surrounds it folds. */
export type LineGroup =
  | { kind: 'lines'; lines: { text: string; isDecisive: boolean }[] }
  /** `table`: rows of the process table. `context`: a run of lines that decide nothing, such as the call trace. */
  | { kind: 'table' | 'context'; lines: string[] };

/**
 * What a reader looks for first in a kernel's report, by the kernel's own words (mm/oom_kill.c, mm/memcontrol.c):
 * whose container, how much of which limit, who was killed.
 */
const DECISIVE =
  /Task in \/|memory: usage |oom-kill:constraint=|Killed process \d|Kill process \d|Memory limit exceeded|Memory limit reached/;

/** A row of `[ pid ]   uid  tgid total_vm …`, or that header. */
const TABLE_ROW = /\[ *(?:pid|\d{1,10}) *\] +(?:uid +tgid|\d{1,10} +\d{1,10} +\d{1,12} )/;

/** Fewer rows of a process table than these are shown as they are. */
const FOLDED_FROM = 4;
/** So many lines in a row that decide nothing are folded: on a phone the kill would stand a screen below them. */
const CONTEXT_FROM = 6;

/**
 * Groups the raw lines in their order; nothing is left out. The first line is always shown, and a block without a line
 * that decides is not folded. A lone line needs no mark: it is all there is.
 */
export function lineGroups(lines: readonly string[]): LineGroup[] {
  const kinds = lines.map((text) => {
    if (TABLE_ROW.test(text)) return 'table';
    return lines.length > 1 && DECISIVE.test(text) ? 'decisive' : 'plain';
  });
  const hasDecisive = kinds.includes('decisive');
  const groups: LineGroup[] = [];
  for (let start = 0; start < lines.length; ) {
    const kind = kinds[start];
    let end = start + 1;
    // The first line stands alone, so that it is shown: it says what the block is.
    const isOpening = start === 0 && kind === 'plain';
    while (!isOpening && end < lines.length && kinds[end] === kind) end += 1;
    const run = lines.slice(start, end);
    if (kind === 'table' && run.length >= FOLDED_FROM) groups.push({ kind: 'table', lines: run });
    else if (kind === 'plain' && hasDecisive && run.length >= CONTEXT_FROM) {
      groups.push({ kind: 'context', lines: run });
    } else {
      const shown = run.map((text) => ({ text, isDecisive: kind === 'decisive' }));
      const last = groups.at(-1);
      if (last?.kind === 'lines') last.lines.push(...shown);
      else groups.push({ kind: 'lines', lines: shown });
    }
    start = end;
  }
  return groups;
}

/** Lines of a signal, as the block shows them: what decides is marked, the process table folds. */
export type LineGroup =
  | { kind: 'lines'; lines: { text: string; isDecisive: boolean }[] }
  | { kind: 'table'; lines: string[] };

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

/** Groups the raw lines in their order; nothing is left out. A lone line needs no mark: it is all there is. */
export function lineGroups(lines: readonly string[]): LineGroup[] {
  const groups: LineGroup[] = [];
  for (const text of lines) {
    const last = groups.at(-1);
    if (TABLE_ROW.test(text)) {
      if (last?.kind === 'table') last.lines.push(text);
      else groups.push({ kind: 'table', lines: [text] });
      continue;
    }
    const line = { text, isDecisive: lines.length > 1 && DECISIVE.test(text) };
    if (last?.kind === 'lines') last.lines.push(line);
    else groups.push({ kind: 'lines', lines: [line] });
  }
  return groups.map((group) =>
    group.kind === 'table' && group.lines.length < FOLDED_FROM
      ? { kind: 'lines', lines: group.lines.map((text) => ({ text, isDecisive: false })) }
      : group,
  );
}

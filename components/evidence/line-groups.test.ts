import { describe, expect, it } from 'vitest';

import { lineGroups } from './line-groups';

const BLOCK = [
  'java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0',
  'Task in /docker/0f1e2d3c killed as a result of limit of /docker/0f1e2d3c',
  'memory: usage 524288kB, limit 524288kB, failcnt 91',
  '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
  '[ 4100]     0  4100   120000     9000      80        0             0 sh',
  '[ 4101]     0  4101   900000   130000     400        0             0 java',
  '[ 4102]     0  4102     1000      100      10        0             0 tail',
  'Memory cgroup out of memory: Kill process 4101 (java) score 990 or sacrifice child',
  'Killed process 4101 (java) total-vm:3600000kB, anon-rss:520000kB, file-rss:0kB',
];

describe('lineGroups', () => {
  it('keeps every line in order, folds the process table, marks what decides', () => {
    const groups = lineGroups(BLOCK);
    expect(groups.map(({ kind, lines }) => [kind, lines.length])).toEqual([
      ['lines', 3],
      ['table', 4],
      ['lines', 2],
    ]);
    const flat = groups.flatMap((group) =>
      group.kind === 'lines' ? group.lines.map(({ text }) => text) : group.lines,
    );
    expect(flat).toEqual(BLOCK);
    const decisive = groups.flatMap((group) =>
      group.kind === 'lines' ? group.lines.filter((line) => line.isDecisive).map(({ text }) => text) : [],
    );
    expect(decisive).toEqual([BLOCK[1], BLOCK[2], BLOCK[7], BLOCK[8]]);
  });

  const TRACE = [
    'Call Trace:',
    ...[1, 2, 3, 4, 5].map((step) => ` [<ffffffff8116${step}000>] step_${step}+0x10/0x20`),
  ];

  it('folds a run of lines that decide nothing, but not the first line and no short run', () => {
    const groups = lineGroups([
      ...BLOCK.slice(0, 1),
      ...TRACE,
      ...BLOCK.slice(1, 3),
      'kmem: usage 0kB',
      ...BLOCK.slice(8),
    ]);
    expect(groups.map(({ kind, lines }) => [kind, lines.length])).toEqual([
      ['lines', 1],
      ['context', 6],
      ['lines', 4],
    ]);
  });

  it('folds nothing where no line decides', () => {
    expect(lineGroups(TRACE).map(({ kind, lines }) => [kind, lines.length])).toEqual([['lines', 6]]);
  });

  it('finds the table behind any prefix, and of a kernel that prints other columns', () => {
    const rows = [
      'Nov 25 01:06:33 node-1 kernel: [  12.3] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents name',
      ...[1, 2, 3].map(
        (pid) =>
          `<6>1 2026-11-25T01:06:33Z node-1 kernel - - - [   410${pid}]     0  410${pid}   120000     9000 x`,
      ),
    ];
    expect(lineGroups(rows)).toEqual([{ kind: 'table', lines: rows }]);
  });

  it.each([
    { when: 'a lone line has no mark', lines: [BLOCK[8] ?? ''], want: [['lines', [false]]] },
    {
      when: 'a table of three rows is not folded',
      lines: BLOCK.slice(4, 7),
      want: [['lines', [false, false, false]]],
    },
    { when: 'nothing', lines: [], want: [] },
  ])('$when', ({ lines, want }) => {
    expect(
      lineGroups(lines).map((group) => [
        group.kind,
        group.kind === 'lines' ? group.lines.map(({ isDecisive }) => isDecisive) : [],
      ]),
    ).toEqual(want);
  });
});

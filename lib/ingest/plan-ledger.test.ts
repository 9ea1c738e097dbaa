import { describe, expect, it } from 'vitest';

import type { EndState } from '@/lib/domain/task';

import { type Counters, type LedgerReading, type LedgerRow, planLedger } from './plan-ledger';

const FAILED = 'master/tasks_failed';
const nothing: ReadonlyMap<EndState, number> = new Map();

function row(more: Partial<LedgerRow> = {}): LedgerRow {
  return {
    state: 'TASK_FAILED',
    base: 100,
    counted: 110,
    refusedBase: 0,
    refused: 0,
    stored: 10,
    uncounted: 0,
    escaped: 0,
    suspected: 0,
    doubts: 0,
    doubted: 0,
    ...more,
  };
}

const read = (more: Partial<LedgerReading>): LedgerReading => ({
  rows: [row()],
  before: null,
  after: {},
  later: nothing,
  ...more,
});

/** The one row after a reading. */
function once(given: LedgerRow, more: Partial<LedgerReading>): LedgerRow {
  const [kept] = planLedger(read({ rows: [given], ...more }));
  if (kept === undefined) throw new Error('left alone');
  return kept;
}

/** After two readings between whose counters nothing ended: a loss takes two. */
function quiet(given: LedgerRow, counted: number): LedgerRow {
  const counters = { [FAILED]: counted };
  return once(once(given, { before: counters, after: counters }), { before: counters, after: counters });
}

/** A reading while which so many ended. */
function busy(given: LedgerRow, counted: number, during: number): LedgerRow {
  return once(given, { before: { [FAILED]: counted }, after: { [FAILED]: counted + during } });
}

describe('planLedger', () => {
  it('begins at what is counted, where there is no row', () => {
    expect(planLedger(read({ rows: [], after: { [FAILED]: 7, 'master/tasks_running': 3 } }))).toEqual([
      row({ base: 7, counted: 7, stored: 0 }),
    ]);
  });

  it('tells 0 where all is stored, and what is not from the next reading on', () => {
    expect(quiet(row(), 110)).toMatchObject({ counted: 110, escaped: 0 });
    const counters = { [FAILED]: 113 };
    expect(once(row(), { before: counters, after: counters })).toMatchObject({ escaped: 0, suspected: 3 });
    expect(quiet(row(), 113)).toMatchObject({ counted: 113, escaped: 3 });
    expect(quiet(row({ counted: 113, escaped: 3 }), 113)).toMatchObject({ escaped: 3 });
  });

  it('takes it back once it comes after all', () => {
    expect(quiet(row({ counted: 113, escaped: 3, stored: 12 }), 113)).toMatchObject({ escaped: 1 });
    expect(quiet(row({ counted: 113, escaped: 3, stored: 13 }), 113)).toMatchObject({ escaped: 0 });
  });

  it('calls nothing escaped that ended while the lists were read, however long that goes on', () => {
    let kept = row();
    for (let poll = 1; poll <= 50; poll += 1) {
      // 20 ends between two polls, 5 more from the lists to the counters; the next poll has those too.
      const before = { [FAILED]: 110 + poll * 20 };
      const after = { [FAILED]: 110 + poll * 20 + 5 };
      kept = { ...kept, stored: 10 + poll * 20 };
      [kept] = planLedger(read({ rows: [kept], before, after })) as [LedgerRow];
      expect(kept.escaped).toBe(0);
    }
    expect(kept.uncounted).toBe(0);
  });

  it('shows of a loss on a busy cluster what is sure, and never less again', () => {
    // 100 escaped; 5 ended between the first counters and the lists, then 4.
    const first = busy(row({ stored: 15 }), 210, 8);
    const second = busy({ ...first, stored: 24 }, 220, 8);
    expect([first.escaped, second.escaped]).toEqual([0, 95]);
    // A reading that shows less takes nothing back.
    const third = busy({ ...second, stored: 55 }, 240, 20);
    expect(third.escaped).toBe(95);
    const fourth = busy({ ...third, stored: 61 }, 260, 9);
    expect(busy({ ...fourth, stored: 72 }, 270, 9).escaped).toBe(98);
  });

  it('takes back what came late after all, though the cluster is never quiet', () => {
    let kept = busy(busy(row(), 160, 5), 160, 5);
    expect(kept.escaped).toBe(50);
    // They come, all but 2; at each reading 9 end before the lists are read.
    kept = { ...kept, stored: 58 };
    const told: number[] = [];
    for (let poll = 1; poll <= 12; poll += 1) {
      kept = busy({ ...kept, stored: 58 + poll * 20 + (poll % 4 === 0 ? 1 : 9) }, 160 + poll * 20, 70);
      told.push(kept.escaped);
    }
    expect(told.slice(0, 9)).toEqual(Array(9).fill(50));
    expect(told.at(-1)).toBeLessThanOrEqual(2);
  });

  it('does not call escaped what a reading missed and the next one has', () => {
    const first = busy(row(), 113, 0);
    const second = once({ ...first, stored: 13 }, { before: { [FAILED]: 113 }, after: { [FAILED]: 113 } });
    expect([first.escaped, second.escaped]).toEqual([0, 0]);
  });

  it('does not count on what the stream stored while the lists were read', () => {
    // 4 were told by the stream after /state: two of them were counted by the end of the reading.
    const after = { [FAILED]: 112 };
    const later = new Map<EndState, number>([['TASK_FAILED', 4]]);
    const [kept] = planLedger(read({ rows: [row({ stored: 14 })], before: { [FAILED]: 110 }, after, later }));
    expect(kept).toMatchObject({ escaped: 0, uncounted: 0 });
    // The same with 3 that escaped: nothing hides them.
    const [short] = planLedger(
      read({ rows: [row({ stored: 11 })], before: { [FAILED]: 110 }, after, later }),
    );
    expect(short).toMatchObject({ suspected: 3 });
  });

  it('does not let ends that the master never counted hide a loss', () => {
    const kept = quiet(row({ stored: 14 }), 110);
    expect(kept).toMatchObject({ uncounted: 4, escaped: 0 });
    expect(quiet(kept, 112)).toMatchObject({ uncounted: 4, escaped: 2 });
  });

  it('without counters from before the lists nothing new is called escaped', () => {
    const [kept] = planLedger(read({ after: { [FAILED]: 120 } }));
    expect(kept).toMatchObject({ counted: 120, escaped: 0 });
    const [less] = planLedger(read({ rows: [row({ stored: 18, escaped: 5 })], after: { [FAILED]: 120 } }));
    expect(less).toMatchObject({ escaped: 2 });
  });

  it('nor with counters of another life of the master', () => {
    const [kept] = planLedger(read({ before: { [FAILED]: 5_000 }, after: { [FAILED]: 112 } }));
    expect(kept).toMatchObject({ escaped: 0 });
  });

  it.each<{ when: string; after: Counters }>([
    { when: 'it is missing', after: { 'master/tasks_killed': 3 } },
    { when: 'it ran backwards', after: { [FAILED]: 109 } },
    { when: 'it is no count', after: { [FAILED]: Number.NaN } },
    { when: 'it is beyond what a double counts', after: { [FAILED]: 1e300 } },
  ])('leaves a row alone where $when', ({ after }) => {
    const planned = planLedger(read({ before: after, after }));
    expect(planned.filter(({ state }) => state === 'TASK_FAILED')).toEqual([]);
  });

  it.each([
    ['TASK_ERROR', 'master/task_error/source_master/reason_task_invalid', 0],
    ['TASK_DROPPED', 'master/task_dropped/source_master/reason_slave_removed', 0],
    ['TASK_LOST', 'master/task_lost/source_master/reason_invalid_offers', 0],
    ['TASK_KILLED', 'master/task_killed/source_master/reason_task_killed_during_launch', 0],
    // These stood in a list.
    ['TASK_LOST', 'master/task_lost/source_master/reason_slave_removed', 4],
    ['TASK_FAILED', 'master/task_failed/source_slave/reason_container_limitation_memory', 4],
    ['TASK_KILLED', 'master/task_killed/source_master/reason_framework_removed', 4],
  ] as const)('of %s, %s: %i of 4 escaped', (state, reason, escaped) => {
    const counter = `master/tasks_${state.slice(5).toLowerCase()}`;
    const counters = { [counter]: 114, [reason]: 9 };
    const isRefusal = escaped === 0;
    const rows = [row({ state, refusedBase: isRefusal ? 5 : 0 })];
    const [kept] = planLedger(read({ rows, before: counters, after: counters }));
    expect(kept).toMatchObject({ suspected: escaped, refused: isRefusal ? 4 : 0 });
  });
});

import type { EndState } from '@/lib/domain/task';

/** States that a master counts as it sees them. It has none for TASK_UNREACHABLE, which is no end to it. */
export const LEDGER_STATES = [
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_LOST',
  'TASK_ERROR',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
] as const satisfies readonly EndState[];
export type LedgerState = (typeof LEDGER_STATES)[number];

/** /metrics/snapshot: name to number. A name that is not there was not told, which is not zero. */
export type Counters = Readonly<Record<string, number>>;

/** One state of one life of a master; meanings stand in the migration that makes the table. */
export type LedgerRow = {
  state: LedgerState;
  base: number;
  counted: number;
  refusedBase: number;
  refused: number;
  stored: number;
  uncounted: number;
  escaped: number;
  suspected: number;
  doubts: number;
  doubted: number;
};

export type LedgerReading = {
  /** As they stand with what this poll stored. */
  rows: readonly LedgerRow[];
  /** Read before the lists; null: not. */
  before: Counters | null;
  /** Read after the lists. */
  after: Counters;
  /**
   * Of `stored`, by state, what this poll's /state did not list yet: it ended later. Without rows: what no list told,
   * so what is stored and may not be in the first counters.
   */
  later: ReadonlyMap<EndState, number>;
};

/** So many readings in a row must show less before a loss is taken back, where no reading shows it plainly. */
const DOUBTS = 10;

/**
 * Reads the counters into the ledger. A master that counts 3 more than we stored may have lost us 3 ends, or 3 may have
 * ended while it was read; so nothing is called escaped before it is sure:
 *
 * - What was counted before the lists were read must be in them: where they hold less, so many are missing. Where two
 *   readings in a row show it, they escaped; what the event stream stores a moment late is there by then.
 * - What was counted after the lists, less what they hold, is the most that can have escaped. So 0 stays 0 on a busy
 *   cluster, and what comes late after all takes a loss back; where the cluster is never quiet, ten readings that show
 *   less do.
 * - Where we hold more than was counted after the lists, the master never counted those (they ended while nobody led, or
 *   before the first reading), and they make up for no other: `uncounted`.
 *
 * So it may tell too little, never too much: a loss smaller than what ended during one reading shows only once a reading
 * was quieter. A counter that is missing or that ran backwards leaves its row alone. A state without a row begins here.
 * Answers the rows that changed or are new. Pure.
 */
export function planLedger({ rows, before, after, later }: LedgerReading): LedgerRow[] {
  return LEDGER_STATES.flatMap((state) => {
    const now = netOf(after, state);
    if (now === null) return [];
    const row = rows.find((one) => one.state === state);
    const ahead = later.get(state) ?? 0;
    if (row === undefined) {
      const { counted, refused } = now;
      return [
        {
          state,
          base: counted,
          counted,
          refusedBase: refused,
          refused: 0,
          stored: ahead,
          uncounted: 0,
          escaped: 0,
          suspected: 0,
          doubts: 0,
          doubted: 0,
        },
      ];
    }
    if (now.counted < row.counted || now.refused < row.refusedBase + row.refused) return [];
    return [{ ...row, counted: now.counted, ...settled(row, now, netOf(before ?? {}, state), ahead) }];
  });
}

function settled(row: LedgerRow, now: Net, then: Net | null, ahead: number) {
  const grown = ({ counted, refused }: Net) => counted - row.base - (refused - row.refusedBase);
  const listed = row.stored - row.uncounted - ahead;
  const surplus = Math.max(0, listed - grown(now));
  const held = listed - surplus;
  const atMost = grown(now) - held;
  // Read from another life, or in another order, than the one after it: it proves nothing.
  const isUsable = then !== null && then.counted <= now.counted && then.refused <= now.refused;
  const missing = isUsable ? Math.max(0, grown({ ...then, refused: now.refused }) - held) : null;
  return {
    refused: now.refused - row.refusedBase,
    uncounted: row.uncounted + surplus,
    ...weighed(row, missing, atMost),
  };
}

/** `missing`: what this reading alone shows; null: it cannot tell. */
function weighed(row: LedgerRow, missing: number | null, atMost: number) {
  const { escaped, suspected, doubts, doubted } = row;
  if (missing === null) return { escaped: Math.min(escaped, atMost) };
  const confirmed = Math.min(suspected, missing, atMost);
  if (confirmed >= escaped) return { escaped: confirmed, suspected: missing, doubts: 0, doubted: 0 };
  const most = Math.max(doubted, confirmed);
  if (doubts + 1 >= DOUBTS) {
    return { escaped: Math.min(most, atMost), suspected: missing, doubts: 0, doubted: 0 };
  }
  return { escaped: Math.min(escaped, atMost), suspected: missing, doubts: doubts + 1, doubted: most };
}

type Net = { counted: number; refused: number };

function netOf(counters: Counters, state: LedgerState): Net | null {
  const name = state.toLowerCase().replace(/^task_/, '');
  const counted = countOf(counters[`master/tasks_${name}`]);
  if (counted === null) return null;
  const prefix = `master/task_${name}/source_master/`;
  const reasons = NEVER_LISTED[state];
  const refused =
    reasons === undefined
      ? 0
      : Object.entries(counters)
          .filter(([key]) => key.startsWith(prefix))
          .filter(([key]) => reasons === 'all' || reasons.includes(key.slice(prefix.length)))
          .reduce((sum, [, value]) => sum + (countOf(value) ?? 0), 0);
  return { counted, refused };
}

/**
 * What the master itself refuses before launch goes to the scheduler and a counter, and into no list (reference A8, L9;
 * the counters by reason: A11, the reasons: C2, the messages: D4). TASK_ERROR and TASK_DROPPED from the master mean
 * nothing else. TASK_LOST from the master is for most part that of a listed task on a removed agent
 * (reason_slave_removed), so only the reasons of refusals are taken from it. Of an agent that disconnects, tasks of
 * frameworks that do not checkpoint are listed as lost for the same reason as refusals: they are few, and taken for those.
 */
const NEVER_LISTED: Partial<Record<LedgerState, 'all' | readonly string[]>> = {
  TASK_ERROR: 'all',
  TASK_DROPPED: 'all',
  TASK_LOST: [
    'reason_invalid_offers',
    'reason_slave_disconnected',
    'reason_resources_unknown',
    'reason_task_invalid',
    'reason_task_unauthorized',
  ],
  TASK_KILLED: ['reason_task_killed_during_launch'],
};

/** Null: no count at all. */
function countOf(value: number | undefined): number | null {
  if (value === undefined) return null;
  const count = Math.round(value);
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
}

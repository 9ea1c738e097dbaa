import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { Pool } from 'pg';

import { isEndState, type MesosTask } from '@/lib/domain/task';
import { toAppError } from '@/lib/errors';
import { applyStreamEnds } from '@/lib/ingest/apply-stream-ends';
import { applyStreamState } from '@/lib/ingest/apply-stream-state';
import type { Lease } from '@/lib/ingest/lease';
import { isBridged } from '@/lib/ingest/stream-memory';
import { log } from '@/lib/log';
import { isAtLeast } from '@/lib/mesos/agent-address';
import type { MasterReader } from '@/lib/mesos/read-master';
import type { TaskUpdate } from '@/lib/mesos/subscribe';
import { createEndTracker, type EndQuestion } from '@/lib/mesos/track-ends';

import type { Follower } from './agents';
import { createEndBacklog, type EndBacklog } from './end-backlog';
import type { MarathonStream } from './follow-marathon';
import { followMaster, type MasterWatch } from './follow-master';
import { createMarathonEars, type MarathonEars } from './marathon-ears';
import { pause } from './pause';
import { type CycleState, knownMarathons, type Sources } from './poll-cycle';
import { createStreamTally } from './stream-tally';

export type StreamsOptions = {
  pool: Pool;
  master: Pick<MasterReader, 'follow' | 'leaderUrl' | 'findEnded' | 'version'>;
  marathons: readonly (Sources['marathons'][number] & MarathonStream)[];
  /** Asks for a poll. */
  kick: () => void;
  /** Of the ends that wait to be stored, see `createEndBacklog`. */
  bounds?: { maxEnds?: number; maxBytes?: number };
  /** Called with each status update of the master. */
  onUpdate?: (update: TaskUpdate) => void;
  /** Called once so many failures were stored. */
  onFailures?: (failures: number) => void;
};

export type Streams = Follower & NonNullable<Sources['streams']>;

/** The time under the lease; both may be taken anew meanwhile. */
type Term = {
  lease: Lease;
  state: CycleState;
  stop: AbortController;
  backlog: EndBacklog;
  ears: MarathonEars[];
  done: Promise<void>;
  /** The master whose stream was opened last, and how long what it tells waits for a poll. */
  opened: { url: string | null; heldMs: number };
};

const QUESTIONS_AT_ONCE = 8;
const QUESTIONS_WAITING = 200;
const NAMES_KEPT = 20_000;
const STATE_EVERY_MS = 1_000;
// Below `HELD_MS`, so that what is held waits for its poll.
const DRAIN_MS = 10_000;
// How long what a stream tells waits for the poll that was asked for when it was opened: for another master's first
// poll, else no longer than people wait for a page.
const HELD_MS = 15_000;
const HELD_OF_SAME_MASTER_MS = 2_000;
const REPEAT_WARNING_MS = 60_000;

/**
 * Follows the event streams of the leading master and of each Marathon while the lease is held. What the master tells of
 * ends is stored at once; where an event does not tell an end whole, or more comes than the database takes, a poll is
 * asked for. A poll is asked for, too, whenever the master's stream is opened: it tells what came before.
 */
export function createStreams(options: StreamsOptions): Streams {
  const { pool, master, kick } = options;
  const tally = createStreamTally('mesos');
  let next: Pick<Term, 'lease' | 'state'> | null = null;
  let term: Term | null = null;
  let warnedAt = 0;

  function warn(thrown: unknown, text: string): void {
    if (Date.now() - warnedAt < REPEAT_WARNING_MS) return;
    warnedAt = Date.now();
    const { code } = toAppError(thrown);
    log.warn({ code, err: code === 'INTERNAL' ? thrown : undefined }, text);
  }

  function begin(held: Pick<Term, 'lease' | 'state'>): Term {
    const stop = new AbortController();
    const { signal } = stop;
    setMaxListeners(0, signal);
    const names = { hostnames: new Map<string, string>(), frameworkNames: new Map<string, string>() };
    const begun: Term = {
      ...held,
      opened: { url: null, heldMs: HELD_OF_SAME_MASTER_MS },
      stop,
      ears: options.marathons.map((source) => createMarathonEars(pool, source, () => begun)),
      backlog: createEndBacklog({
        ...options.bounds,
        // That poll tells which life of the master these ends are of, which its ledger counts, and whether something was
        // lost before them. Where it fails, they are stored all the same.
        isHeld({ isSinceOpened }) {
          const openedAt = begun.state.memory.streamOpenedAt;
          return isSinceOpened && openedAt !== null && Date.now() - openedAt.getTime() < begun.opened.heldMs;
        },
        async store(ends) {
          const { lease, state } = begun;
          const applied = await state.writing(() =>
            applyStreamEnds(pool, lease, state.memory, {
              ends,
              marathons: knownMarathons(state),
              ...names,
              now: new Date(),
            }),
          );
          tally.count('ends', ends.length);
          log.debug(applied, 'ends of the event stream stored');
          if (applied.failures > 0) options.onFailures?.(applied.failures);
        },
        onDropped(ends, isBad) {
          tally.count('dropped', ends);
          log.error({ ends, isBad }, 'ends of the event stream were dropped; a poll is to make up for it');
          if (isBad) return;
          // From here on it is as if the stream had been closed.
          Object.assign(begun.state.memory, { streamOpenedAt: new Date(), streamAliveAt: null });
          kick();
        },
        onFailure: (thrown) => warn(thrown, 'ends of the event stream could not be stored yet'),
      }),
      done: Promise.resolve(),
    };
    const watch = watchOf(begun, names);
    begun.done = Promise.all([
      followMaster(master, watch, signal),
      begun.backlog.run(signal),
      ...begun.ears.map((ear) => ear.run(signal)),
      writeState(begun),
    ]).then(
      () => {},
      (thrown) => log.error({ err: thrown }, 'the event streams are no longer followed'),
    );
    return begun;
  }

  /** What becomes of the master's events in a term. */
  function watchOf(
    begun: Term,
    names: { hostnames: Map<string, string>; frameworkNames: Map<string, string> },
  ): MasterWatch {
    const tracker = createEndTracker();
    let questions = pLimit(QUESTIONS_AT_ONCE);
    let mayAsk = false;
    let isOpen = false;

    function tell(task: MesosTask, toldAt: Date): void {
      const isSinceOpened = !isBridged(begun.state.memory);
      begun.backlog.add({ task, toldAt, isSinceOpened });
    }

    /** What is told after it does not show that the ring still held it when the poll came. */
    function leave(): void {
      begun.state.memory.streamLeftAt = new Date();
      tally.count('leftToPoll', 1);
      kick();
    }

    function ask(question: EndQuestion): void {
      const limit = questions;
      if (!mayAsk || limit.pendingCount >= QUESTIONS_WAITING) {
        leave();
        return;
      }
      const toldAt = new Date();
      limit(async () => {
        // Asked for under an earlier stream, or the first of many that are refused.
        if (limit !== questions || !mayAsk) return leave();
        const task = await master.findEnded(question, begun.stop.signal);
        if (task === null) leave();
        else tell(task, toldAt);
      }).catch((thrown) => {
        if (begun.stop.signal.aborted) return;
        const { code } = toAppError(thrown);
        if (['MESOS_BAD_PAYLOAD', 'MESOS_AUTH_REFUSED', 'MESOS_FORBIDDEN'].includes(code)) mayAsk = false;
        leave();
      });
    }

    return {
      onOpen(url) {
        const version = master.version();
        tracker.open(version);
        questions = pLimit(QUESTIONS_AT_ONCE);
        mayAsk = isAtLeast(version, [1, 4], false);
        begun.state.memory.streamOpenedAt = new Date();
        isOpen = true;
        const isAnother = begun.opened.url !== null && begun.opened.url !== url;
        begun.opened = { url, heldMs: isAnother ? HELD_MS : HELD_OF_SAME_MASTER_MS };
        tally.opened(url);
        kick();
      },
      onClosed(thrown) {
        isOpen = false;
        tally.closed(thrown);
      },
      onRefused(url, status) {
        isOpen = false;
        tally.refused(url, status);
      },
      onEvent() {
        tally.event();
        const { memory } = begun.state;
        // The first event comes before `onOpen`: it is no sign that all was told until then.
        if (isOpen && isBridged(memory)) memory.streamAliveAt = new Date();
      },
      onAdded(task) {
        const isNews = tracker.added(task);
        if (isNews && isEndState(task.state)) leave();
        else if (isNews) kick();
      },
      onNamed({ kind, id, name }) {
        const known = kind === 'agent' ? names.hostnames : names.frameworkNames;
        if (known.size >= NAMES_KEPT) known.clear();
        known.set(id, name);
      },
      onUpdate(update) {
        options.onUpdate?.(update);
        const told = tracker.updated(update);
        if (told?.kind === 'end') tell(told.task, new Date());
        else if (told?.kind === 'ask') ask(told.question);
        else if (told?.kind === 'poll' && update.hasEnded) leave();
        else if (told?.kind === 'poll') kick();
      },
    };
  }

  /** The last time after the end of the term, so that none is called open that nobody follows. */
  async function writeState(current: Term): Promise<void> {
    const { signal } = current.stop;
    while (!signal.aborted) {
      await pause(STATE_EVERY_MS, signal);
      if (signal.aborted) {
        tally.closed(null);
        for (const ear of current.ears) ear.close();
      }
      await flushState(current);
    }
  }

  async function flushState({ lease, backlog, ears }: Term): Promise<void> {
    const told = [
      { from: tally, state: tally.take(backlog.size()) },
      ...ears.map((ear) => ({ from: ear.tally, state: ear.tally.take(ear.backlog()) })),
    ].flatMap(({ from, state }) => (state === null ? [] : [{ from, state }]));
    if (told.length === 0) return;
    try {
      const states = told.map(({ state }) => state);
      await applyStreamState(pool, lease, states, new Date());
    } catch (thrown) {
      for (const { from, state } of told) from.giveBack(state);
      warn(thrown, 'how the event streams do could not be stored');
    }
  }

  async function rest(isTakenOver = false): Promise<void> {
    const ending = term;
    term = null;
    next = null;
    if (ending === null) return;
    const dropped = ending.backlog.clear();
    // The first poll of another instance judges what is missing.
    if (!isTakenOver && dropped > 0) tally.count('dropped', dropped);
    ending.stop.abort();
    await ending.done;
  }

  return {
    adopt(lease, state) {
      if (term !== null) {
        if (term.state !== state) carryOver(term, state);
        Object.assign(term, { lease, state });
      }
      next = { lease, state };
    },
    async drain() {
      await term?.backlog.drain(DRAIN_MS);
    },
    lead(lease) {
      if (next !== null && next.lease.token === lease.token) term ??= begin(next);
    },
    rest,
  };
}

/** What a new state must know of the streams that went on while the database was away. */
function carryOver({ state: { memory: from }, backlog }: Term, { memory }: CycleState): void {
  for (const key of from.sinceOpened) memory.sinceOpened.add(key);
  if (memory.streamOpenedAt === null) {
    memory.streamOpenedAt = from.streamOpenedAt;
    memory.streamAliveAt = from.streamAliveAt;
  } else {
    // Postgres lost what was stored: it is as if the stream had been closed until now, and told all this since.
    backlog.distrust();
    for (const told of from.toldEnded.values()) for (const { key } of told) memory.sinceOpened.add(key);
  }
  memory.streamLeftAt = from.streamLeftAt;
  for (const [taskId, told] of from.toldEnded) memory.toldEnded.set(taskId, told);
}

import type { Cause, Disposition, Proof } from './cause';
import type { JvmFacts, TiedSignal } from './evidence';
import type { EndState, TaskStatus } from './task';

/** Everything the diagnosis may look at. Pure data: no ids to look up, no clock to ask. */
export type Facts = {
  state: EndState;
  /** `REASON_…` of the terminal status; null: none was sent. */
  reason: string | null;
  /** SOURCE_…; null: not told. */
  source: string | null;
  message: string | null;
  /** Of the last status that told; false under KILLED is a health-check kill by Mesos. */
  healthy: boolean | null;
  /** Oldest first. */
  statuses: readonly TaskStatus[];
  /** False: we never saw RUNNING among its statuses. Null: statuses too poor to tell. */
  everRan: boolean | null;
  containerizer: string | null;
  image: string | null;
  memMb: number | null;
  frameworkName: string | null;
  marathon: MarathonContext | null;
  finishedAt: Date;
  /**
   * True: this status came alone (a line handed over by a person or a script), nobody watched its cluster, and
   * `finishedAt` means nothing. Then the likeliest story may be told, as `possible`.
   */
  onlyStatus?: true;
  /** What host logs tell of it, strongest tie first. Absent or empty: no log told anything, which proves nothing. */
  evidence?: readonly TiedSignal[];
  /** Absent: not looked up. */
  jvm?: JvmFacts;
};

/** What Marathon shows around the end. Null in Facts: not a Marathon task, or its Marathon is not watched. */
export type MarathonContext = {
  appId: string;
  /** False: Marathon was read and has no such app any more. */
  appExists: boolean;
  /** Marathon restarts it whenever it ends: every app and pod. */
  isService: boolean;
  /** The deployment touching this app that overlaps the end; null: none was seen. */
  deployment: { deploymentId: string; actions: string[]; startedAt: Date } | null;
  lastConfigChangeAt: Date | null;
  lastScalingAt: Date | null;
  /** The app's lastTaskFailure, only where it is about this very task. */
  ownFailure: { state: string; message: string | null } | null;
  /**
   * Marathon told in its event stream, before it sent the kill, that the health checks of this very task failed. Absent
   * or null: it told no such thing, or nobody listened.
   */
  announcedKill?: AnnouncedKill | null;
  killGraceSeconds: number | null;
};

/** `at` is Marathon's clock; `reason` its free text, what the check met last. */
export type AnnouncedKill = { at: Date; reason: string | null };

export type Verdict = {
  cause: Cause;
  disposition: Disposition;
  proof: Proof;
  /** 0-255, read from the message; null: no code is known, which is not 0. */
  exitCode: number | null;
  /** `SIGKILL`, `SIGTERM`, …; from the message or from 128+n. Null: none known. */
  signal: string | null;
  /** One plain sentence. */
  summary: string;
  /** Each line cites a fact. */
  because: string[];
  /** What a person can do; may be empty for a normal end. */
  advice: string[];
  /** The rule that decided; stable across releases. */
  ruleId: string;
};

import type { Proof } from './cause';
import type { LogSignal } from './log-signal';

/** By what a signal was tied to a task end, strongest first. */
export const TIE_KINDS = ['container_id', 'pid', 'task_id', 'time_and_size', 'time'] as const;
export type TieKind = (typeof TIE_KINDS)[number];

/**
 * A signal tied to a task end. `proven` only where the log names this very container, pid or task; by time and
 * memory size alone at most `likely`, and `possible` where several could be meant.
 */
export type TiedSignal = {
  /** Of the stored signal; null where nothing is stored (command line). */
  signalId: string | null;
  signal: LogSignal;
  by: TieKind;
  proof: Proof;
  /** One sentence: why it was tied. */
  reason: string;
  /** How many signals could equally be meant, this one included; 1: no other. */
  candidates: number;
};

/** Memory-related JVM flags of an app's command or environment, in the order the JVM reads them. No other text. */
export type JvmFlags = {
  /** `cmd`, `args` or `env JAVA_OPTS`. */
  from: string;
  /** `-Xmx3g`, `-XX:MaxRAMPercentage=75`. Nothing that could hold a secret. */
  flags: string[];
}[];

/** What the JVM advisor needs beside the verdict's own facts. */
export type JvmFacts = {
  flags: JvmFlags;
  image: string | null;
  cmd: string | null;
  /** Of the agent; null: not known. */
  hostMemMb: number | null;
};

import type { Cause, Proof } from '@/lib/domain/cause';
import type { TieKind } from '@/lib/domain/evidence';
import type { LogSignal } from '@/lib/domain/log-signal';
import type { EndState } from '@/lib/domain/task';

/** A signal with its place. `at`: when it came, where the log told no time (`atKnown` false). */
export type PlacedSignal = {
  id: string;
  signal: LogSignal;
  /** The agent's hostname; null: no agent we know. */
  host: string | null;
  at: Date;
  atKnown: boolean;
  receivedAt: Date;
};

/** What correlation looks at of a task end. */
export type TieableEnd = {
  id: string;
  /** The agent's hostname; null: not known. */
  hostname: string | null;
  taskId: string;
  frameworkId: string;
  appId: string | null;
  /** Mesos container id, `parent.child` where nested; null: no status told it. */
  containerId: string | null;
  containerizer: string | null;
  image: string | null;
  state: EndState;
  cause: Cause;
  exitCode: number | null;
  signal: string | null;
  memMb: number | null;
  startedAt: Date | null;
  finishedAt: Date;
  finishedAtKnown: boolean;
};

/** A status update as the agent's own log tells it. `host`: the agent's hostname, else as printed in lower case. */
export type StatusLine = { host: string; at: Date; taskId: string; state: string };

export type Tie = {
  signalId: string;
  endId: string;
  by: TieKind;
  proof: Proof;
  /** One sentence. */
  reason: string;
  /** How many kills could equally be meant, this one included. */
  candidates: number;
};

/** Host names of agents compare without case. */
export function sameHost(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

import type { Report } from './task';

/** What becomes of a task. Seconds are model seconds. */
export type Fate =
  /** Ends before it ever runs, `afterSeconds` after it was accepted. */
  | { kind: 'never-runs'; afterSeconds: number; report: Report }
  /** Runs for `afterSeconds` and then ends by itself. */
  | { kind: 'ends'; afterSeconds: number; report: Report }
  /** Runs for `afterSeconds` until its health check fails and its killer's patience ends. */
  | { kind: 'turns-unhealthy'; afterSeconds: number; why: string };

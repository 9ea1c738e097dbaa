import { AppError } from '@/lib/errors';

/**
 * Lets at most one request at a time through to each agent, and keeps from asking one that does not answer:
 * after a failure to reach it, it is left alone for a minute, doubled at each further failure up to ten.
 */
export type AgentGate = {
  /**
   * Runs `work` once nobody else asks this agent. While the agent is left alone, rejects at once with the error
   * it failed with last.
   */
  pass<T>(agentId: string, work: () => Promise<T>): Promise<T>;
  /** Whether `pass` would run its work at once. */
  isFree(agentId: string): boolean;
  /** Forgets agents that are listed no more. */
  keepOnly(agentIds: ReadonlySet<string>): void;
};

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 600_000;
// A refused login is no failure to answer, but asking again at every turn helps nobody either.
const OPENS_ON = new Set(['AGENT_UNREACHABLE', 'AGENT_TIMEOUT', 'AGENT_AUTH_REFUSED']);

type Breaker = { error: AppError; until: number; pauseMs: number };

/** `now` in milliseconds, of a clock that never runs backwards. */
export function createAgentGate(now: () => number = () => performance.now()): AgentGate {
  const tails = new Map<string, Promise<unknown>>();
  const breakers = new Map<string, Breaker>();

  const shut = (agentId: string): AppError | null => {
    const breaker = breakers.get(agentId);
    return breaker !== undefined && now() < breaker.until ? breaker.error : null;
  };

  async function run<T>(agentId: string, work: () => Promise<T>): Promise<T> {
    const error = shut(agentId);
    if (error !== null) throw error;
    try {
      const result = await work();
      breakers.delete(agentId);
      return result;
    } catch (thrown) {
      if (thrown instanceof AppError && OPENS_ON.has(thrown.code)) {
        const before = breakers.get(agentId)?.pauseMs;
        const pauseMs = before === undefined ? FIRST_PAUSE_MS : Math.min(before * 2, LONGEST_PAUSE_MS);
        breakers.set(agentId, { error: thrown, until: now() + pauseMs, pauseMs });
      } else if (thrown instanceof AppError) breakers.delete(agentId); // It answered.
      throw thrown;
    }
  }

  return {
    pass(agentId, work) {
      const before = tails.get(agentId) ?? Promise.resolve();
      const mine = before.then(() => run(agentId, work));
      const tail = mine.then(
        () => {},
        () => {},
      );
      tails.set(agentId, tail);
      void tail.then(() => {
        if (tails.get(agentId) === tail) tails.delete(agentId);
      });
      return mine;
    },
    isFree: (agentId) => !tails.has(agentId) && shut(agentId) === null,
    keepOnly(agentIds) {
      for (const agentId of breakers.keys()) if (!agentIds.has(agentId)) breakers.delete(agentId);
    },
  };
}

import { extraPollAt } from './schedule';

/** Lets an event bring the next poll forward. */
export type PollKick = {
  /** Asks for a poll; any number before the next one are one. */
  kick(): void;
  /**
   * Resolves after `pauseMs`, or earlier where a poll was asked for since the last one started, see
   * `extraPollAt`, or when `signal` aborts.
   */
  wait(last: { startedAt: Date; pauseMs: number }, signal: AbortSignal): Promise<void>;
};

export function createPollKick(): PollKick {
  let isAsked = false;
  let onAsked: (() => void) | null = null;

  return {
    kick() {
      isAsked = true;
      onAsked?.();
    },
    async wait({ startedAt, pauseMs }, signal) {
      const finishedAt = new Date();
      await new Promise<void>((resolve) => {
        if (signal.aborted) return resolve();
        const end = () => {
          clearTimeout(regular);
          clearTimeout(extra);
          onAsked = null;
          signal.removeEventListener('abort', end);
          resolve();
        };
        const regular = setTimeout(end, pauseMs);
        let extra: ReturnType<typeof setTimeout> | undefined;
        onAsked = () => {
          extra ??= setTimeout(
            end,
            Math.max(0, extraPollAt({ startedAt, finishedAt }).getTime() - Date.now()),
          );
        };
        signal.addEventListener('abort', end, { once: true });
        // Asked for while the last poll ran: it may have been past the place already.
        if (isAsked) onAsked();
      });
      isAsked = false;
    },
  };
}

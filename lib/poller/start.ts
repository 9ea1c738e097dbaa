import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { takeTroubleMessage } from '@/lib/db/trouble';
import { log } from '@/lib/log';

const FIRST_RESTART_MS = 1_000;
const LONGEST_RESTART_MS = 60_000;
const STOP_MS = 15_000;

export type Collector = { stop(): Promise<void> };

/**
 * Starts the collector beside the server and, at SIGTERM or SIGINT, ends the process once the collector has
 * finished the transaction in hand. Needs NEXT_MANUAL_SIG_HANDLE=1: else Next exits without waiting.
 */
export function startCollectorWithServer(): void {
  const collector = startCollector();
  let ending = false;
  const end = (): void => {
    if (ending) process.exit(1); // A second signal does not wait.
    ending = true;
    collector.stop().finally(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

/**
 * Runs the collector in a worker thread beside the server, so that no poll delays a page and no memory of its
 * reading weighs on theirs. A worker that ends by itself is started anew, with growing pauses; it dies with
 * the process. `bundle`: the file that scripts/build.mjs makes of main.ts.
 */
export function startCollector(
  bundle = join(/* turbopackIgnore: true */ process.cwd(), 'dist', 'poller.mjs'),
): Collector {
  let stopping = false;
  let worker: Worker | null = null;
  const stopped = (async () => {
    let pauseMs = FIRST_RESTART_MS;
    while (!stopping) {
      const startedAt = Date.now();
      // The path is made at run time: the bundler must not look for it in the tree.
      worker = new Worker(/* turbopackIgnore: true */ bundle);
      worker.on('message', takeTroubleMessage);
      const code = await ended(worker);
      takeTroubleMessage(null);
      if (stopping) return;
      pauseMs =
        Date.now() - startedAt > LONGEST_RESTART_MS
          ? FIRST_RESTART_MS
          : Math.min(pauseMs * 2, LONGEST_RESTART_MS);
      log.error({ code, pauseMs }, 'the collector ended by itself; starting it again');
      await sleep(pauseMs);
    }
  })();
  return {
    async stop() {
      stopping = true;
      worker?.postMessage('stop');
      await Promise.race([stopped, sleep(STOP_MS, undefined, { ref: false })]);
      await worker?.terminate();
    },
  };
}

function ended(worker: Worker): Promise<number> {
  return new Promise((resolve) => {
    worker.on('error', (error) => log.error({ err: error }, 'the collector failed'));
    worker.on('exit', resolve);
  });
}

import { createPool } from '@/lib/db/pool';
import { createMarathonReader } from '@/lib/marathon/read-marathon';
import { createMasterReader } from '@/lib/mesos/read-master';

import { newHolder } from './holder';
import { runLoop } from './loop';
import { createPollKick } from './poll-kick';
import { createStreams } from './streams';

const TIMEOUT_MS = 5_000;
const NO_CREDENTIALS = null;

export type TestCollector = { holder: string; stop(): Promise<void> };

/** The collector as main.ts puts it together, without agents and logs, in this process. For tests. */
export function startTestCollector({
  url,
  masters,
  marathons,
  intervalMs,
}: {
  /** Of Postgres. */
  url: string;
  masters: readonly string[];
  marathons: readonly string[];
  intervalMs: number;
}): TestCollector {
  const pool = createPool(url, { max: 6, applicationName: 'exit137 collector' });
  const common = { credentials: NO_CREDENTIALS, timeoutMs: TIMEOUT_MS, ca: null };
  const master = createMasterReader({ ...common, urls: [...masters] });
  const readers = marathons.map((one) => ({
    ...createMarathonReader({ ...common, urls: [one] }),
    name: `marathon:${one}`,
    url: one,
  }));
  const kick = createPollKick();
  const streams = createStreams({ pool, master, marathons: readers, kick: kick.kick });
  const stopping = new AbortController();
  const holder = newHolder();
  const done = runLoop(
    {
      pool,
      clusterName: 'default',
      simulated: true,
      holder,
      intervalMs,
      timeoutMs: TIMEOUT_MS,
      sources: { master, masterUrl: masters.join(','), marathons: readers, streams },
      followers: [streams],
      kick,
      evidence: { timeZone: 'UTC' },
    },
    stopping.signal,
  );
  return {
    holder,
    async stop() {
      stopping.abort();
      await done;
      await Promise.all([master.close(), ...readers.map((one) => one.close()), pool.end()]);
    },
  };
}

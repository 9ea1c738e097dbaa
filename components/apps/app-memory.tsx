'use client';

import { MemoryChart } from '@/components/charts/memory-chart';
import { Empty } from '@/components/ui/empty';
import { appMemoryModel } from '@/lib/charts/memory-model';
import type { AppDetailBody } from '@/lib/contracts/stats';

/** Memory of the app's tasks over the window against their limit, deaths for want of memory marked. */
export function AppMemoryPanel({
  detail,
}: {
  detail: Pick<AppDetailBody, 'memory' | 'oomDeaths' | 'timeline'>;
}) {
  const { memory, oomDeaths, timeline } = detail;
  return (
    <MemoryChart
      title="Memory over time"
      model={memory === null ? null : appMemoryModel(memory, oomDeaths, timeline.gaps)}
      empty={
        <Empty title="No memory of its tasks was sampled in this window">
          exit137 asks the agents of running tasks, as far as they answer: see Status. Sampling is off with
          AGENT_SAMPLE_INTERVAL_MS=0.
        </Empty>
      }
    />
  );
}

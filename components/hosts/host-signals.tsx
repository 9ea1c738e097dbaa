'use client';

import { LogInputsWords } from '@/components/evidence/log-inputs-words';
import { SignalGroups } from '@/components/evidence/signal-groups';
import { Empty } from '@/components/ui/empty';
import { Panel } from '@/components/ui/panel';
import type { HostDetailBody } from '@/lib/contracts/stats';
import { plural } from '@/lib/format/numbers';

/** What the host's kernel, Docker and Mesos agent logged of trouble. */
export function HostSignals({ detail }: { detail: Pick<HostDetailBody, 'signals' | 'logInputs'> }) {
  const { signals, logInputs } = detail;
  const total = signals.reduce((sum, { count }) => sum + count, 0);
  return (
    <Panel
      title="What its logs told"
      note={total > 0 ? `${plural(total, 'signal')}, the kind heard last first` : undefined}
    >
      {signals.length === 0 ? (
        <Empty title="No log of this host told of trouble in this window">
          <LogInputsWords inputs={logInputs} />
        </Empty>
      ) : (
        <SignalGroups groups={signals} />
      )}
    </Panel>
  );
}

import { expect, it } from 'vitest';

import { type FoundSignal, groupSignals } from './group-signals';

function found(signal: Partial<FoundSignal['signal']>, endId: string | null = null): FoundSignal {
  const named = { signature: 'memcg_oom', host: 'node-1', ...signal };
  const tasks = endId === null ? [] : [{ endId, taskId: `task of ${endId}` }];
  // Only what grouping looks at.
  return { signal: named, tasks } as FoundSignal;
}
const shape = (signals: FoundSignal[]) =>
  groupSignals(signals).map((group) => [
    group.first.signal.signature,
    group.first.signal.containerId ?? group.first.signal.device ?? null,
    group.signals.length,
  ]);

it('repeats of one device are one group, with the first and the last of them', () => {
  const hangs = [1, 2, 3].map((n) =>
    found({ signature: 'unregister_netdevice', device: 'veth1', at: `2026-11-25T00:00:0${n}Z` }),
  );
  const [group] = groupSignals(hangs);
  expect(group?.signals).toHaveLength(3);
  expect([group?.first, group?.last]).toEqual([hangs[0], hangs[2]]);
});

it('kills of two containers, of two hosts, and of two tasks stay apart', () => {
  expect(shape([found({ containerId: 'a' }), found({ containerId: 'b' })])).toHaveLength(2);
  expect(shape([found({ killedComm: 'java' }), found({ killedComm: 'java', host: 'node-2' })])).toHaveLength(
    2,
  );
  expect(shape([found({ killedComm: 'java' }, 'e1'), found({ killedComm: 'java' }, 'e2')])).toHaveLength(2);
});

it('what a known task died of stands first, then other kills, then the rest', () => {
  expect(
    shape([
      found({ signature: 'no_space', device: 'sda' }),
      found({ containerId: 'a' }),
      found({ containerId: 'b' }, 'e1'),
    ]),
  ).toEqual([
    ['memcg_oom', 'b', 1],
    ['memcg_oom', 'a', 1],
    ['no_space', 'sda', 1],
  ]);
});

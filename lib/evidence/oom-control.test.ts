import { expect, it } from 'vitest';

import { createLogParser } from './log-parser';

const ID = '7d'.repeat(32);
const PATH = `/sys/fs/cgroup/memory/docker/${ID}/memory.oom_control`;

it.each<[string, string[], { containerId: string | null; orchestrator: string | null } | null]>([
  [
    'stuck at its limit',
    [PATH, 'oom_kill_disable 1', 'under_oom 1'],
    { containerId: ID, orchestrator: 'docker' },
  ],
  [
    'stuck, told by grep',
    [`${PATH}:oom_kill_disable 1`, `${PATH}:under_oom 1`],
    { containerId: ID, orchestrator: 'docker' },
  ],
  ['switched off, and no more is told', ['oom_kill_disable 1'], { containerId: null, orchestrator: null }],
  ['switched off, not at its limit', ['oom_kill_disable 1', 'under_oom 0', 'oom_kill 0'], null],
  ['at its limit, not switched off', ['oom_kill_disable 0', 'under_oom 1'], null],
  ['neither', [PATH, 'oom_kill_disable 0', 'under_oom 0'], null],
  ['the kernel goes to sleep', ['[ 12.5] OOM killer disabled.'], null],
])('%s', (_, lines, want) => {
  const parser = createLogParser({ receivedAt: new Date(0), timeZone: 'UTC', host: null });
  for (const line of lines) parser.feed(line);
  const signals = parser.end().flatMap((fact) => ('signal' in fact ? [fact.signal] : []));
  expect(signals).toMatchObject(want ? [{ signature: 'oom_kill_disable', ...want }] : []);
  expect(signals).toHaveLength(want ? 1 : 0);
});

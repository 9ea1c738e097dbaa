import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { insertCluster } from './ends-for-tests';
import { insertSignals } from './signals-for-tests';
import { taskEvidence } from './task-evidence';

const END = '00000000-0000-4000-8000-00000000000e';
const OTHER_END = '00000000-0000-4000-8000-00000000000f';
const of = {
  clusterId: 1,
  clusterName: 'east',
  endId: END,
  agentId: 'S1',
  hostname: 'node-1',
  finishedAt: new Date('2026-11-25T10:00:00Z'),
};

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, { id: 1, name: 'east', firstPolledAt: null, lastPolledAt: null });
});
afterAll(() => db.drop());
beforeEach(() =>
  db.pool.query('TRUNCATE log_signal, evidence, sandbox_tail, task_memory, agent_contact, log_input'),
);

async function tie(
  signal: { id: string; at: string },
  more: Partial<Record<'end' | 'tie' | 'proof', string>> = {},
) {
  await db.pool.query(`INSERT INTO evidence VALUES (1, $1, $2, $3, $4, $5, 'because', 1, now())`, [
    more.end ?? END,
    signal.id,
    signal.at,
    more.tie ?? 'container_id',
    more.proof ?? 'proven',
  ]);
}

describe('evidence', () => {
  it('is what was tied to this end alone, the strongest first', async () => {
    const at = '2026-11-25T10:00:00.984Z';
    const [weak = '', strong = '', foreign = ''] = await insertSignals(db.pool, [{ at }, { at }, { at }]);
    await tie({ id: weak, at }, { tie: 'time', proof: 'possible' });
    await tie({ id: strong, at });
    await tie({ id: foreign, at }, { end: OTHER_END });
    const { evidence } = await taskEvidence(db.pool, of);
    expect(evidence.map(({ signal, proof }) => [signal.id, proof])).toEqual([
      [strong, 'proven'],
      [weak, 'possible'],
    ]);
    expect(evidence[0]).toMatchObject({ tie: 'container_id', reason: 'because', candidates: 1 });
  });

  it('holds all that the signal tells, numbers as numbers', async () => {
    const at = '2026-11-25T10:00:00.000Z';
    const facts = {
      cgroup: '/docker/c1',
      invokedBy: 'curl',
      failcnt: 91,
      processes: [{ pid: 4242, name: 'java', rssKb: 4_100_000 }],
    };
    const [id = ''] = await insertSignals(db.pool, [
      { at, atKnown: false, containerId: 'c1', facts, lines: ['a', '<b>'] },
    ]);
    await tie({ id, at });
    const { evidence } = await taskEvidence(db.pool, of);
    expect(evidence[0]?.signal).toMatchObject({
      at,
      atKnown: false,
      host: 'node-1',
      containerId: 'c1',
      limitKb: 4_194_304,
      anonRssKb: 4_100_000,
      failcnt: 91,
      cgroup: '/docker/c1',
      invokedBy: 'curl',
      processes: facts.processes,
      lines: ['a', '<b>'],
      sentence: expect.stringContaining('java'),
    });
  });

  it('stays readable where another release wrote words and shapes it does not know', async () => {
    const at = '2026-11-25T10:00:00.000Z';
    const [odd = '', unknown = ''] = await insertSignals(db.pool, [
      { at, facts: { failcnt: 'many', processes: 7 }, lines: 'text' },
      { at, signature: 'cosmic_ray' },
    ]);
    await tie({ id: odd, at }, { tie: 'oracle', proof: 'sworn' });
    await tie({ id: unknown, at });
    const { evidence } = await taskEvidence(db.pool, of);
    expect(evidence).toMatchObject([
      { tie: 'time', proof: 'possible', signal: { id: odd, failcnt: null, processes: [], lines: [] } },
    ]);
  });
});

describe('sandbox', () => {
  it('tells of each file what was kept, or why nothing', async () => {
    await db.pool.query(
      `INSERT INTO sandbox_tail (cluster_id, end_id, file, fetched_at, size_bytes, from_byte, content, error_code) VALUES
       (1, $1, 'stdout', '2026-11-25T10:00:02Z', 3000000, 2934464, '\\x00', NULL),
       (1, $1, 'stderr', '2026-11-25T10:00:02Z', NULL, NULL, NULL, 'SANDBOX_GONE'),
       (1, $1, 'core', '2026-11-25T10:00:02Z', NULL, NULL, NULL, NULL)`,
      [END],
    );
    expect((await taskEvidence(db.pool, of)).sandbox).toEqual([
      {
        file: 'stdout',
        fetchedAt: '2026-11-25T10:00:02.000Z',
        sizeBytes: 3_000_000,
        fromByte: 2_934_464,
        keptBytes: 65_536,
        errorCode: null,
      },
      expect.objectContaining({ file: 'stderr', keptBytes: null, errorCode: 'SANDBOX_GONE' }),
    ]);
  });
});

describe('memory', () => {
  it.each([
    { when: 'samples', samples: [[1, 2]], want: { limitBytes: 9, points: [[1, 2]] } },
    { when: 'a point that is none', samples: [[1, 2], 'x', [3]], want: { limitBytes: 9, points: [[1, 2]] } },
    { when: 'none', samples: [], want: null },
    { when: 'another shape', samples: {}, want: null },
  ])('$when', async ({ samples, want }) => {
    await db.pool.query('INSERT INTO task_memory VALUES (1, $1, 9, $2)', [END, JSON.stringify(samples)]);
    expect((await taskEvidence(db.pool, of)).memory).toEqual(want);
  });
});

it('tells of trouble of the host itself, an hour before to ten minutes after, and of no other', async () => {
  const sign = { host: 'node-1', signature: 'docker_hang' as const, about: 'host' };
  const [, , newest] = await insertSignals(db.pool, [
    { ...sign, at: '2026-11-25T08:59:59.000Z' },
    { ...sign, at: '2026-11-25T09:00:00.000Z' },
    { ...sign, at: '2026-11-25T10:09:59.000Z' },
    { ...sign, at: '2026-11-25T10:10:00.000Z' },
    { ...sign, at: '2026-11-25T10:00:00.000Z', host: 'node-2' },
    { ...sign, at: '2026-11-25T10:00:00.000Z', signature: 'memcg_oom', about: 'task_end' },
  ]);
  const { hostSigns } = await taskEvidence(db.pool, of);
  expect(hostSigns).toMatchObject([{ signature: 'docker_hang', count: 2 }]);
  expect(hostSigns[0]?.newest[0]?.id).toBe(newest);
  expect((await taskEvidence(db.pool, { ...of, hostname: null })).hostSigns).toEqual([]);
});

it('tells how its agent answers and where logs came in, and nothing where nothing is known', async () => {
  expect(await taskEvidence(db.pool, of)).toEqual({
    evidence: [],
    hostSigns: [],
    sandbox: [],
    memory: null,
    agent: null,
    logInputs: [],
  });
  await db.pool.query(
    `INSERT INTO agent_contact VALUES (1, 'S1', '2026-11-25T10:00:00Z', NULL, 'AGENT_TIMEOUT', -40, NULL)`,
  );
  await db.pool.query(
    `INSERT INTO log_input (cluster_id, input, lines, first_at, last_at) VALUES
     (1, 'http', 3, now(), '2026-11-25T09:00:00Z'), (1, 'syslog', 3, now(), '2026-11-25T10:00:00Z'),
     (1, 'file:/never/read', 0, now(), now())`,
  );
  const { agent, logInputs } = await taskEvidence(db.pool, of);
  expect(agent).toMatchObject({ cluster: 'east', answeredAt: null, errorCode: 'AGENT_TIMEOUT', skewMs: -40 });
  expect(logInputs.map(({ input }) => input)).toEqual(['syslog', 'http']);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';

import { insertCluster, insertEnds } from './ends-for-tests';
import { taskDetail } from './task-detail';

const now = new Date('2026-11-25T12:00:00Z');
const query = { cluster: 'east', taskId: 'job-1' };

let db: TestDatabase;
let ids: string[];
beforeAll(async () => {
  db = await createTestDatabase();
  await insertCluster(db.pool, {
    id: 1,
    name: 'east',
    firstPolledAt: '2026-11-01T00:00:00Z',
    lastPolledAt: '2026-11-25T12:00:00Z',
  });
  await db.pool.query(
    `UPDATE cluster SET master_url = 'http://ops:hunter2@master-1:5050', master_version = '1.9.0'`,
  );
  await db.pool.query(
    `INSERT INTO framework VALUES (1, 'F1', 'marathon', 'http://marathon:8080', true, now(), now())`,
  );
  await db.pool.query(
    `INSERT INTO agent (cluster_id, agent_id, hostname, active, first_seen_at, last_seen_at)
     VALUES (1, 'S1', 'node-1', true, now(), now())`,
  );
  await db.pool.query(
    `INSERT INTO deployment (cluster_id, deployment_id, framework_id, version, actions, first_seen_at, last_seen_at)
     VALUES (1, 'd1', 'F1', 'v', '[{"action":"ScaleApplication","target":"/shop/cart"}]', '2026-11-25T09:00:00Z', now())`,
  );
  ids = await insertEnds(db.pool, [
    { taskId: 'job-1', at: '2026-11-20T10:00:00Z', agentId: 'S1', deploymentId: 'gone' },
    { taskId: 'job-1', at: '2026-11-25T10:00:00Z', agentId: 'S1', deploymentId: 'd1' },
    { taskId: 'job-1', at: '2026-11-22T10:00:00Z', agentId: 'S2', host: 'node-2', reopened: true },
    { taskId: 'other', at: '2026-11-25T10:30:00Z', fingerprint: 'fp-2' },
    { taskId: 'other', at: '2026-11-25T10:30:00.001Z', fingerprint: 'fp-2' },
    { taskId: 'other', at: '2026-11-25T10:10:00Z', fingerprint: 'fp-2', disposition: 'normal' },
    { taskId: 'earlier', at: '2026-11-18T10:00:00Z' },
    { taskId: 'later', at: '2026-11-25T11:30:00Z' },
  ]);
});
afterAll(() => db.drop());

describe('taskDetail', () => {
  it('shows the newest end of a task id, and the others beside it', async () => {
    const body = await taskDetail(db.pool, query, now);
    expect(body?.task).toMatchObject({
      id: ids[1],
      cluster: 'east',
      agentId: 'S1',
      finishedAt: '2026-11-25T10:00:00.000Z',
    });
    expect(body?.otherEnds.map(({ id }) => id)).toEqual([ids[2], ids[0]]);
    expect(body?.otherEnds[0]?.reopenedAt).not.toBeNull();
  });

  it('narrows by agent and by id', async () => {
    expect((await taskDetail(db.pool, { ...query, agent: 'S2' }, now))?.task.id).toBe(ids[2]);
    const upper = await taskDetail(db.pool, { ...query, id: ids[0]?.toUpperCase() }, now);
    expect(upper?.task.id).toBe(ids[0]);
    const oldest = await taskDetail(db.pool, { ...query, id: ids[0] }, now);
    expect(oldest?.task.id).toBe(ids[0]);
    expect(oldest?.otherEnds.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
  });

  it.each([
    { taskId: 'nobody' },
    { cluster: 'nowhere' },
    { agent: 'S3' },
    { id: '00000000-0000-4000-8000-000000000000' },
  ])('is null for %j', async (narrowed) => {
    expect(await taskDetail(db.pool, { ...query, ...narrowed }, now)).toBeNull();
  });

  it('counts the same problem in the 7 days up to this end, without reopened ends', async () => {
    const body = await taskDetail(db.pool, query, now);
    expect(body?.sameFingerprint).toMatchObject({ last7d: 2, firstSeenAt: '2026-11-18T10:00:00.000Z' });
    expect(body?.sameFingerprint.recent.map(({ taskId }) => taskId)).toEqual(['later', 'job-1', 'earlier']);
  });

  it('shows other failures on the host within half an hour, edges included', async () => {
    const body = await taskDetail(db.pool, query, now);
    expect(body?.sameHost.map(({ id }) => id)).toEqual([ids[3]]);
  });

  it('links into the UIs without credentials, and only to agents that are listed', async () => {
    expect((await taskDetail(db.pool, query, now))?.links).toEqual({
      mesosAgent: 'http://master-1:5050/#/agents/S1',
      marathonApp: 'http://marathon:8080/ui/#/apps/%2Fshop%2Fcart',
    });
    expect((await taskDetail(db.pool, { ...query, agent: 'S2' }, now))?.links.mesosAgent).toBeNull();
  });

  it('shows the deployment that explains it, and none that was never stored', async () => {
    expect((await taskDetail(db.pool, query, now))?.deployment).toEqual({
      deploymentId: 'd1',
      actions: [{ action: 'ScaleApplication', target: '/shop/cart' }],
      firstSeenAt: '2026-11-25T09:00:00.000Z',
      endedAt: null,
    });
    expect((await taskDetail(db.pool, { ...query, id: ids[0] }, now))?.deployment).toBeNull();
  });

  it('stays readable where another release wrote words and shapes it does not know', async () => {
    await db.pool.query(
      `UPDATE task_end SET cause = 'cosmic_ray', proof = 'sworn', statuses = '[{"state":"TASK_NEW"},{"at":1}]',
              labels = '{"a":1}', because = '"text"', message_source = 'oracle' WHERE id = $1`,
      [ids[1]],
    );
    expect((await taskDetail(db.pool, query, now))?.task).toMatchObject({
      cause: 'unknown',
      proof: 'possible',
      statuses: [],
      labels: {},
      because: [],
      messageSource: null,
    });
  });
});

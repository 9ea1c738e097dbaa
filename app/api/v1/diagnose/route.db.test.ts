import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ErrorBody } from '@/lib/contracts/error';
import { DiagnoseBody } from '@/lib/contracts/evidence';
import { createTestDatabase, type TestDatabase } from '@/lib/db/test-database';
import { insertEnds } from '@/lib/stats/ends-for-tests';

type Handler = (request: Request, context: { params: Promise<Record<string, never>> }) => Promise<Response>;

const DOCKER_ID = 'cd34'.repeat(16);
const MESOS_ID = 'b2c3d4e5-0000-4000-8000-000000000001';
const LOG = [
  'Nov 25 03:00:00 node-1 kernel: java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0',
  `Nov 25 03:00:00 node-1 kernel: Task in /docker/${DOCKER_ID} killed as a result of limit of /docker/${DOCKER_ID}`,
  'Nov 25 03:00:00 node-1 kernel: memory: usage 1048576kB, limit 1048576kB, failcnt 4711',
  'Nov 25 03:00:00 node-1 kernel: Memory cgroup out of memory: Kill process 4242 (java) score 1001 or sacrifice child',
  'Nov 25 03:00:00 node-1 kernel: Killed process 4242 (java) total-vm:3145728kB, anon-rss:1046528kB, file-rss:0kB',
  'Nov 25 03:00:07 node-9 kernel: unregister_netdevice: waiting for veth54a2de6 to become free. Usage count = 1',
  '',
].join('\n');

let db: TestDatabase;
let POST: Handler;
beforeAll(async () => {
  db = await createTestDatabase();
  Object.assign(process.env, { DATABASE_URL: db.url, LOG_LEVEL: 'silent' });
  ({ POST } = await import('./route'));
  await db.pool.query(
    `INSERT INTO cluster (id, name, simulated) VALUES (1, 'default', false), (2, 'other', false)`,
  );
  await db.pool.query(
    `INSERT INTO agent (cluster_id, agent_id, hostname, active, first_seen_at, last_seen_at)
     VALUES (1, 'a1', 'node-1', true, now(), now())`,
  );
  await insertEnds(db.pool, [
    {
      at: '2026-11-25T03:00:02Z',
      id: '11111111-1111-4111-8111-111111111111',
      taskId: 'shop_cart.b2c3d4e5-1111-11e7-9837-f2f3c189fa2c',
      containerId: MESOS_ID,
      exitCode: 137,
      cause: 'sigkill_137_unproven',
    },
    {
      at: '2026-11-25T03:00:03Z',
      taskId: 'another.task',
      host: 'node-2',
      exitCode: 137,
      cause: 'sigkill_137_unproven',
    },
  ]);
});
afterAll(async () => {
  const { closePool } = await import('@/lib/db/pool');
  await closePool();
  await db.drop();
});
beforeEach(async () => {
  await db.pool.query('TRUNCATE log_signal, log_open_block, container; DELETE FROM log_input');
});

function post(body: BodyInit, query = '', headers: Record<string, string> = {}): Promise<Response> {
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
  const request = new Request(`http://localhost/api/v1/diagnose${query}`, init);
  // Headers that only browsers may set are dropped by Request.
  Object.defineProperty(request, 'headers', { value: new Headers(headers) });
  return POST(request, { params: Promise.resolve({}) });
}

async function said(response: Promise<Response>): Promise<DiagnoseBody> {
  const answer = await response;
  expect(answer.status).toBe(200);
  return DiagnoseBody.parse(await answer.json());
}

async function stored(): Promise<number> {
  const { rows } = await db.pool.query<{ stored: number }>(
    'SELECT (SELECT count(*) FROM log_signal)::int + (SELECT count(*) FROM log_input)::int AS stored',
  );
  return rows[0]?.stored ?? -1;
}

describe('POST /api/v1/diagnose', () => {
  it('tells what a log says, signal by signal, and stores nothing', async () => {
    const body = await said(post(LOG));
    expect(body).toMatchObject({
      lines: 6,
      signalsFound: 2,
      stored: false,
      hosts: ['node-1', 'node-9'],
      from: '2026-11-25T03:00:00.000Z',
      to: '2026-11-25T03:00:07.000Z',
      signals: [
        {
          signal: {
            id: null,
            signature: 'memcg_oom',
            killedPid: 4242,
            host: 'node-1',
            printedHost: 'node-1',
          },
          verdict: { cause: 'oom_cgroup_limit' },
        },
        { signal: { signature: 'unregister_netdevice', device: 'veth54a2de6', host: null }, tasks: [] },
      ],
    });
    expect(await stored()).toBe(0);
  });

  it('ties a kill to the one stored end that fits in host, time and limit, as likely', async () => {
    const [kill] = (await said(post(LOG))).signals;
    expect(kill?.tasks).toMatchObject([
      {
        cluster: 'default',
        endId: '11111111-1111-4111-8111-111111111111',
        taskId: 'shop_cart.b2c3d4e5-1111-11e7-9837-f2f3c189fa2c',
        appId: '/shop/cart',
        state: 'TASK_FAILED',
        proof: expect.stringMatching(/likely|possible/),
      },
    ]);
  });

  it('ties it as proven where the container that the log names is known to be the task’s', async () => {
    await db.pool.query(
      `INSERT INTO container (cluster_id, container_id, docker_id, host, told_by, first_seen_at, last_seen_at)
       VALUES (1, $1, $2, 'node-1', 'agent', '2026-11-25T02:00:00Z', '2026-11-25T03:00:00Z')`,
      [MESOS_ID, DOCKER_ID],
    );
    const printedShort = LOG.replaceAll(DOCKER_ID, DOCKER_ID.slice(0, 12));
    for (const log of [LOG, printedShort]) {
      const [kill] = (await said(post(log))).signals;
      expect(kill?.tasks).toMatchObject(
        [{ taskId: /^shop_cart/, tie: 'container_id', proof: 'proven' }].map((one) => ({
          ...one,
          taskId: expect.stringMatching(one.taskId),
        })),
      );
    }
  });

  it('looks for tasks in one cluster where it is told which', async () => {
    const [kill] = (await said(post(LOG, '?cluster=other'))).signals;
    expect(kill?.tasks).toEqual([]);
  });

  it('names a task that only the log tells of', async () => {
    const task = 'shop_pay.0f0f0f0f-2222-11e7-9837-f2f3c189fa2c';
    const line = `I1125 03:00:01.000000  1234 slave.cpp:3211] Handling status update TASK_FAILED (UUID: 7c1e7f4e-1111-4c5e-9d3a-0123456789ab) for task ${task} of framework 20170101-000000-1-5050-1-0000 from executor(1)@10.0.0.1:1\n`;
    const kill = LOG.replaceAll('node-1', 'node-5').split('\n').slice(0, 5).join('\n');
    const body = await said(post(`${kill}\n${`Nov 25 03:00:01 node-5 mesos-slave[1234]: ${line}`}`));
    expect(body.signals[0]?.tasks).toMatchObject([
      { cluster: null, endId: null, taskId: task, appId: '/shop/pay', state: 'TASK_FAILED' },
    ]);
  });

  it('reads a dropped .gz, whatever type the browser gives it', async () => {
    const packed = new Uint8Array(gzipSync(LOG));
    expect(await said(post(packed, '', { 'content-type': 'application/gzip' }))).toMatchObject({
      signalsFound: 2,
    });
    expect(await said(post(packed, '', { 'content-type': 'text/plain' }))).toMatchObject({ lines: 6 });
  });

  it('`host` is whose lines they are that name none', async () => {
    const nameless = LOG.replaceAll(/^Nov 25 03:00:0\d \S+ kernel: /gm, '[12.5] ');
    expect((await said(post(nameless, '?host=node-1'))).hosts).toEqual(['node-1']);
  });

  it('a log that says nothing gives no signals; an empty one has no lines', async () => {
    expect(await said(post('all is well\nreally'))).toMatchObject({ lines: 2, signals: [], from: null });
    expect(await said(post(''))).toMatchObject({ lines: 0, signals: [] });
  });

  it('stores on request, once however often it is pasted', async () => {
    for (const expected of [2, 2]) {
      expect(await said(post(LOG, '?store=true', { 'sec-fetch-site': 'same-origin' }))).toMatchObject({
        stored: true,
      });
      const { rows } = await db.pool.query('SELECT signature FROM log_signal ORDER BY at');
      expect(rows).toHaveLength(expected);
    }
    const { rows } = await db.pool.query('SELECT input, lines::int FROM log_input');
    expect(rows).toEqual([{ input: 'pasted', lines: 12 }]);
  });

  it.each([
    ['another site’s page', { 'sec-fetch-site': 'cross-site' }],
    ['another site’s page over http', { origin: 'http://evil.example', host: 'localhost' }],
  ])('does not store for %s', async (_name, headers) => {
    const response = await post(LOG, '?store=true', headers);
    expect(response.status).toBe(400);
    expect(await stored()).toBe(0);
  });

  it('does not store into a cluster that nobody knows', async () => {
    const response = await post(LOG, '?store=true&cluster=nowhere');
    expect(response.status).toBe(400);
    expect(ErrorBody.parse(await response.json()).error.message).toMatch(/`cluster`/);
  });

  it.each([
    ['51 MiB', 413, () => post(new Uint8Array(51 * 1024 * 1024))],
    ['a form', 415, () => post('x', '', { 'content-type': 'multipart/form-data; boundary=x' })],
    ['a broken archive', 400, () => post(new Uint8Array(gzipSync(LOG)).subarray(0, 99))],
  ])('refuses %s with %i', async (_name, status, send) => {
    expect((await send()).status).toBe(status);
  });

  it('reads two at a time, answers 429 to a third', async () => {
    const open: ReadableStreamDefaultController<Uint8Array>[] = [];
    const slow = () => post(new ReadableStream({ start: (controller) => void open.push(controller) }));
    const held = [slow(), slow()];
    const response = await post(LOG);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    for (const controller of open) controller.close();
    await Promise.all(held);
    expect((await post(LOG)).status).toBe(200);
  });

  it('holds up nobody else while it reads a large log', async () => {
    const quiet = 'Nov 25 03:00:00 node-1 systemd[1]: Started Session 4711 of user root.\n'.repeat(600_000);
    const bytes = Buffer.from(quiet + LOG);
    let sent = 0;
    let turns = 0;
    let isDone = false;
    // All there already: as fast as a body can come, in pieces of a socket's size.
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent >= bytes.length) {
          isDone = true;
          return controller.close();
        }
        controller.enqueue(bytes.subarray(sent, sent + 65_536));
        sent += 65_536;
      },
    });
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    expect(await said(post(body))).toMatchObject({ lines: 600_006, signalsFound: 2 });
    // One at least every 10 ms of some 300; read in one go there is one.
    expect(turns).toBeGreaterThan(5);
  });
});

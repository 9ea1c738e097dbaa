import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { SeenEnds } from '@/lib/domain/seen-ends';

import { installedZookeeper } from '../../scripts/zookeeper.mjs';
import { startTestCluster } from '../../sim/test-cluster';
import { createMasterReader } from './read-master';
import { type MasterWatch, type Registered, watchMasters } from './zookeeper';
import { type Ensemble, type Registrar, startEnsemble, startRegistrar } from './zookeeper-for-tests';
import { parseZookeeperUrl } from './zookeeper-url';

const never = new AbortController().signal;
const NOTHING_SEEN: SeenEnds = new Map();
const quick = { preferName: false, timeoutMs: 1_000, intervalMs: 300 };
let watch: MasterWatch | undefined;
afterEach(() => watch?.close());

const infoOf = (port: number) => ({
  id: `m-${port}`,
  ip: 16_777_343,
  port,
  pid: `master@127.0.0.1:${port}`,
  hostname: 'm1.example.test',
  address: { hostname: 'm1.example.test', ip: '127.0.0.1', port },
});

async function until(isWanted: (told: Registered) => boolean): Promise<Registered> {
  for (;;) {
    const told = await (watch as MasterWatch).masters(never);
    if (isWanted(told)) return told;
    await pause(20);
  }
}

const ledBy =
  (port: number) =>
  ({ masters }: Registered) =>
    masters[0] === `127.0.0.1:${port}`;

const installed = installedZookeeper();

describe.skipIf(installed === null)('with real servers (Debian’s ZooKeeper)', () => {
  let ensemble: Ensemble;
  let registrar: Registrar;
  const all = [0, 1, 2];
  const urlOf = (path: string, login = '') =>
    parseZookeeperUrl(`zk://${login}${ensemble.servers.join(',')}${path}`);

  beforeAll(async () => {
    if (installed !== null) ensemble = await startEnsemble(all.length, installed);
    registrar = await startRegistrar(ensemble.servers, '/mesos');
  }, 60_000);
  afterAll(async () => {
    registrar?.close();
    await ensemble?.remove();
  });

  it('tells the masters, the leader’s first, and each change at once', async () => {
    // Looks only when told of a change.
    watch = watchMasters(urlOf('/mesos'), { ...quick, timeoutMs: 10_000, intervalMs: 600_000 });
    expect((await watch.masters(never)).trouble).toMatchObject({ code: 'ZOOKEEPER_NO_LEADER' });
    const first = await registrar.register(infoOf(5050));
    await until(ledBy(5050));
    await registrar.register('', { label: 'log_replicas_' });
    const second = await registrar.register(infoOf(5051));
    const told = await until(({ masters }) => masters.length === 2);
    expect(told).toEqual({ masters: ['127.0.0.1:5050', '127.0.0.1:5051'], trouble: null });
    await registrar.leave(first);
    await until(ledBy(5051));
    await registrar.leave(second);
    await until(({ trouble }) => trouble?.code === 'ZOOKEEPER_NO_LEADER');
  });

  it('refuses a login that may not read, and shows it nowhere', async () => {
    const closed = await startRegistrar(ensemble.servers, '/closed', 'exit137:right');
    await closed.register(infoOf(5060));
    watch = watchMasters(urlOf('/closed', 'exit137:wrong@'), quick);
    const { trouble } = await watch.masters(never);
    expect(trouble).toMatchObject({ code: 'ZOOKEEPER_REFUSED' });
    expect(`${trouble?.message} ${JSON.stringify(trouble?.details)}`).not.toMatch(/wrong|exit137/);
    watch.close();
    watch = watchMasters(urlOf('/closed', 'exit137:right@'), quick);
    await until(ledBy(5060));
    closed.close();
  });

  it('recognises masters before 0.24, which register in another form', async () => {
    const old = await startRegistrar(ensemble.servers, '/old');
    await old.register('\n\x12binary', { label: 'info_' });
    watch = watchMasters(urlOf('/old'), quick);
    expect((await watch.masters(never)).trouble).toMatchObject({ code: 'ZOOKEEPER_OLD_FORMAT' });
    old.close();
  });

  it('a server that stands still until its sessions run out: the change is told by another', async () => {
    watch = watchMasters(urlOf('/mesos'), quick);
    for (const index of all.slice(0, 2)) {
      ensemble.signal(index, 'SIGSTOP');
      const others = ensemble.servers.filter((_, other) => other !== index);
      const elsewhere = await startRegistrar(others, '/mesos');
      const port = 5100 + index;
      const node = await elsewhere.register(infoOf(port));
      await until(({ masters }) => masters.includes(`127.0.0.1:${port}`));
      await elsewhere.leave(node);
      elsewhere.close();
      ensemble.signal(index, 'SIGCONT');
    }
  }, 40_000);

  it('all servers gone: the masters told last stay, and it is said; back again, changes are told', async () => {
    const before = await startRegistrar(ensemble.servers, '/mesos');
    await before.register(infoOf(5200));
    watch = watchMasters(urlOf('/mesos'), quick);
    await until(ledBy(5200));
    for (const index of all) ensemble.signal(index, 'SIGKILL');
    const told = await until(({ trouble }) => trouble?.code === 'ZOOKEEPER_UNREACHABLE');
    expect(told.masters[0]).toBe('127.0.0.1:5200');
    before.close();
    for (const index of all) ensemble.start(index);
    const after = await startRegistrar(ensemble.servers, '/mesos');
    await after.register(infoOf(5201));
    // The first one's session runs out, as it is closed.
    expect((await until(ledBy(5201))).trouble).toBe(null);
    after.close();
  }, 40_000);

  it('the reader finds the leader of two masters, and the next one, and goes on without ZooKeeper', async () => {
    const cluster = await startTestCluster({
      historySeconds: 600,
      masterAuth: { kind: 'token', token: 'abc' },
    });
    const masters = await startRegistrar(ensemble.servers, '/sim');
    const [first, second] = cluster.masters.map((url) => Number(new URL(url).port)) as [number, number];
    const node = await masters.register(infoOf(first));
    await masters.register(infoOf(second));
    const reader = createMasterReader({
      urls: [`zk://${ensemble.servers.join(',')}/sim`],
      credentials: { token: 'abc', scheme: 'bearer' },
      timeoutMs: 2_000,
      ca: null,
    });
    expect((await reader.read(never, NOTHING_SEEN)).url).toBe(`http://127.0.0.1:${first}`);
    await fetch(`${cluster.control}/sim/failover?seconds=60`, { method: 'POST' });
    await masters.leave(node);
    expect((await reader.read(never, NOTHING_SEEN)).url).toBe(`http://127.0.0.1:${second}`);
    for (const index of all) ensemble.signal(index, 'SIGKILL');
    let codes: string[] = [];
    while (!codes.includes('zookeeper_unavailable')) {
      const snapshot = await reader.read(never, NOTHING_SEEN);
      expect(snapshot.url).toBe(`http://127.0.0.1:${second}`);
      codes = snapshot.warnings.map(({ code }) => code);
    }
    masters.close();
    await reader.close();
    await cluster.stop();
  }, 40_000);
});

describe('what is no ZooKeeper', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  async function listen(say: (write: (bytes: Buffer) => void) => void): Promise<string> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      say((bytes) => socket.write(bytes));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  it.each<[string, (write: (bytes: Buffer) => void) => void]>([
    ['says nothing', () => {}],
    ['speaks HTTP', (write) => write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['sends chance', (write) => write(randomBytes(65_536))],
    [
      'tells of a frame without end',
      (write) => write(Buffer.concat([Buffer.from([0x7f, 255, 255, 255]), Buffer.alloc(5 << 20)])),
    ],
    [
      'sends small frames of nothing',
      (write) => write(Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 9, 255, 255, 255, 255])),
    ],
  ])('%s: unreachable within its time, and nothing is thrown', async (_name, say) => {
    const server = await listen(say);
    watch = watchMasters(parseZookeeperUrl(`zk://${server}/mesos`), { ...quick, timeoutMs: 300 });
    const { trouble, masters } = await watch.masters(never);
    expect(trouble).toMatchObject({ code: 'ZOOKEEPER_UNREACHABLE' });
    expect(masters).toEqual([]);
  });
});

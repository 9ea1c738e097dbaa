import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ACL, type Client, CreateMode, createClient, Id, Permission } from 'node-zookeeper-client';

const TICK_MS = 200;

export type Ensemble = {
  /** `host:port` each. */
  servers: string[];
  start(index: number): void;
  /** Kills the server's process, or lets it stand still and go on. */
  signal(index: number, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  remove(): Promise<void>;
};

/** Real ZooKeeper servers of one ensemble on free loopback ports, for tests; `installed` as scripts/zookeeper.mjs tells. */
export async function startEnsemble(
  size: number,
  installed: { java: string; classpath: string },
): Promise<Ensemble> {
  const folder = mkdtempSync(join(tmpdir(), 'exit137-zookeeper-'));
  const ports = await freePorts(3 * size);
  const children: (ChildProcess | undefined)[] = [];
  const peers = Array.from(
    { length: size },
    (_, index) => `server.${index + 1}=127.0.0.1:${ports[3 * index + 1]}:${ports[3 * index + 2]}`,
  );

  function start(index: number): void {
    const data = join(folder, String(index));
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'myid'), String(index + 1));
    const settings = [
      `tickTime=${TICK_MS}`,
      'initLimit=50',
      'syncLimit=10',
      `dataDir=${data}`,
      `clientPort=${ports[3 * index]}`,
      'clientPortAddress=127.0.0.1',
      'admin.enableServer=false',
      ...(size > 1 ? peers : []),
    ];
    const path = join(folder, `${index}.cfg`);
    writeFileSync(path, `${settings.join('\n')}\n`);
    const java = ['-Xmx48m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', installed.classpath];
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
    children[index] = spawn(installed.java, [...java, main, path], { stdio: 'ignore' });
  }

  for (let index = 0; index < size; index += 1) start(index);
  return {
    servers: Array.from({ length: size }, (_, index) => `127.0.0.1:${ports[3 * index]}`),
    start,
    signal(index, name) {
      children[index]?.kill(name);
    },
    async remove() {
      for (const child of children) {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Masters that register as Mesos's do: ephemeral, numbered nodes. */
export type Registrar = {
  /** The node's name. */
  register(info: unknown, options?: { label?: string; acls?: ACL[] }): Promise<string>;
  leave(node: string): Promise<void>;
  close(): void;
};

/** Waits until the servers answer. `path` is made where it is missing, readable by `login` alone where there is one. */
export async function startRegistrar(
  servers: readonly string[],
  path: string,
  login: string | null = null,
): Promise<Registrar> {
  let client: Client | null = null;
  while (client === null) {
    const next = createClient(servers.join(','), { sessionTimeout: 4_000, spinDelay: 100 });
    if (login !== null) next.addAuthInfo('digest', Buffer.from(login));
    next.connect();
    const made = promised<string>((done) => next.mkdirp(path, done));
    const isThere = await Promise.race([made.then(() => true), pause(2_000).then(() => false)]).catch(
      () => false,
    );
    if (isThere) client = next;
    else next.close();
  }
  const ready = client;
  const acls = login === null ? undefined : [new ACL(Permission.ALL, new Id('digest', digestOf(login)))];
  if (acls !== undefined) await promised((done) => ready.setACL(path, acls, done));
  return {
    async register(info, { label = 'json.info_' } = {}) {
      const body = Buffer.from(typeof info === 'string' ? info : JSON.stringify(info));
      const made = await promised<string>((done) =>
        ready.create(
          `${path}/${label}`,
          body,
          acls ?? [new ACL(Permission.ALL, new Id('world', 'anyone'))],
          CreateMode.EPHEMERAL_SEQUENTIAL,
          done,
        ),
      );
      return made.slice(path.length + 1);
    },
    leave: (node) =>
      promised<void>((done) => ready.remove(`${path}/${node}`, (error) => done(error, undefined))),
    close: () => ready.close(),
  };
}

/** As ZooKeeper keeps a login in its access lists: the name, and a digest of both. */
function digestOf(login: string): string {
  return `${login.split(':')[0]}:${createHash('sha1').update(login).digest('base64')}`;
}

function promised<T>(work: (done: (error: unknown, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    work((error, value) => (error ? reject(error) : resolve(value)));
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
}

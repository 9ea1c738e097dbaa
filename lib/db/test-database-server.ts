import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type pg from 'pg';

import { type PostgresServer, startPostgres } from '../../scripts/postgres.mjs';
import { migrate } from './migrate';
import { createPool } from './pool';

/** Not what is durable is tried, but what happens when a server goes away: without syncing it takes half the time. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', max_connections: '40', shared_buffers: '16MB' };

export type OwnServer = {
  /** Stays the same over restarts. */
  url: string;
  dataDir: string;
  /** For the test itself; never through the forwarder. */
  pool: pg.Pool;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** As by `kill -9` of its first process. */
  kill(): Promise<void>;
  isRunning(): boolean;
};

/** A migrated Postgres of one's own that a test may stop, kill and fill up, in a folder made for it. */
export async function startOwnServer(
  folder: string,
  settings: Record<string, string> = {},
): Promise<OwnServer> {
  mkdirSync(folder, { recursive: true });
  const all = { ...SETTINGS, ...settings };
  let server: PostgresServer | null = null;
  async function start(): Promise<PostgresServer> {
    const started = await startPostgres({ dataDir: folder, settings: all });
    server = started;
    void started.exited.then(() => {
      server = null;
    });
    return started;
  }
  const { url } = await start();
  return {
    url,
    dataDir: folder,
    pool: createPool(url, { max: 3, applicationName: 'test', statementTimeoutMs: 10_000 }),
    async stop() {
      await server?.stop();
    },
    async start() {
      if (server === null) await start();
    },
    async kill() {
      const dying = server;
      if (dying) process.kill(dying.pid, 'SIGKILL');
      await dying?.exited;
    },
    isRunning: () => server !== null,
  };
}

export type Pair = {
  primary: OwnServer;
  standby: OwnServer;
  /** From now on the standby hears nothing of the primary. */
  separate(): Promise<void>;
  remove(): Promise<void>;
};

/** A primary, migrated, in `folder`/primary, and a standby that follows it in `folder`/standby. */
export async function startPair(folder: string): Promise<Pair> {
  const [primaryDir, standbyDir] = [join(folder, 'primary'), join(folder, 'standby')];
  const draft = await startOwnServer(primaryDir);
  await migrate({ url: draft.url });
  await draft.pool.end();
  await draft.stop();
  appendFileSync(join(primaryDir, 'postgres', 'pg_hba.conf'), 'local replication all trust\n');
  mkdirSync(standbyDir, { recursive: true });
  cpSync(join(primaryDir, 'postgres'), join(standbyDir, 'postgres'), { recursive: true });
  writeFileSync(join(standbyDir, 'postgres', 'standby.signal'), '');
  const primary = await startOwnServer(primaryDir);
  const line = await startForwarder(primary);
  const { port } = new URL(line.url);
  const standby = await startOwnServer(standbyDir, {
    primary_conninfo: `host=127.0.0.1 port=${port} user=exit137`,
    wal_retrieve_retry_interval: '100ms',
  });
  return {
    primary,
    standby,
    separate: line.close,
    async remove() {
      await Promise.all([primary.pool.end(), standby.pool.end(), line.close()]);
      await Promise.all([primary.stop(), standby.stop()]);
    },
  };
}

export type Forwarder = {
  /** Of the database behind it, as DATABASE_URL would name a virtual address. */
  url: string;
  /** From now on new connections go there. */
  to(server: { url: string }): void;
  /** Breaks every connection. */
  cut(): void;
  /** How many were opened since the start. */
  opened(): number;
  close(): Promise<void>;
};

/** Stands in for the virtual address that a failover moves from one server to the other. */
export async function startForwarder(first: { url: string }): Promise<Forwarder> {
  let path = socketPath(first.url);
  let opened = 0;
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    opened += 1;
    const server = connect(path);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo; // A TCP server has no other kind of address.
  return {
    url: `postgres://exit137@127.0.0.1:${port}/exit137`,
    to(server) {
      path = socketPath(server.url);
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    opened: () => opened,
    async close() {
      for (const socket of sockets) socket.destroy();
      if (listener.listening) await once(listener.close(), 'close');
    },
  };
}

/** Where a server of scripts/postgres.mjs listens. */
function socketPath(url: string): string {
  const { searchParams, port } = new URL(url);
  return join(searchParams.get('host') ?? '', `.s.PGSQL.${port || '5432'}`);
}

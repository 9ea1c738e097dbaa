import { type Client, createClient, Exception, State } from 'node-zookeeper-client';

import { AppError, toAppError } from '@/lib/errors';

import { masterNodes, parseMasterInfo } from './parse-master-info';
import type { ZookeeperUrl } from './zookeeper-url';

/** What ZooKeeper told of the masters. */
export type Registered = {
  /** `host:port` each, the leader's first; empty: nothing is known yet. */
  masters: readonly string[];
  /** Why ZooKeeper could not be asked anew; null: it could. `masters` are then those it told last. */
  trouble: AppError | null;
};

export type MasterWatch = {
  /** What is known now; at first it waits for ZooKeeper, as long as one look may take. Never rejects. */
  masters(signal: AbortSignal): Promise<Registered>;
  close(): void;
};

export type WatchOptions = {
  /** Host names rather than addresses, see `parseMasterInfo`. */
  preferName: boolean;
  /** One look may take as long. */
  timeoutMs?: number;
  /** Between two looks, for a watch may get lost with its server. */
  intervalMs?: number;
};

const TIMEOUT_MS = 5_000;
const INTERVAL_MS = 10_000;
const SESSION_MS = 10_000;
const RETRY_MS = 1_000;
// ZooKeeper itself sends no more than 1 MiB (jute.maxbuffer).
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/**
 * Watches the path under which the masters of a cluster register, and looks again every `intervalMs`: the client does not
 * notice by itself that a server has stopped answering. Whatever ZooKeeper does, the masters it told last stay known. Each
 * failed look is followed by one with a new client, and so another server, a second later. Reads only.
 */
export function watchMasters(
  url: ZookeeperUrl,
  { preferName, timeoutMs = TIMEOUT_MS, intervalMs = INTERVAL_MS }: WatchOptions,
): MasterWatch {
  let known: Registered = { masters: [], trouble: null };
  let client: Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isLooking = false;
  let hasLooked = false;
  /** A change was told while a look was under way. */
  let isStale = false;
  let endFirstLook = (): void => {};
  const firstLook = new Promise<void>((resolve) => {
    endFirstLook = resolve;
  });

  // One function: the client then keeps one watch of the path, however often it is looked at.
  const lookAgain = (): void => void look();

  async function look(): Promise<void> {
    if (isLooking || isClosed) {
      isStale = true;
      return;
    }
    isLooking = true;
    isStale = false;
    clearTimeout(timer);
    let pauseMs = intervalMs;
    try {
      client ??= connect(url, lookAgain);
      known = { masters: await within(timeoutMs, readMasters(client)), trouble: null };
    } catch (thrown) {
      known = { ...known, trouble: asTrouble(url, thrown) };
      drop();
      pauseMs = RETRY_MS;
    }
    isLooking = false;
    hasLooked = true;
    endFirstLook();
    if (isClosed) return;
    timer = setTimeout(lookAgain, isStale ? 0 : pauseMs);
    timer.unref();
  }

  async function readMasters(from: Client): Promise<string[]> {
    await connected(from);
    const nodes = masterNodes(await childrenOf(from, url.path, lookAgain));
    const contents = await Promise.all(nodes.map((node) => contentOf(from, `${url.path}/${node}`)));
    const masters = nodes.flatMap((node, index) => {
      const content = contents[index] ?? null;
      const master = content === null ? null : parseMasterInfo(node, content, { preferName });
      return master === null ? [] : [`${master.host}:${master.port}`];
    });
    if (masters.length > 0) return [...new Set(masters)];
    throw new AppError('ZOOKEEPER_NO_LEADER', 'What masters wrote into ZooKeeper names no address');
  }

  function drop(): void {
    if (client !== null) end(client);
    client = null;
  }

  void look();
  return {
    async masters(signal) {
      if (!hasLooked && !signal.aborted) await orAborted(firstLook, signal);
      return known;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      drop();
    },
  };
}

/** The parts of the client that hold its socket. Not in its types, and the only way to be rid of one that hangs. */
type Inside = {
  connectionManager: {
    socket?: { destroy(): void };
    pendingBuffer: Buffer | null;
    onSocketData(chunk: Buffer): void;
  };
};

function connect(url: ZookeeperUrl, onChange: () => void): Client {
  const client = createClient(url.servers.join(','), { sessionTimeout: SESSION_MS, spinDelay: RETRY_MS });
  const manager = (client as unknown as Inside).connectionManager;
  const take = manager.onSocketData;
  // What is no ZooKeeper makes the client throw inside an event, which would end this process.
  manager.onSocketData = (chunk) => {
    try {
      if ((manager.pendingBuffer?.length ?? 0) + chunk.length > MAX_FRAME_BYTES) throw new Error('too large');
      take.call(manager, chunk);
    } catch {
      manager.pendingBuffer = null;
      manager.socket?.destroy();
    }
  };
  // A look then waits for another server, or tells that there is none.
  client.on('disconnected', onChange);
  client.on('expired', onChange);
  client.on('authenticationFailed', onChange);
  const { login } = url;
  if (login !== null) client.addAuthInfo('digest', Buffer.from(`${login.user}:${login.password}`));
  client.connect();
  return client;
}

function end(client: Client): void {
  client.removeAllListeners();
  client.close();
  // Closing asks the server first, and one that hangs would keep the client for ever.
  const { socket } = (client as unknown as Inside).connectionManager;
  setImmediate(() => socket?.destroy());
}

/** What is asked before would overtake the login, which the client sends once it is connected. */
async function connected(client: Client): Promise<void> {
  if (client.getState().code === State.SYNC_CONNECTED.code) return;
  await new Promise<void>((resolve) => client.once('connected', resolve));
}

function childrenOf(client: Client, path: string, onChange: () => void): Promise<string[]> {
  return new Promise((resolve, reject) => {
    client.getChildren(path, onChange, (error, children) => (error ? reject(error) : resolve(children)));
  });
}

/** Null: it went away meanwhile. */
function contentOf(client: Client, path: string): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    client.getData(path, (error, data) => {
      if (error instanceof Exception && error.code === Exception.NO_NODE) resolve(null);
      else if (error) reject(error);
      else resolve(data ?? null);
    });
  });
}

async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    signal.addEventListener('abort', onAbort, { once: true });
  });
  await Promise.race([work, aborted]);
  signal.removeEventListener('abort', onAbort);
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Names the servers and the path, never the login. */
function asTrouble({ servers, path }: ZookeeperUrl, thrown: unknown): AppError {
  const where = `zk://${servers.join(',')}${path}`;
  if (thrown instanceof Exception) {
    const { code } = thrown;
    if (code === Exception.NO_AUTH || code === Exception.AUTH_FAILED) {
      return new AppError('ZOOKEEPER_REFUSED', `${where} may not be read with the login given`);
    }
    if (code === Exception.NO_NODE) {
      return new AppError('ZOOKEEPER_NO_LEADER', `${where}: there is no such path`);
    }
  }
  const { code, message } = toAppError(thrown);
  if (code !== 'INTERNAL') return new AppError(code, `${where}: ${message}`);
  const why = thrown instanceof Exception ? thrown.name : thrown instanceof Error ? thrown.message : 'failed';
  return new AppError('ZOOKEEPER_UNREACHABLE', `Cannot read ${where}: ${why}`, { cause: thrown });
}

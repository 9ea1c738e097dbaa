import type { MesosTask } from '@/lib/domain/task';
import { AppError } from '@/lib/errors';
import { createUpstream, type Reply } from '@/lib/upstream/create-upstream';
import { asNumber, asRecords, asText } from '@/lib/upstream/loose-json';
import type { Credentials, Target } from '@/lib/upstream/source';
import { statusError, upstreamError } from '@/lib/upstream/upstream-error';
import { type AgentAddress, isAtLeast } from './agent-address';
import type { AgentGate } from './agent-gate';
import { parseFileBytes } from './file-bytes';
import { findSandboxes, latestRunPath, type SandboxTask } from './find-sandboxes';
import { parseContainers, type RunningContainer } from './parse-containers';
import { readHistory } from './read-history';

export type AgentReaderOptions = {
  credentials: Credentials;
  /** For one request, from connecting to the last byte of its body. */
  timeoutMs: number;
  ca: string | null;
  /** Default `http`: what `pid` names has no scheme, and all of a cluster's agents speak the same. */
  scheme?: 'http' | 'https';
  gate: AgentGate;
};

export type ContainersReading = {
  containers: RunningContainer[];
  /** The agent's clock less ours, from its Date header, which is told in whole seconds; null: not told. */
  skewMs: number | null;
};

export const SANDBOX_FILES = ['stdout', 'stderr'] as const;
export type SandboxFile = (typeof SANDBOX_FILES)[number];

/** The end of one file of a sandbox, or why there is none. */
export type FileTail =
  | {
      /** At most 64 KiB of raw bytes. */
      content: Buffer;
      /** Of what the task wrote, as far as the agent still has it: the file, and the part rotated away last. */
      sizeBytes: number;
      /** Where in that `content` begins. */
      fromByte: number;
    }
  | { errorCode: string };

export type SandboxTails = Record<SandboxFile, FileTail>;

export type AgentReader = {
  /**
   * What runs on the agent, with memory against its limit: `/containers` (since 1.0), else `/monitor/statistics`.
   * Errors: AGENT_*, BODY_TOO_LARGE.
   */
  readContainers(agent: AgentAddress, signal: AbortSignal): Promise<ContainersReading>;
  /**
   * The ends of stdout and stderr of tasks of one agent, told one by one as they are read: one look at its
   * /state, then two to six small requests a task. A task whose sandbox is not there gets SANDBOX_GONE; a failure
   * of the agent is told for each task left, and nothing is thrown but the reason of `signal`. Where `onTails`
   * answers false, the tasks that follow are left alone.
   */
  readSandboxes<Task extends SandboxTask>(
    agent: AgentAddress,
    tasks: readonly Task[],
    onTails: (task: Task, tails: SandboxTails) => boolean,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Tasks that ended on the agent, as its own history has them: without message and reason. What was told before an
   * answer broke off counts, and the error is thrown all the same. Errors: AGENT_*, BODY_TOO_LARGE.
   */
  readEnded(agent: AgentAddress, onEnd: (task: MesosTask) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export const TAIL_BYTES = 64 * 1024;
// 64 KiB whose every byte is an escape of six characters, and room.
const FILE_LIMIT_BYTES = 512 * 1024;
const LIST_LIMIT_BYTES = 8 * 1024 * 1024;
const STATE_LIMIT_BYTES = 128 * 1024 * 1024;
// A page of an agent may be larger than 4 KiB, never smaller: one read gives all, but for odd servers.
const MAX_READS = 4;
// Paths that were found, for agents that come and go for months.
const MAX_PATHS = 50_000;

/** Asks agents. Which one is asked at all, and how often, is the gate's matter. Errors: CONFIG_INVALID. */
export function createAgentReader(options: AgentReaderOptions): AgentReader {
  const { gate, timeoutMs, credentials, ca } = options;
  // Agents are found through the master, so the one target here only lends its scheme and login.
  const upstream = createUpstream('agent', {
    urls: [`${options.scheme ?? 'http'}://agent.invalid`],
    credentials,
    timeoutMs,
    ca,
  });
  const [lender] = upstream.targets;
  const goodPaths = new Map<string, string>();

  function targetOf(agent: AgentAddress): Target {
    if (lender === undefined) throw new AppError('CONFIG_INVALID', 'No agent can be asked');
    return upstream.alias(lender, agent.hostPort);
  }

  /** Asks the first of the paths that the agent knows; its choice is remembered. */
  async function openFirst(
    agent: AgentAddress,
    kind: string,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<Reply> {
    const key = `${agent.hostPort} ${agent.process} ${kind}`;
    const good = goodPaths.get(key);
    const ordered = good === undefined ? paths : [good, ...paths.filter((path) => path !== good)];
    const target = targetOf(agent);
    for (const [index, path] of ordered.entries()) {
      const reply = await upstream.open({ target, path, signal });
      if (reply.status === 404 && index + 1 < ordered.length) {
        reply.discard();
        continue;
      }
      if (reply.status === 200) {
        if (goodPaths.size >= MAX_PATHS) goodPaths.clear();
        goodPaths.set(key, path);
        return reply;
      }
      reply.discard();
      throw statusError('agent', reply);
    }
    throw upstreamError('agent', 'badPayload', `${target.base} knows no ${kind}`);
  }

  async function readContainers(agent: AgentAddress, signal: AbortSignal): Promise<ContainersReading> {
    return gate.pass(agent.agentId, async () => {
      const prefix = `/${agent.process}`;
      if (isAtLeast(agent.version, [1, 0])) {
        const reading = await list('containers', [`${prefix}/containers`, '/containers']).catch(
          onlyIf(['AGENT_BAD_PAYLOAD', 'AGENT_AUTH_REFUSED'], null),
        );
        const tells = reading?.containers.some(({ usedBytes }) => usedBytes !== null);
        if (reading !== null && (tells || reading.containers.length === 0)) return reading;
      }
      const paths = ['', '.json'].flatMap((end) => [
        `${prefix}/monitor/statistics${end}`,
        `/monitor/statistics${end}`,
      ]);
      return list(
        'statistics',
        isAtLeast(agent.version, [0, 25]) ? paths : [...paths.slice(2), ...paths.slice(0, 2)],
      );
    });

    async function list(kind: string, paths: readonly string[]): Promise<ContainersReading> {
      const askedAt = Date.now();
      const reply = await openFirst(agent, kind, paths, signal);
      const answeredAt = Date.now();
      const containers = parseContainers(parsed(await collect(reply, LIST_LIMIT_BYTES)));
      if (containers === null) throw upstreamError('agent', 'badPayload', `${reply.url} is not a list`);
      return { containers, skewMs: skewOf(reply.date, askedAt, answeredAt) };
    }
  }

  async function readSandboxes<Task extends SandboxTask>(
    agent: AgentAddress,
    tasks: readonly Task[],
    onTails: (task: Task, tails: SandboxTails) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const directories = await gate
      .pass(agent.agentId, () => directoriesOf(agent, tasks, signal))
      .catch((thrown: unknown) => thrown);
    signal.throwIfAborted();
    for (const [index, task] of tasks.entries()) {
      const directory = Array.isArray(directories) ? (directories[index] ?? null) : null;
      const failure = Array.isArray(directories) ? null : codeOf(directories);
      if (directory === null) {
        if (!onTails(task, bothFailed(failure ?? 'SANDBOX_GONE'))) return;
        continue;
      }
      const tails = await gate
        .pass(agent.agentId, () => readTails(agent, directory, signal))
        .catch((thrown: unknown) => bothFailed(codeOf(thrown)));
      signal.throwIfAborted();
      if (!onTails(task, tails)) return;
    }
  }

  function openState(agent: AgentAddress, signal: AbortSignal): Promise<Reply> {
    const paths = ['', '.json'].flatMap((end) => [`/${agent.process}/state${end}`, `/state${end}`]);
    return openFirst(agent, 'state', paths, signal);
  }

  async function readEnded(
    agent: AgentAddress,
    onEnd: (task: MesosTask) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await gate.pass(agent.agentId, async () => {
      const reply = await openState(agent, signal);
      const { failure, problem } = await readHistory(limited(reply, STATE_LIMIT_BYTES), onEnd);
      if (failure !== null) throw failure;
      if (problem !== null) throw upstreamError('agent', 'badPayload', `${reply.url}: ${problem}`);
    });
  }

  /** Of each task; null: the agent has none. Throws where it could not be asked and nothing else helps. */
  async function directoriesOf(
    agent: AgentAddress,
    tasks: readonly SandboxTask[],
    signal: AbortSignal,
  ): Promise<(string | null)[]> {
    const fallback = (task: SandboxTask) => (isAtLeast(agent.version, [1, 5]) ? latestRunPath(task) : null);
    try {
      const reply = await openState(agent, signal);
      const found = await findSandboxes(limited(reply, STATE_LIMIT_BYTES), tasks);
      const isWhole = found.failure === null && found.problem === null;
      const directories = tasks.map((task, index) => found.directories[index] ?? fallback(task));
      // What a cut answer did not tell is not gone.
      if (!isWhole && directories.every((directory) => directory === null)) {
        throw found.failure ?? upstreamError('agent', 'badPayload', `${reply.url}: ${found.problem}`);
      }
      return directories;
    } catch (thrown) {
      signal.throwIfAborted();
      const isAnswer =
        thrown instanceof AppError && ['AGENT_BAD_PAYLOAD', 'BODY_TOO_LARGE'].includes(thrown.code);
      const directories = tasks.map(fallback);
      if (isAnswer && directories.some((directory) => directory !== null)) return directories;
      throw thrown;
    }
  }

  async function readTails(
    agent: AgentAddress,
    directory: string,
    signal: AbortSignal,
  ): Promise<SandboxTails> {
    // Sizes of all files at once; an agent that lists none, or refuses, is asked file by file.
    const sizes = await browse(agent, directory, signal).catch(
      onlyIf(
        ['AGENT_BAD_PAYLOAD', 'AGENT_AUTH_REFUSED', 'SANDBOX_GONE', 'BODY_TOO_LARGE'],
        new Map<string, number>(),
      ),
    );
    const tails: Partial<SandboxTails> = {};
    for (const file of SANDBOX_FILES) {
      tails[file] = await tailOf(agent, { directory, file, sizes }, signal).catch((thrown: unknown) => {
        // One that no longer answers would only take the time of the next.
        if (!(thrown instanceof AppError) || isAway(thrown.code)) throw thrown;
        return { errorCode: thrown.code };
      });
    }
    return { ...bothFailed('SANDBOX_GONE'), ...tails };
  }

  async function browse(agent: AgentAddress, directory: string, signal: AbortSignal) {
    const reply = await openFile(agent, 'browse', `path=${encodeURIComponent(directory)}`, signal);
    const sizes = new Map<string, number>();
    for (const entry of asRecords(parsed(await collect(reply, LIST_LIMIT_BYTES)))) {
      const name = asText(entry.path, 4096)?.split('/').at(-1);
      const size = asNumber(entry.size);
      if (name !== undefined && size !== null && size >= 0) sizes.set(name, size);
    }
    return sizes;
  }

  async function tailOf(
    agent: AgentAddress,
    { directory, file, sizes }: { directory: string; file: SandboxFile; sizes: ReadonlyMap<string, number> },
    signal: AbortSignal,
  ): Promise<FileTail> {
    const now = await readEnd(agent, `${directory}/${file}`, sizes.get(file) ?? null, TAIL_BYTES, signal);
    const rotatedSize = sizes.get(`${file}.1`) ?? 0;
    const room = TAIL_BYTES - now.content.length;
    // A full tail needs nothing of what was rotated away, but its place in the whole counts it.
    if (rotatedSize === 0 || now.fromByte > 0 || room === 0) {
      return { ...now, sizeBytes: now.sizeBytes + rotatedSize, fromByte: now.fromByte + rotatedSize };
    }
    const older = await readEnd(agent, `${directory}/${file}.1`, rotatedSize, room, signal).catch(
      onlyIf(['SANDBOX_GONE', 'AGENT_BAD_PAYLOAD'], null),
    );
    if (older === null) return now;
    return {
      content: Buffer.concat([older.content, now.content]),
      sizeBytes: older.sizeBytes + now.sizeBytes,
      fromByte: older.fromByte,
    };
  }

  async function readEnd(
    agent: AgentAddress,
    path: string,
    knownSize: number | null,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<{ content: Buffer; sizeBytes: number; fromByte: number }> {
    const query = `path=${encodeURIComponent(path)}`;
    const sizeBytes = knownSize ?? (await readFile(agent, query, signal)).offset;
    const fromByte = Math.max(0, sizeBytes - maxBytes);
    const parts: Buffer[] = [];
    let have = 0;
    for (let reads = 0; have < sizeBytes - fromByte && reads < MAX_READS; reads += 1) {
      const length = sizeBytes - fromByte - have;
      const { data } = await readFile(agent, `${query}&offset=${fromByte + have}&length=${length}`, signal);
      if (data.length === 0) break; // Truncated or rotated since its size was told.
      parts.push(data.subarray(0, length));
      have += Math.min(data.length, length);
    }
    return { content: Buffer.concat(parts, have), sizeBytes, fromByte };
  }

  async function readFile(agent: AgentAddress, query: string, signal: AbortSignal) {
    const reply = await openFile(agent, 'read', query, signal);
    const read = parseFileBytes(await collect(reply, FILE_LIMIT_BYTES));
    if (read === null) throw upstreamError('agent', 'badPayload', `${reply.url} is not a part of a file`);
    return read;
  }

  /** 404 of a path that the agent answered before, and of both forms of the path: what is asked for is gone. */
  async function openFile(agent: AgentAddress, kind: 'browse' | 'read', query: string, signal: AbortSignal) {
    const isOld = !isAtLeast(agent.version, [1, 8]);
    const paths = [
      `/files/${kind}?${query}`,
      ...(isOld || agent.version === null ? [`/files/${kind}.json?${query}`] : []),
    ];
    const target = targetOf(agent);
    for (const path of paths) {
      const reply = await upstream.open({ target, path, signal });
      if (reply.status === 200) return reply;
      reply.discard();
      if (reply.status !== 404) throw statusError('agent', reply);
    }
    throw new AppError('SANDBOX_GONE', `${target.base} no longer has the sandbox`);
  }

  return { readContainers, readSandboxes, readEnded, close: () => upstream.close() };
}

/** Our clocks stand between asking and answering; the header drops the fraction of its second. */
function skewOf(date: Date | null, askedAt: number, answeredAt: number): number | null {
  if (date === null) return null;
  const skewMs = Math.round(date.getTime() + 500 - (askedAt + answeredAt) / 2);
  return Math.abs(skewMs) < 2 ** 31 ? skewMs : null;
}

function bothFailed(errorCode: string): SandboxTails {
  return { stdout: { errorCode }, stderr: { errorCode } };
}

/** A bug is thrown on, to be seen; whatever an agent did has its code. */
function codeOf(thrown: unknown): string {
  if (thrown instanceof AppError) return thrown.code;
  throw thrown;
}

function isAway(code: string): boolean {
  return code === 'AGENT_UNREACHABLE' || code === 'AGENT_TIMEOUT';
}

function onlyIf<T>(codes: readonly string[], instead: T): (thrown: unknown) => T {
  return (thrown) => {
    if (thrown instanceof AppError && codes.includes(thrown.code)) return instead;
    throw thrown;
  };
}

async function* limited(reply: Reply, limitBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of reply.body) {
    bytes += chunk.length;
    if (bytes > limitBytes) {
      throw upstreamError('agent', 'tooLarge', `${reply.url} sent more than ${limitBytes} bytes`);
    }
    yield chunk;
  }
}

async function collect(reply: Reply, limitBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of limited(reply, limitBytes)) parts.push(chunk);
  return Buffer.concat(parts);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

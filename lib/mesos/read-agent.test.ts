import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';
import type { Credentials } from '@/lib/upstream/source';
import { routes, startTestServer, status, type TestServer } from '@/lib/upstream/test-server';

import type { AgentAddress } from './agent-address';
import { createAgentGate } from './agent-gate';
import type { SandboxTask } from './find-sandboxes';
import {
  type AgentReader,
  createAgentReader,
  type FileTail,
  type SandboxTails,
  TAIL_BYTES,
} from './read-agent';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function server(table: Record<string, unknown> | RequestListener = {}): Promise<TestServer> {
  const started = await startTestServer(typeof table === 'function' ? table : routes(table));
  closers.push(started.close);
  return started;
}

function readerOf({ timeoutMs = 2_000, credentials = null as Credentials } = {}): AgentReader {
  const reader = createAgentReader({ credentials, timeoutMs, ca: null, gate: createAgentGate() });
  closers.push(reader.close);
  return reader;
}

const address = ({ host }: TestServer, version: string | null = '1.11.0'): AgentAddress => ({
  agentId: 'S1',
  hostPort: host,
  process: 'slave(1)',
  version,
});
const never = () => new AbortController().signal;

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (thrown: unknown) => (thrown instanceof AppError ? thrown.code : String(thrown)),
  );
}

const WEB = 'web.0a1b2c3d-0000-11ea-8000-0242ac110002';
const RUN = '3f0c6f6e-1111-4222-8333-444455556666';
const OLD_RUN = '3f0c6f6e-1111-4222-8333-000000000000';
const dirOf = (run: string, executor = WEB) =>
  `/var/lib/mesos/slaves/S1/frameworks/F1/executors/${executor}/runs/${run}`;
const task = (extra: Partial<SandboxTask> = {}): SandboxTask => ({
  frameworkId: 'F1',
  taskId: WEB,
  executorId: '',
  containerId: null,
  ...extra,
});
const executor = (run: string, extra: Record<string, unknown> = {}) => ({
  id: WEB,
  name: 'web',
  source: WEB,
  container: run,
  directory: dirOf(run),
  tasks: [],
  queued_tasks: [],
  completed_tasks: [{ id: WEB, framework_id: 'F1', state: 'TASK_FAILED' }],
  ...extra,
});
const agentState = (completed: unknown[], extra: Record<string, unknown> = {}) => ({
  id: 'S1',
  frameworks: [
    { id: 'F0', executors: [executor('not-this')], completed_executors: [] },
    { id: 'F1', executors: [], completed_executors: completed },
  ],
  completed_frameworks: [],
  ...extra,
});

/** `/files/browse` and `/files/read` over files, as an agent with pages of `cap` bytes answers. */
function files(
  byPath: Record<string, string | Buffer>,
  { cap = 65_536, escaped = false } = {},
): RequestListener {
  const bytes = new Map(Object.entries(byPath).map(([path, data]) => [path, Buffer.from(data)]));
  return (request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    const path = url.searchParams.get('path') ?? '';
    if (url.pathname.endsWith('browse')) {
      const inside = [...bytes].filter(([name]) => name.startsWith(`${path}/`));
      if (inside.length === 0) return status(404)(request, response);
      response.end(
        JSON.stringify(inside.map(([name, { length: size }]) => ({ path: name, size, nlink: 1 }))),
      );
      return;
    }
    const file = bytes.get(path);
    if (file === undefined) return status(404)(request, response);
    const offset = url.searchParams.get('offset');
    const length = Math.min(cap, Number(url.searchParams.get('length') ?? cap));
    const data = offset === null ? Buffer.alloc(0) : file.subarray(Number(offset), Number(offset) + length);
    const text = Array.from(data.toString('latin1'), (letter) =>
      letter < ' ' || letter === '"' || letter === '\\' || (escaped && letter > '~')
        ? `\\u00${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
        : letter,
    ).join('');
    response.end(Buffer.from(`{"data":"${text}","offset":${offset ?? file.length}}`, 'latin1'));
  };
}

async function tailsOf(
  reader: AgentReader,
  agent: AgentAddress,
  tasks: SandboxTask[] = [task()],
): Promise<SandboxTails[]> {
  const all: SandboxTails[] = [];
  await reader.readSandboxes(agent, tasks, (_task, tails) => all.push(tails) > 0, never());
  return all;
}
const textOf = (tail: FileTail | undefined) =>
  tail === undefined || 'errorCode' in tail ? (tail?.errorCode ?? 'none') : tail.content.toString('utf8');

describe('readContainers', () => {
  const container = {
    container_id: RUN,
    framework_id: 'F1',
    executor_id: WEB,
    source: WEB,
    statistics: { mem_rss_bytes: 1, mem_limit_bytes: 2 },
  };

  it.each([
    ['1.11.0', '/slave(1)/containers'],
    ['1.11.0', '/containers'],
    ['1.11.0', '/slave(1)/monitor/statistics'],
    ['0.28.3', '/slave(1)/monitor/statistics'],
    ['0.28.3', '/monitor/statistics'],
    ['0.22.2', '/slave(1)/monitor/statistics.json'],
    ['0.22.2', '/monitor/statistics.json'],
    [null, '/monitor/statistics.json'],
  ])('of %s: asks %s, and the next time nothing else first', async (version, path) => {
    const agent = await server({ [path]: [container] });
    const reader = readerOf();
    const { containers } = await reader.readContainers(address(agent, version), never());
    expect(containers).toMatchObject([{ taskId: WEB, usedBytes: 1, limitBytes: 2 }]);
    agent.seen.length = 0;
    await reader.readContainers(address(agent, version), never());
    expect(agent.seen.at(-1)?.url).toBe(path);
    expect(agent.seen.filter(({ url }) => url.includes('statistics')).length).toBeLessThan(2);
  });

  it('a list of containers without memory is completed by the statistics', async () => {
    const agent = await server({
      '/slave(1)/containers': [{ ...container, statistics: undefined }],
      '/slave(1)/monitor/statistics': [container],
    });
    const { containers } = await readerOf().readContainers(address(agent), never());
    expect(containers[0]?.usedBytes).toBe(1);
  });

  it('tells how far the agent is off by its Date header', async () => {
    const agent = await server((_request, response) => {
      response.setHeader('date', new Date(Date.now() + 90_000).toUTCString());
      response.end('[]');
    });
    const { skewMs } = await readerOf().readContainers(address(agent), never());
    expect(Math.abs((skewMs ?? 0) - 90_000)).toBeLessThan(1_500);
  });

  it('sends the login of agents', async () => {
    const agent = await server({ '/slave(1)/containers': [] });
    await readerOf({ credentials: { username: 'u', password: 'p' } }).readContainers(address(agent), never());
    expect(agent.seen[0]?.authorization).toBe('Basic dTpw');
  });

  it.each([
    ['a refused login', status(401), 'AGENT_AUTH_REFUSED'],
    ['an agent that recovers', status(503), 'AGENT_UNREACHABLE'],
    ['no such path', status(404), 'AGENT_BAD_PAYLOAD'],
    ['no list', ((_q, response) => response.end('{}')) as RequestListener, 'AGENT_BAD_PAYLOAD'],
    ['no JSON', ((_q, response) => response.end('<html>')) as RequestListener, 'AGENT_BAD_PAYLOAD'],
    ['no answer', (() => {}) as RequestListener, 'AGENT_TIMEOUT'],
    [
      'a slow drip',
      ((_q, response) => {
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      }) as RequestListener,
      'AGENT_TIMEOUT',
    ],
    [
      'more than 8 MiB',
      ((_q, response) => response.end(`["${'x'.repeat(9 * 1024 * 1024)}"]`)) as RequestListener,
      'BODY_TOO_LARGE',
    ],
    [
      'a cut answer',
      ((_q, response) => void response.write('[', () => response.destroy())) as RequestListener,
      'AGENT_BAD_PAYLOAD',
    ],
  ])('%s: %s', async (_name, listener, code) => {
    const agent = await server(listener);
    expect(await codeOf(readerOf({ timeoutMs: 300 }).readContainers(address(agent), never()))).toBe(code);
  });

  it('an agent that is not there: AGENT_UNREACHABLE, and it is not asked again at once', async () => {
    const agent = await server();
    await agent.close();
    const reader = readerOf();
    expect(await codeOf(reader.readContainers(address(agent), never()))).toBe('AGENT_UNREACHABLE');
    const startedAt = performance.now();
    expect(await codeOf(reader.readContainers(address(agent), never()))).toBe('AGENT_UNREACHABLE');
    expect(performance.now() - startedAt).toBeLessThan(20);
  });
});

describe('readSandboxes', () => {
  it('reads the ends of both files by the directory that /state names', async () => {
    const agent = await server({
      '/slave(1)/state': agentState([executor(RUN)]),
      '/files/browse': files({
        [`${dirOf(RUN)}/stdout`]: 'out\n',
        [`${dirOf(RUN)}/stderr`]: 'é\0"\u001b[31m',
      }),
      '/files/read': files({ [`${dirOf(RUN)}/stdout`]: 'out\n', [`${dirOf(RUN)}/stderr`]: 'é\0"\u001b[31m' }),
    });
    const [tails] = await tailsOf(readerOf(), address(agent));
    expect(tails?.stdout).toEqual({ content: Buffer.from('out\n'), sizeBytes: 4, fromByte: 0 });
    expect(textOf(tails?.stderr)).toBe('é\0"\u001b[31m');
  });

  it.each([
    ['raw', false],
    ['each byte as an escape, as agents before 1.1', true],
  ])('keeps every byte of what is no UTF-8, %s', async (_name, escaped) => {
    const odd = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
    const listener = files({ [`${dirOf(RUN)}/stdout`]: odd, [`${dirOf(RUN)}/stderr`]: '' }, { escaped });
    const agent = await server({
      '/slave(1)/state': agentState([executor(RUN)]),
      '/files/browse': listener,
      '/files/read': listener,
    });
    const [tails] = await tailsOf(readerOf(), address(agent));
    expect(tails?.stdout).toEqual({ content: odd, sizeBytes: 1024, fromByte: 0 });
  });

  it.each([65_536, 20_000])('keeps the last 64 KiB of a large file, from pages of %i bytes', async (cap) => {
    const large = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    const listener = files({ [`${dirOf(RUN)}/stdout`]: large, [`${dirOf(RUN)}/stderr`]: '' }, { cap });
    const agent = await server({
      '/slave(1)/state': agentState([executor(RUN)]),
      '/files/browse': listener,
      '/files/read': listener,
    });
    const [tails] = await tailsOf(readerOf(), address(agent));
    expect(tails?.stdout).toEqual({
      content: large.subarray(-TAIL_BYTES),
      sizeBytes: 200_000,
      fromByte: 200_000 - TAIL_BYTES,
    });
    expect(tails?.stderr).toEqual({ content: Buffer.alloc(0), sizeBytes: 0, fromByte: 0 });
  });

  it('fills up from what was rotated away, and counts it', async () => {
    const rotated = 'r'.repeat(100_000);
    const listener = files({
      [`${dirOf(RUN)}/stdout`]: 'now',
      [`${dirOf(RUN)}/stdout.1`]: rotated,
      [`${dirOf(RUN)}/stderr`]: 'e'.repeat(70_000),
      [`${dirOf(RUN)}/stderr.1`]: rotated,
    });
    const agent = await server({
      '/slave(1)/state': agentState([executor(RUN)]),
      '/files/browse': listener,
      '/files/read': listener,
    });
    const [tails] = await tailsOf(readerOf(), address(agent));
    expect(textOf(tails?.stdout)).toBe(`${'r'.repeat(TAIL_BYTES - 3)}now`);
    expect(tails?.stdout).toMatchObject({ sizeBytes: 100_003, fromByte: 100_003 - TAIL_BYTES });
    expect(textOf(tails?.stderr)).toBe('e'.repeat(TAIL_BYTES));
    expect(tails?.stderr).toMatchObject({ sizeBytes: 170_000, fromByte: 170_000 - TAIL_BYTES });
  });

  it('an agent that lists no directory is asked for the size of each file', async () => {
    const agent = await server({
      '/slave(1)/state': agentState([executor(RUN)]),
      '/files/read': files({ [`${dirOf(RUN)}/stdout`]: 'out' }),
    });
    const [tails] = await tailsOf(readerOf(), address(agent));
    expect([textOf(tails?.stdout), textOf(tails?.stderr)]).toEqual(['out', 'SANDBOX_GONE']);
  });

  it('an agent of 0.22 by its old paths', async () => {
    const listener = files({ [`${dirOf(RUN)}/stdout`]: 'out', [`${dirOf(RUN)}/stderr`]: 'err' });
    const agent = await server({
      '/slave(1)/state.json': agentState([executor(RUN)]),
      '/files/browse.json': listener,
      '/files/read.json': listener,
    });
    const [tails] = await tailsOf(readerOf(), address(agent, '0.22.2'));
    expect([textOf(tails?.stdout), textOf(tails?.stderr)]).toEqual(['out', 'err']);
  });

  const nested = `${dirOf(RUN, 'pod')}/containers/child`;
  it.each([
    ['the run of its container', task({ containerId: RUN }), [executor(OLD_RUN), executor(RUN)], dirOf(RUN)],
    [
      'the older one, if that is its container',
      task({ containerId: OLD_RUN }),
      [executor(OLD_RUN), executor(RUN)],
      dirOf(OLD_RUN),
    ],
    [
      'the run that lists it',
      task(),
      [executor(OLD_RUN, { completed_tasks: [] }), executor(RUN)],
      dirOf(RUN),
    ],
    ['the newest that lists it', task(), [executor(OLD_RUN), executor(RUN)], dirOf(RUN)],
    ['the only run of its own executor', task(), [executor(RUN, { completed_tasks: [] })], dirOf(RUN)],
    [
      'its container within the executor of a pod',
      task({ executorId: 'pod', containerId: `${RUN}.child` }),
      [executor(RUN, { id: 'pod', type: 'DEFAULT', directory: dirOf(RUN, 'pod'), completed_tasks: [] })],
      nested,
    ],
    [
      'nothing where its container within a pod is not known',
      task({ executorId: 'pod' }),
      [executor(RUN, { id: 'pod', type: 'DEFAULT', directory: dirOf(RUN, 'pod') })],
      null,
    ],
    [
      'nothing where only another task of a shared executor is listed',
      task({ executorId: 'shared' }),
      [executor(RUN, { id: 'shared', completed_tasks: [{ id: 'other', framework_id: 'F1' }] })],
      null,
    ],
    [
      'nothing where the directory is no path',
      task(),
      [executor(RUN, { directory: 'http://evil.test' })],
      null,
    ],
  ])('finds %s', async (_name, wanted, executors, directory) => {
    const listener = files(
      Object.fromEntries([dirOf(RUN), dirOf(OLD_RUN), nested].map((path) => [`${path}/stdout`, path])),
    );
    const agent = await server({
      '/slave(1)/state': agentState(executors),
      '/files/browse': listener,
      '/files/read': listener,
    });
    // Before 1.5, so that no path but those of /state is tried.
    const [tails] = await tailsOf(readerOf(), address(agent, '1.4.3'), [wanted]);
    expect(textOf(tails?.stdout)).toBe(directory ?? 'SANDBOX_GONE');
  });

  const latest = `/frameworks/F1/executors/${WEB}/runs/latest`;
  it.each([
    ['an executor that /state has forgotten', agentState([]), task(), '1.5.0', 'latest'],
    ['a /state that is refused as too large or odd', status(400), task(), '1.5.0', 'latest'],
    ['an agent before 1.5', agentState([]), task(), '1.4.3', 'SANDBOX_GONE'],
    ['a task of a shared executor', agentState([]), task({ executorId: 'shared' }), '1.5.0', 'SANDBOX_GONE'],
    ['a nested container', agentState([]), task({ containerId: `${RUN}.c` }), '1.5.0', 'SANDBOX_GONE'],
  ])(
    'the path without a run, where that is sound: %s',
    async (_name, stateBody, wanted, version, expected) => {
      const listener = files({ [`${latest}/stdout`]: 'latest' });
      const agent = await server({
        '/slave(1)/state': stateBody,
        '/files/browse': listener,
        '/files/read': listener,
      });
      const [tails] = await tailsOf(readerOf(), address(agent, version), [wanted]);
      expect(textOf(tails?.stdout)).toBe(expected);
    },
  );

  it('tells why, for every task, where the agent does not answer', async () => {
    const agent = await server(() => {});
    const startedAt = performance.now();
    const all = await tailsOf(
      readerOf({ timeoutMs: 200 }),
      address(agent),
      Array.from({ length: 20 }, () => task()),
    );
    expect(all.map(({ stdout }) => textOf(stdout))).toEqual(Array(20).fill('AGENT_TIMEOUT'));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(agent.seen).toHaveLength(1);
  });

  it('stops between two tasks when told to', async () => {
    const agent = await server({ '/slave(1)/state': agentState([]) });
    let told = 0;
    await readerOf().readSandboxes(
      address(agent, '1.4.3'),
      [task(), task(), task()],
      () => {
        told += 1;
        return told < 2;
      },
      never(),
    );
    expect(told).toBe(2);
  });

  it.each([
    ['no JSON', '<html>'],
    ['a list', '[]'],
    ['data that is a number', '{"data":7,"offset":0}'],
    ['a cut body', '{"data":"abc'],
    ['more than its page', `{"data":"${'x'.repeat(600 * 1024)}","offset":0}`],
  ])('a file answered with %s: a code, nothing thrown', async (_name, body) => {
    const agent = await server({ '/slave(1)/state': agentState([executor(RUN)]), '/files/read': body });
    const [tails] = await tailsOf(readerOf(), address(agent));
    expect(['AGENT_BAD_PAYLOAD', 'BODY_TOO_LARGE']).toContain(textOf(tails?.stdout));
  });
});

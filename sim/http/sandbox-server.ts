import { executorIdOf, sandboxRoot } from '../hosts/host-events';
import type { Agent } from '../model/agent';
import { since } from '../model/mesos-version';
import type { Task } from '../model/task';
import type { World } from '../model/world';
import { type SandboxFile, sandboxFiles, sandboxOf } from '../sandbox/sandbox-files';
import { tasksWithSandbox } from './agent-state-json';
import { type Exchange, sendJson, sendText } from './reply';

/** 16 memory pages. */
const MAX_READ_BYTES = 65_536;

/** `/files/browse`, `/files/read`, `/files/download` of an agent, with or without `.json`. */
export function answerFiles(
  world: World,
  agent: Agent,
  exchange: Exchange,
  call: string,
): void | Promise<void> {
  const path = exchange.url.searchParams.get('path');
  if (path === null || path === '') return sendText(exchange, 400, "Expecting 'path=value' in query.\n");
  const place = find(world, agent, path.replace(/\/+$/, ''));
  switch (call) {
    case 'browse':
      if (place?.kind !== 'folder') return sendText(exchange, 404, '');
      return sendJson(exchange, place.entries(), null);
    case 'read':
      if (place === null) return sendText(exchange, 404, '');
      if (place.kind === 'folder') return sendText(exchange, 400, 'Cannot read from a directory.\n');
      return read(exchange, place.file);
    case 'download':
      if (place?.kind !== 'file') return sendText(exchange, 404, '');
      exchange.response.writeHead(200, {
        'Content-Type': 'application/octet-stream',
        'Content-Length': place.file.size,
        'Content-Disposition': `attachment; filename=${place.file.name}`,
      });
      exchange.response.end(place.file.read());
      return undefined;
    default:
      return sendText(exchange, 404, '');
  }
}

/** Bytes as characters of JSON: what is no UTF-8 where it was cut comes as replacement characters, as offsets are bytes. */
function read(exchange: Exchange, file: SandboxFile): void | Promise<void> {
  const { searchParams } = exchange.url;
  const offset = number(searchParams.get('offset'));
  const length = number(searchParams.get('length'));
  if (offset === null || offset < -1) return sendText(exchange, 400, 'Failed to parse offset.\n');
  if (length === null || length < -1) return sendText(exchange, 400, 'Failed to parse length.\n');
  if (offset === -1) return sendJson(exchange, { data: '', offset: file.size }, null);
  const wanted = length === -1 ? MAX_READ_BYTES : Math.min(length, MAX_READ_BYTES);
  const data = file
    .read()
    .subarray(offset, offset + wanted)
    .toString('utf8');
  return sendJson(exchange, { data, offset }, null);
}

/** -1 where it is not given; null where it is no whole number. */
function number(text: string | null): number | null {
  if (text === null || text === '') return -1;
  return /^-?\d{1,15}$/.test(text) ? Number(text) : null;
}

type Entry = {
  path: string;
  nlink: number;
  size: number;
  mtime: number;
  mode: string;
  uid: string;
  gid: string;
};
type Place = { kind: 'file'; file: SandboxFile } | { kind: 'folder'; entries(): Entry[] };

function find(world: World, agent: Agent, path: string): Place | null {
  const tasks = tasksWithSandbox(world, agent);
  const wanted = withoutLatest(world, tasks, path);
  const own = tasks.find((task) => isAtOrBelow(wanted, sandboxOf(task)));
  if (own !== undefined) {
    const below = wanted.slice(sandboxOf(own).length + 1);
    const files = sandboxFiles(world, own);
    if (below === '') return folder(world, wanted, files, []);
    const file = files.find(({ name }) => name === below);
    return file === undefined ? null : { kind: 'file', file };
  }
  // The outer container of a pod, and the folder of its nested ones.
  const nested = tasks.filter(
    (task) => task.parentContainerId !== null && isAtOrBelow(wanted, sandboxRoot(task)),
  );
  const [first] = nested;
  if (first === undefined) return null;
  const root = sandboxRoot(first);
  if (wanted === root) return folder(world, root, [], ['containers']);
  if (wanted !== `${root}/containers`) return null;
  return folder(
    world,
    wanted,
    [],
    nested.map(({ containerId }) => containerId),
  );
}

function isAtOrBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

/** `/frameworks/<id>/executors/<id>/runs/latest/…`, since 1.5; the newest run of that executor. */
function withoutLatest(world: World, tasks: readonly Task[], path: string): string {
  const [, framework, executor, rest = ''] =
    /^\/frameworks\/([^/]+)\/executors\/([^/]+)\/runs\/latest(\/.*)?$/.exec(path) ?? [];
  if (framework === undefined || !since(world.version, '1.5')) return path;
  const newest = tasks
    .filter((task) => task.frameworkId === framework && executorIdOf(task) === executor)
    .reduce<Task | null>(
      (best, task) => (best === null || task.launchedAt >= best.launchedAt ? task : best),
      null,
    );
  return newest === null ? path : sandboxRoot(newest) + rest;
}

function folder(
  world: World,
  path: string,
  files: readonly SandboxFile[],
  folders: readonly string[],
): Place {
  const entry = (name: string, size: number, at: number, mode: string): Entry => ({
    path: `${path}/${name}`,
    nlink: mode.startsWith('d') ? 2 : 1,
    size,
    mtime: Math.floor(world.timeline.stampOf(at)),
    mode,
    uid: 'root',
    gid: 'root',
  });
  return {
    kind: 'folder',
    entries: () => [
      ...folders.map((name) => entry(name, 4096, world.now, 'drwxr-xr-x')),
      ...files.map(({ name, size, modifiedAt }) => entry(name, size, modifiedAt, '-rw-r--r--')),
    ],
  };
}

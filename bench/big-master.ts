/**
 * A master of a large cluster, for benchmarks: answers with bodies made once and kept in files, plain and gzip.
 *
 * Addresses: `/<variant>/<what>/<encoding>` with what of `state` (no GET_TASKS), `tasks` (a /state without tasks) or
 * `both`, behind which a reader puts its own paths.
 */
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { mkdtemp, stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export type ClusterSize = { agents: number; tasks: number; frameworks: number; completed: number };

/** `later`: as `first`, but `newEnds` tasks ended since, and as many fell out of the rings. */
export type Variant = 'first' | 'later';
/** Addresses may begin with this, too: the variants by turns, one a poll. */
const TURNS = 'turns';

const READ_BYTES = 1024 * 1024;
const MASTER = '0b0c1d2e-0000-4000-8000-000000000001';

type Shape = { size: ClusterSize; newEnds: number };

function idOf(framework: number, index: number): string {
  return `team${framework}_app${index % 97}.instance-${String(index).padStart(8, '0')}-0000-11ea-8000-0242ac110002._app.1`;
}

function statesOf(index: number, isLive: boolean): { state: string; at: string }[] {
  const at = 1_700_000_000 + index / 7;
  const first = [
    { state: 'TASK_STARTING', at: at.toFixed(5) },
    { state: 'TASK_RUNNING', at: (at + 3).toFixed(5) },
  ];
  if (isLive) return first;
  return [
    ...first,
    { state: index % 3 === 0 ? 'TASK_FAILED' : 'TASK_FINISHED', at: (at + 3_600).toFixed(5) },
  ];
}

/** What /state and GET_TASKS write alike. */
function commonText(framework: number, index: number): string {
  return `"discovery":{"visibility":"FRAMEWORK","name":"app.team${framework}","ports":{"ports":[{"number":31005,"protocol":"tcp"}]}},"container":{"type":"DOCKER","docker":{"image":"registry.example.test/team/app${index % 97}:1","network":"BRIDGE","privileged":false,"force_pull_image":false,"parameters":[{"key":"memory-swap","value":"512m"}],"port_mappings":[{"host_port":31005,"container_port":8080,"protocol":"tcp"}]}}`;
}

const LABELS = (framework: number) =>
  `[{"key":"team","value":"team${framework}"},{"key":"note","value":"a \\"quoted\\" {word}"}]`;

function stateTask({ size }: Shape, framework: number, index: number, isLive: boolean): string {
  const id = idOf(framework, index);
  const container = `"container_status":{"container_id":{"value":"${id.slice(-36)}"},"network_infos":[{"ip_addresses":[{"ip_address":"172.17.${index % 250}.4","protocol":"IPv4"}]}]}`;
  const states = statesOf(index, isLive);
  const statuses = states.map(
    ({ state, at }) =>
      `{"state":"${state}","timestamp":${at}${state === 'TASK_RUNNING' ? ',"healthy":true' : ''},${container}}`,
  );
  return `{"id":"${id}","name":"app${index % 97}.team${framework}","framework_id":"${MASTER}-${framework}","executor_id":"","slave_id":"${MASTER}-S${index % size.agents}","state":"${states.at(-1)?.state}","resources":{"cpus":0.5,"gpus":0,"mem":512,"disk":0,"ports":"[31005-31005]"},"role":"*","statuses":[${statuses.join()}],"labels":${LABELS(framework)},${commonText(framework, index)}}`;
}

function v1Task({ size }: Shape, framework: number, index: number, isLive: boolean): string {
  const id = idOf(framework, index);
  const agent = `"agent_id":{"value":"${MASTER}-S${index % size.agents}"}`;
  const states = statesOf(index, isLive);
  const uuid = Buffer.from(id.slice(-16)).toString('base64');
  const statuses = states.map(({ state, at }) => {
    const end =
      state === 'TASK_FAILED'
        ? ',"message":"Container exited with status 137","reason":"REASON_COMMAND_EXECUTOR_FAILED"'
        : '';
    return `{"task_id":{"value":"${id}"},"state":"${state}"${end},"source":"SOURCE_EXECUTOR",${agent},"timestamp":${at},"uuid":"${uuid}","container_status":{"container_id":{"value":"${id.slice(-36)}"}}}`;
  });
  const resources = ['cpus', 'mem']
    .map(
      (name) =>
        `{"name":"${name}","type":"SCALAR","scalar":{"value":${name === 'mem' ? 512 : 0.5}},"role":"*","allocation_info":{"role":"*"}}`,
    )
    .join();
  return `{"name":"app${index % 97}.team${framework}","task_id":{"value":"${id}"},"framework_id":{"value":"${MASTER}-${framework}"},${agent},"state":"${states.at(-1)?.state}","resources":[${resources}],"statuses":[${statuses.join()}],"status_update_state":"${states.at(-1)?.state}","status_update_uuid":"${uuid}","labels":{"labels":${LABELS(framework)}},${commonText(framework, index)}}`;
}

function* listOf(from: number, to: number, make: (index: number) => string): Generator<string> {
  yield '[';
  for (let index = from; index < to; index += 1) yield (index === from ? '' : ',') + make(index);
  yield ']';
}

type Ranges = { live: number; completedFrom: number; completedTo: number };

function rangesOf({ size, newEnds }: Shape, variant: Variant): Ranges {
  const shift = variant === 'first' ? 0 : Math.ceil(newEnds / size.frameworks);
  const from = 1_000_000 + shift;
  return {
    live: Math.floor(size.tasks / size.frameworks),
    completedFrom: from,
    completedTo: from + size.completed,
  };
}

function* stateText(shape: Shape, variant: Variant, withTasks: boolean): Generator<string> {
  const { size } = shape;
  yield '{"version":"1.11.0","start_time":1699990000.5,"elected_time":1699990001.25,"id":"m1","pid":"master@127.0.0.1:5050","hostname":"127.0.0.1","flags":{"max_completed_tasks_per_framework":"1000"},"slaves":';
  yield* listOf(
    0,
    size.agents,
    (index) =>
      `{"id":"${MASTER}-S${index}","hostname":"agent${index}.example.test","port":5051,"pid":"slave(1)@10.0.0.1:5051","registered_time":1699990010.1,"resources":{"cpus":32,"mem":131072,"disk":1000000,"ports":"[31000-32000]"},"used_resources":{"cpus":8,"mem":4096},"attributes":{"rack":"r${index % 40}"},"active":true,"version":"1.11.0"}`,
  );
  yield ',"frameworks":[';
  const { live, completedFrom, completedTo } = rangesOf(shape, variant);
  for (let framework = 0; framework < (withTasks ? size.frameworks : 0); framework += 1) {
    yield `${framework === 0 ? '' : ','}{"id":"${MASTER}-${framework}","name":"framework${framework}","active":true,"tasks":`;
    yield* listOf(0, live, (index) => stateTask(shape, framework, index, true));
    yield ',"unreachable_tasks":[],"completed_tasks":';
    yield* listOf(completedFrom, completedTo, (index) => stateTask(shape, framework, index, false));
    yield ',"offers":[],"executors":[]}';
  }
  yield '],"completed_frameworks":[]}';
}

function* tasksText(shape: Shape, variant: Variant): Generator<string> {
  const { live, completedFrom, completedTo } = rangesOf(shape, variant);
  for (const isLive of [true, false]) {
    yield isLive
      ? '{"type":"GET_TASKS","get_tasks":{"tasks":['
      : '],"unreachable_tasks":[],"completed_tasks":[';
    for (let framework = 0; framework < shape.size.frameworks; framework += 1) {
      const [from, to] = isLive ? [0, live] : [completedFrom, completedTo];
      for (let index = from; index < to; index += 1) {
        yield (framework === 0 && index === from ? '' : ',') + v1Task(shape, framework, index, isLive);
      }
    }
  }
  yield ']}}';
}

function* batches(pieces: Iterable<string>): Generator<string> {
  let batch: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    batch.push(piece);
    length += piece.length;
    if (length < 256 * 1024) continue;
    yield batch.join('');
    batch = [];
    length = 0;
  }
  yield batch.join('');
}

export type BigMaster = { url: string; close(): void };

/** Makes the bodies (about 3 GB of files for 10,000 agents with gzip) and serves them until closed. */
export async function startBigMaster(options: {
  size: ClusterSize;
  newEnds: number;
  variants: readonly Variant[];
  withGzip: boolean;
  withTasks: boolean;
  onRequest?: (path: string) => void;
}): Promise<BigMaster> {
  const folder = await mkdtemp(join(tmpdir(), 'exit137-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const sizes = new Map<string, number>();
  const write = async (name: string, pieces: Iterable<string>) => {
    const file = join(folder, name);
    await pipeline(Readable.from(batches(pieces)), createWriteStream(file));
    sizes.set(file, (await stat(file)).size);
    if (!options.withGzip) return;
    await pipeline(createReadStream(file), createGzip({ level: 1 }), createWriteStream(`${file}.gz`));
    sizes.set(`${file}.gz`, (await stat(`${file}.gz`)).size);
  };
  for (const variant of options.variants) {
    await write(`${variant}-state`, stateText(options, variant, true));
    await write(`${variant}-bare`, stateText(options, variant, false));
    if (options.withTasks) await write(`${variant}-tasks`, tasksText(options, variant));
  }
  const send = (response: ServerResponse, name: string, isGzip: boolean) => {
    const file = join(folder, isGzip ? `${name}.gz` : name);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': String(sizes.get(file) ?? 0),
      ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
    });
    createReadStream(file, { highWaterMark: READ_BYTES })
      .on('error', () => response.destroy())
      .pipe(response);
  };
  let polls = 0;
  const server = createServer((request, response) => {
    request.resume();
    const [, named, what, encoding, ...path] = (request.url ?? '').split('/');
    const isGzip = encoding === 'gzip';
    const asked = path.join('/');
    if (asked === 'state') polls += 1;
    const variant = named === TURNS ? options.variants[polls % options.variants.length] : named;
    options.onRequest?.(asked);
    if (asked === 'state') send(response, `${variant}-${what === 'tasks' ? 'bare' : 'state'}`, isGzip);
    else if (asked === 'api/v1' && what !== 'state') send(response, `${variant}-tasks`, isGzip);
    else if (asked === 'metrics/snapshot') response.writeHead(200).end('{"master/elected":1}');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // A TCP server has this form of address.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
      remove();
    },
  };
}

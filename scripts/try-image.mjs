// Proves the image without a Docker engine: takes the files that the Dockerfile copies to a folder of their own, where
// no node_modules of the project can help out, and runs them as the image does: as another user than root, with
// read-only files, against a Postgres over TCP and the image's own simulated cluster. `node scripts/try-image.mjs`.

import './check-node.mjs';

import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { ensureBuild, SERVER_DIR } from './build.mjs';
import { forEachLine } from './command.mjs';
import { freePort } from './port.mjs';
import { createProgress, printFailure, StepError } from './progress.mjs';
import { ROOT } from './root.mjs';
import { setUp } from './setup.mjs';

const READY_MS = 60_000;
const STOP_MS = 25_000;
/** The user `nobody`. Only root may become someone else; another user is no root already. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/**
 * Throws StepError where the image would not start, serve, collect or stop.
 * @param {import('./progress.mjs').Progress} progress
 */
export async function tryImage(progress) {
  await ensureBuild(progress);
  const { startPostgres } = await import('./postgres.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'exit137-image-'));
  const undo = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    await progress.step('Laying out the image', async () => layOut(join(folder, 'app')));
    chmodSync(folder, 0o755);
    let databaseUrl = '';
    await progress.step('Starting a Postgres for it', async () => {
      const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
      undo.push(() => postgres.stop());
      const proxy = await overTcp(new URL(postgres.url).searchParams.get('host') ?? '');
      undo.push(() => proxy.close());
      databaseUrl = `postgres://exit137@127.0.0.1:${proxy.port}/exit137`;
    });
    const run = (args, env) => {
      const started = runAsImage(join(folder, 'app'), args, env);
      undo.push(() => started.stop());
      return started;
    };
    await progress.step('Refusing to start without DATABASE_URL', async () => {
      const { ended, output } = run(['container.mjs'], {});
      const how = await ended;
      if (how !== 'exit code 1') throw new StepError(`It ended with ${how} instead.`, { tail: output });
    });
    const cluster = await startSim(progress, run);
    await serveAndStop(progress, run, { DATABASE_URL: databaseUrl, ...cluster });
  } finally {
    for (const one of undo.reverse()) await one();
  }
}

/** As the COPY lines of the Dockerfile. */
function layOut(app) {
  cpSync(SERVER_DIR, app, { recursive: true });
  cpSync(join(ROOT, 'scripts/container.mjs'), join(app, 'container.mjs'));
}

async function startSim(progress, run) {
  let urls;
  await progress.step('Starting its simulated cluster', async () => {
    const args = ['dist/sim.mjs', '--json-ready', '--port=0', '--history=1d', '--seed=137'];
    const sim = run(args, {});
    const ready = new Promise((resolve) => {
      sim.onLine = (line) => line.startsWith('{') && resolve(JSON.parse(line));
    });
    urls = await Promise.race([ready, sim.ended, delay(READY_MS, null, { ref: false })]);
    if (!urls?.masters) throw new StepError('The simulated cluster did not start.', { tail: sim.output });
  });
  return {
    SIMULATED: 'true',
    MESOS_MASTER_URLS: urls.masters.join(','),
    MARATHON_URLS: urls.marathons.join(','),
    POLL_INTERVAL_MS: '1000',
  };
}

async function serveAndStop(progress, run, env) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = run(['--enable-source-maps', 'container.mjs'], {
    ...env,
    HOST: '127.0.0.1',
    PORT: String(port),
  });
  await progress.step('Serving /healthz, / and stored task ends', async () => {
    for (const [path, isGood] of [
      ['/healthz', () => true],
      ['/', (body) => body.includes('<html')],
      ['/api/v1/tasks?limit=1', (body) => !body.includes('"items":[]')],
      // The lease and the clusters are read through Prisma, whose engine must have come along.
      ['/api/v1/status', (body) => body.includes('"holder":')],
    ]) {
      await eventually(`${url}${path}`, isGood, server);
    }
  });
  await progress.step('Stopping on SIGTERM', async () => {
    server.child.kill('SIGTERM');
    const how = await Promise.race([server.ended, delay(STOP_MS, 'no end', { ref: false })]);
    if (how !== 'exit code 0') throw new StepError(`It ended with: ${how}.`, { tail: server.output });
  });
}

function runAsImage(app, args, env) {
  const child = spawn(process.execPath, args, {
    cwd: app,
    ...UNPRIVILEGED,
    // Nothing of this shell: a container has none of it.
    env: { PATH: process.env.PATH, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const started = {
    child,
    output: [],
    onLine: (_line) => {},
    ended: new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('close', (code, signal) =>
        resolve(signal === null ? `exit code ${code}` : `signal ${signal}`),
      );
    }),
    async stop() {
      child.kill('SIGKILL');
      await started.ended;
    },
  };
  for (const stream of [child.stdout, child.stderr]) {
    forEachLine(stream, (line) => {
      started.output.push(line);
      if (started.output.length > 30) started.output.shift();
      started.onLine(line);
    });
  }
  return started;
}

async function eventually(url, isGood, server) {
  const deadline = Date.now() + READY_MS;
  let said = 'nothing';
  let hasEnded = false;
  server.ended.then(() => {
    hasEnded = true;
  });
  while (Date.now() < deadline && !hasEnded) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      const body = await response.text();
      if (response.ok && isGood(body)) return;
      said = `${response.status} ${body.slice(0, 200)}`;
    } catch (error) {
      said = String(error.cause ?? error);
    }
    await delay(100);
  }
  throw new StepError(`${url} gave no good answer; at last: ${said}`, { tail: server.output });
}

/** The built-in Postgres listens on a socket that only its owner may use; the image comes over the network. */
function overTcp(socketFolder) {
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect(join(socketFolder, '.s.PGSQL.5432'));
    for (const one of [client, upstream]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        port: server.address().port,
        close() {
          for (const socket of sockets) socket.destroy();
          server.close();
        },
      });
    });
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const progress = createProgress();
  try {
    await setUp(progress);
    await tryImage(progress);
  } catch (thrown) {
    printFailure(thrown);
    process.exitCode = 1;
  }
}

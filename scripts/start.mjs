// `npm start`: from a fresh clone to a dashboard in the browser. Sets up what is missing, then runs Postgres (unless
// DATABASE_URL names one), the simulated cluster (unless MESOS_MASTER_URLS names a real one) and the server, and
// stops them in order. `--dev` serves the sources themselves by `next dev`; arguments behind `--sim` go to the
// simulated cluster.

import './check-node.mjs';

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { ensureBuild, SERVER_DIR } from './build.mjs';
import { makeBundles } from './bundles.mjs';
import { startChild } from './child.mjs';
import { endCommands } from './command.mjs';
import { assertPortFree, localUrl } from './port.mjs';
import { createProgress, elapsed, printFailure, StepError } from './progress.mjs';
import { ROOT } from './root.mjs';
import { loadEnvFile, setUp } from './setup.mjs';

/** Longer than the collector may take to end the transaction in hand (lib/poller/start.ts). */
const SERVER_STOP_MS = 20_000;
const SIM_STOP_MS = 3_000;
const READY_MS = 60_000;
/** Postgres and the migrator have bounds of their own; this is for what nobody thought of. */
const STOP_ALL_MS = 70_000;
/** One Ctrl-C arrives twice, from the terminal and passed on by npm. */
const SAME_SIGNAL_MS = 700;

const isDev = process.argv.includes('--dev');
/** Where the programs run: dist/ and prisma/migrations are below it in both cases. */
const programDir = isDev ? ROOT : SERVER_DIR;

const progress = createProgress();
/** What runs, in the order of its start. Stopped from the last to the first. @type {{ name: string, stop(): Promise<void>, kill(): void }[]} */
const parts = [];
let stopping = false;
let signalledAt = 0;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);

try {
  await start();
} catch (thrown) {
  // What fails because it is being stopped is no failure.
  if (!stopping) {
    printFailure(thrown);
    await stopAll(1);
  }
}

async function start() {
  const began = Date.now();
  const withEnvFile = !process.argv.includes('--no-env-file');
  if (withEnvFile) loadEnvFile();
  const settings = readSettings();

  progress.line('exit137');
  if (settings.servesPages) await assertPortFree(settings.host, settings.port);
  await setUp(progress);
  await (isDev ? makeBundles() : ensureBuild(progress));
  if (stopping) return;

  const databaseUrl = process.env.DATABASE_URL || (await startDatabase(settings.dataDir));
  if (stopping) return;
  await migrateDatabase(databaseUrl);
  const sim = settings.isSimulated ? await startSimulation(settings.dataDir) : null;
  if (stopping) return;
  const env = {
    DATABASE_URL: databaseUrl,
    DATA_DIR: settings.dataDir,
    ...(sim && settingsOf(sim, settings.dataDir)),
  };

  if (!settings.servesPages) {
    await startCollector(env);
    progress.line(`\nThe collector runs (started in ${elapsed(Date.now() - began)}). Ctrl-C stops it.\n`);
    return;
  }
  await startServer(env, settings);
  progress.line(`\n  exit137 is at ${localUrl(settings.host, settings.port)}`);
  progress.line(`  Started in ${elapsed(Date.now() - began)}. Ctrl-C stops it.`);
  progress.line(process.env.DATABASE_URL ? '' : `  Its data is kept in ${settings.dataDir}.\n`);
  if (settings.isSimulated) sayHowToWatchARealCluster();
  // For a program that started us: see production-server.mjs.
  process.send?.({ url: localUrl(settings.host, settings.port), sim });
}

function readSettings() {
  // The children have another current directory, where a relative path would mean something else.
  if (process.env.CA_FILE) process.env.CA_FILE = resolve(ROOT, process.env.CA_FILE);
  if (process.env.LOG_FILES) process.env.LOG_FILES = withFullPaths(process.env.LOG_FILES);
  const port = Number(process.env.PORT || 3137);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StepError(`PORT must be a number from 1 to 65535, not '${process.env.PORT}'.`, {
      mend: 'leave it out for 3137, or run: PORT=8080 npm start',
    });
  }
  const role = process.env.ROLE || 'all';
  if (!['all', 'web', 'poller'].includes(role)) {
    throw new StepError(`ROLE must be all, web or poller, not '${role}'.`, { mend: 'leave it out for all.' });
  }
  refuseHalfAConfiguration(role);
  const isSimulated = !process.env.MESOS_MASTER_URLS?.trim() && role !== 'web';
  const dataDir = resolve(ROOT, process.env.DATA_DIR || '.data');
  return {
    host: process.env.HOST || '127.0.0.1',
    port,
    servesPages: role !== 'poller',
    hasCollector: role !== 'web',
    isSimulated,
    // Simulated failures must never stand among the evidence of a real cluster, so they have a database of their own.
    dataDir: isSimulated ? join(dataDir, 'simulated') : dataDir,
  };
}

/** @param {string} list paths, separated by commas */
function withFullPaths(list) {
  return list
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '')
    .map((path) => resolve(ROOT, path))
    .join(',');
}

/** Settings that name a real cluster, but not its masters, must not end in a simulated one. */
function refuseHalfAConfiguration(role) {
  if (process.env.MESOS_MASTER_URLS?.trim() || role === 'web') return;
  const given = [
    'MARATHON_URLS',
    'MARATHON_URL',
    'MESOS_MASTER_URL',
    'MESOS_MASTER',
    'MESOS_MASTERS',
    'MESOS_URLS',
  ].find((name) => process.env[name]?.trim());
  if (given === undefined) return;
  throw new StepError(`${given} is set, but MESOS_MASTER_URLS is not.`, {
    mend: 'MESOS_MASTER_URLS=http://master1:5050,http://master2:5050 npm start; for the simulated cluster set neither.',
  });
}

function makeFolder(dataDir) {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new StepError(`The folder ${dataDir} cannot be made (${error.code}).`, {
      mend: 'set DATA_DIR to a folder that you may write to.',
    });
  }
}

async function startDatabase(dataDir) {
  let url = '';
  await progress.step('Starting Postgres', async () => {
    makeFolder(dataDir);
    // Imported here: it needs what the set-up has just installed.
    const { startPostgres } = await import('./postgres.mjs');
    const postgres = await startPostgres({ dataDir }).catch((error) => {
      throw new StepError(error.message);
    });
    parts.push({ name: 'Postgres', stop: () => postgres.stop(), kill() {} });
    url = postgres.url;
    postgres.exited.then(({ expected, code, signal }) => {
      if (expected || stopping) return;
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      printFailure(
        new StepError(`Postgres ended unexpectedly (${how}).`, {
          mend: `see the end of ${join(dataDir, 'postgres.log')}, then start again: nothing that was stored is lost.`,
        }),
      );
      stopAll(1);
    });
  });
  return url;
}

async function migrateDatabase(databaseUrl) {
  await progress.step('Bringing the database up to date', async () => {
    const child = startChild({
      name: 'The migrator',
      args: ['--enable-source-maps', 'dist/migrate.mjs'],
      cwd: programDir,
      env: { DATABASE_URL: databaseUrl },
    });
    parts.push({ name: child.name, stop: () => child.stop(SERVER_STOP_MS), kill: child.kill });
    const how = await child.ended;
    parts.pop();
    if (how !== 'exit code 0') {
      // The first program that reads all settings is the one that finds a wrong one.
      const isSetting = child.tail.some((line) => line.startsWith('CONFIG_INVALID'));
      const what = isSetting
        ? 'A setting is wrong:'
        : `The database could not be brought up to date (${how}):`;
      throw new StepError(what, { tail: child.tail });
    }
  });
}

async function startSimulation(dataDir) {
  let urls = { masters: [], marathons: [], control: '' };
  await progress.step('Starting the simulated cluster', async () => {
    makeFolder(dataDir); // Its memory lies there, also where Postgres is elsewhere.
    const at = process.argv.indexOf('--sim');
    const extra = at === -1 ? [] : process.argv.slice(at + 1);
    let onReady;
    const ready = new Promise((resolve) => {
      onReady = resolve;
    });
    const child = startPart({
      name: 'The simulated cluster',
      stopMs: SIM_STOP_MS,
      args: [
        '--enable-source-maps',
        join(programDir, 'dist/sim.mjs'),
        '--json-ready',
        '--port=0',
        '--history=7d',
        // The same seed and the same beginning: a second start goes on with the cluster of the first.
        '--seed=137',
        `--epoch-file=${join(dataDir, 'sim.json')}`,
        `--host-log-file=${hostLogFile(dataDir)}`,
        ...extra,
      ],
      onLine: (line, stream) => {
        if (stream === 'stdout' && line.startsWith('{')) onReady(JSON.parse(line));
      },
    });
    urls = await firstOf(ready, child, 'The simulated cluster did not start', READY_MS);
  });
  return urls;
}

/** Where the simulated hosts log, for the collector to follow. */
function hostLogFile(dataDir) {
  return join(dataDir, 'hosts.log');
}

function settingsOf({ masters, marathons }, dataDir) {
  return {
    SIMULATED: 'true',
    CLUSTER_NAME: process.env.CLUSTER_NAME || 'simulated',
    MESOS_MASTER_URLS: masters.join(','),
    MARATHON_URLS: marathons.join(','),
    // Instead of what is set: a real host's lines must not stand beside simulated ones.
    LOG_FILES: hostLogFile(dataDir),
    LOG_TIME_ZONE: 'UTC',
  };
}

async function startServer(env, { host, port, hasCollector }) {
  await progress.step('Starting the server', async () => {
    const child = startPart({
      name: 'The server',
      stopMs: SERVER_STOP_MS,
      args: isDev
        ? ['node_modules/next/dist/bin/next', 'dev', '--hostname', host]
        : ['--enable-source-maps', 'server.js'],
      cwd: programDir,
      env: {
        ...env,
        NODE_ENV: isDev ? 'development' : 'production',
        HOST: host,
        HOSTNAME: host,
        PORT: String(port),
        // Next.js would exit on SIGTERM before the collector has let go of its lease and its transaction. Without a
        // collector its own way is the better one: it ends the requests in hand.
        NEXT_MANUAL_SIG_HANDLE: hasCollector && !isDev ? '1' : undefined,
        NEXT_TELEMETRY_DISABLED: '1',
      },
      onLine: printLog,
    });
    await firstOf(answers(`${localUrl(host, port)}/healthz`), child, 'The server did not start', READY_MS);
  });
}

async function startCollector(env) {
  await progress.step('Starting the collector', async () => {
    startPart({
      name: 'The collector',
      stopMs: SERVER_STOP_MS,
      args: ['--enable-source-maps', 'dist/poller.mjs'],
      cwd: programDir,
      env: { ...env, NODE_ENV: 'production' },
      onLine: printLog,
    });
  });
}

/** Starts a child that must not end before we stop it. */
function startPart({ stopMs, ...options }) {
  const child = startChild(options);
  parts.push({ name: child.name, stop: () => child.stop(stopMs), kill: child.kill });
  child.ended.then((how) => {
    if (child.isStopping() || stopping) return;
    printFailure(
      new StepError(`${child.name} ended unexpectedly (${how}). Its last lines:`, { tail: child.tail }),
    );
    stopAll(1);
  });
  return child;
}

/** Waits for `ready`, but not when the child has ended (startPart has said so then) and not for ever. */
async function firstOf(ready, child, complaint, timeoutMs) {
  const timeout = new Promise((_, reject) => {
    setTimeout(() => {
      const seconds = timeoutMs / 1_000;
      reject(new StepError(`${complaint} within ${seconds} seconds. Its last lines:`, { tail: child.tail }));
    }, timeoutMs).unref();
  });
  const died = child.ended.then(() => {
    throw new StepError(complaint);
  });
  return await Promise.race([ready, died, timeout]);
}

/** Resolves at the first good answer of `url`. */
async function answers(url) {
  while (!stopping) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The server's own log goes through; what Next.js says at its start stands above already. */
function printLog(line, stream) {
  if (/^\s*(▲ Next\.js|- (Local|Network|Environments|Experiments)|✓ (Starting|Ready|Running)|$)/.test(line))
    return;
  process[stream].write(`${line}\n`);
}

function onSignal() {
  if (!stopping) {
    signalledAt = Date.now();
    stopAll(0);
  } else if (Date.now() - signalledAt > SAME_SIGNAL_MS) {
    for (const part of parts) part.kill();
    // Postgres is left to its own watch over this process: killed outright, it would have to recover at the next start.
    process.exit(130);
  }
}

/** Stops every part, the last started first, and exits. */
async function stopAll(exitCode) {
  if (stopping) return;
  stopping = true;
  endCommands();
  if (exitCode === 0)
    progress.line(parts.length > 0 ? '\nStopping (Ctrl-C again to force it) …' : '\nStopped.');
  setTimeout(() => {
    console.error('Stopping took too long; giving up on it.');
    for (const part of parts) part.kill();
    process.exit(1);
  }, STOP_ALL_MS).unref();

  let code = exitCode;
  for (const part of [...parts].reverse()) {
    const began = Date.now();
    try {
      await part.stop();
      if (exitCode === 0) progress.line(`  ✓ ${part.name} stopped (${elapsed(Date.now() - began)})`);
    } catch (error) {
      console.error(`  ✗ ${part.name} did not stop cleanly: ${error?.message ?? error}`);
      code = 1;
    }
  }
  process.exit(code);
}

function sayHowToWatchARealCluster() {
  progress.line(`  What you see is a SIMULATED cluster: no Mesos master is configured. For yours:

    MESOS_MASTER_URLS=http://master1.example:5050,http://master2.example:5050 \\
    MARATHON_URLS=http://marathon.example:8080 \\
    npm start

  or write those settings into the file .env (see .env.example). The simulated data stays apart.
`);
}

// `npm test`: everything, from a fresh clone. Every stage runs even when an earlier one failed; a stage that is no
// test runner counts as one test. The last line adds them up: 'N passed, N failed, N skipped'.
// `npm test -- unit types` or `npm test -- --only=unit,types` runs some of them; `unit` takes file names behind `--`.

import './check-node.mjs';

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ensureBuild } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { endCommands } from './command.mjs';
import { ensureLogSenders } from './log-senders.mjs';
import { createProgress, elapsed, printFailure, StepError } from './progress.mjs';
import { ROOT } from './root.mjs';
import { setUp } from './setup.mjs';
import { tryImage } from './try-image.mjs';
import { ensureZookeeper } from './zookeeper.mjs';

const progress = createProgress();
const scratch = mkdtempSync(join(tmpdir(), 'exit137-npm-test-'));
const bin = (path) => join(ROOT, 'node_modules', path);

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** Stages in the order of their cost. @type {Record<string, { title: string, run(): Promise<Counts> }>} */
const STAGES = {
  lint: {
    title: 'Format and lint (biome ci)',
    run: () =>
      check(bin('@biomejs/biome/bin/biome'), ['ci', ...(process.stdout.isTTY ? [] : ['--colors=off'])]),
  },
  types: {
    title: 'Types (tsc)',
    run: async () => {
      // Types of the routes, which tsc would miss on a fresh clone.
      await command(bin('next/dist/bin/next'), ['typegen']);
      return check(bin('typescript/bin/tsc'), ['--noEmit']);
    },
  },
  compose: { title: 'Compose file (docker compose config)', run: checkCompose },
  unit: { title: 'Unit, architecture and database tests (vitest)', run: runVitest },
  image: {
    title: 'The image, without Docker (scripts/try-image.mjs)',
    run: () => tryImage(progress).then(() => nothing({ passed: 1 })),
  },
  e2e: { title: 'End-to-end tests in the browser (playwright)', run: runPlaywright },
};

const { stages, files } = parseArguments(process.argv.slice(2));
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
const began = Date.now();

process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
// The children are in our process group and get Ctrl-C themselves; we wait for them to clean up.
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted = true;
    current?.kill(signal);
    endCommands();
  });
}
/** The command that runs now. @type {import('node:child_process').ChildProcess | null} */
let current = null;

progress.line('exit137: set-up');
if (await stage('setup', { title: 'Set-up', run: () => setUp(progress).then(() => nothing()) })) {
  for (const name of stages) {
    if (!interrupted) await stage(name, STAGES[name]);
  }
}
if (interrupted) total.failed += 1;

progress.line(`\n${summary.join('\n')}\n  ${'all'.padEnd(8)}${elapsed(Date.now() - began)}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
progress.line(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

/** Runs one stage, whatever it does, and books it. Returns whether nothing failed. */
async function stage(name, { title, run }) {
  const start = Date.now();
  if (name !== 'setup') progress.line(`\n── ${title}`);
  /** @type {Counts} */
  let counts;
  try {
    counts = await run();
  } catch (thrown) {
    printFailure(thrown);
    counts = { passed: 0, failed: 1, skipped: 0 };
  }
  for (const key of ['passed', 'failed', 'skipped']) total[key] += counts[key];
  const mark = counts.failed > 0 ? '✗' : '✓';
  const said = ['passed', 'failed', 'skipped']
    .filter((key) => counts[key] > 0)
    .map((key) => `${counts[key]} ${key}`);
  summary.push(`${mark} ${name.padEnd(8)}${elapsed(Date.now() - start).padEnd(14)}${said.join('  ')}`);
  return counts.failed === 0;
}

/** Runs a JavaScript program with its output shown as it comes. Resolves with its exit code; a signal counts as 1. */
function command(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    current = spawn(process.execPath, [program, ...args], {
      cwd: ROOT,
      // Some runners colour their output wherever CI is set, and fill a log file with escapes.
      env: {
        ...process.env,
        NO_COLOR: process.stdout.isTTY ? undefined : '1',
        NEXT_TELEMETRY_DISABLED: '1',
        ...env,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    current.on('error', reject);
    current.on('close', (code) => {
      current = null;
      resolve(code ?? 1);
    });
  });
}

async function check(program, args) {
  const code = await command(program, args);
  return code === 0 ? nothing({ passed: 1 }) : nothing({ failed: 1 });
}

async function runVitest() {
  await ensureLogSenders(progress);
  await ensureZookeeper(progress);
  const file = join(scratch, 'vitest.json');
  const args = ['run', '--reporter=default', '--reporter=./scripts/vitest-reporter.ts', ...files];
  const code = await command(bin('vitest/vitest.mjs'), args, { COUNTS_FILE: file });
  return settled(readJson(file), code);
}

async function runPlaywright() {
  await ensureBuild(progress);
  const chromium = await ensureChromium(progress);
  const file = join(scratch, 'playwright.json');
  const code = await command(bin('@playwright/test/cli.js'), ['test', '--reporter=list,json', ...files], {
    CHROMIUM_PATH: chromium,
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
    // Tests must not run against a server that somebody's shell names.
    EXIT137_BASE_URL: '',
  });
  const report = readJson(file);
  const counts = report && {
    passed: report.stats.expected + report.stats.flaky,
    failed: report.stats.unexpected,
    skipped: report.stats.skipped,
  };
  return settled(counts, code);
}

/** A runner that failed without a failed test (a broken set-up, no test found, a crash) has failed all the same. */
function settled(counts, code) {
  if (!counts) return nothing({ failed: 1 });
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

async function checkCompose() {
  const env = { ...process.env, POSTGRES_PASSWORD: 'only-to-check' };
  for (const [docker, args] of [
    ['docker', ['compose']],
    ['docker-compose', []],
  ]) {
    const version = spawnSync(docker, [...args, 'version', '--short'], { encoding: 'utf8' });
    // Version 1 knows an older format of the file.
    if (version.status !== 0 || !/^v?[2-9]/.test(version.stdout)) continue;
    const { status } = spawnSync(docker, [...args, '--profile', 'demo', 'config', '--quiet'], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return status === 0 ? nothing({ passed: 1 }) : nothing({ failed: 1 });
  }
  progress.line('  Skipped: this machine has no docker compose.');
  return nothing({ skipped: 1 });
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** @param {Partial<Counts>} [counts] @returns {Counts} */
function nothing(counts = {}) {
  return { passed: 0, failed: 0, skipped: 0, ...counts };
}

function parseArguments(args) {
  const names = [];
  const files = [];
  let target = names;
  for (const arg of args) {
    if (arg === '--') target = files;
    else target.push(...(target === names ? arg.replace(/^--only=/, '').split(',') : [arg]));
  }
  const unknown = names.filter((name) => !Object.hasOwn(STAGES, name));
  if (unknown.length > 0) {
    printFailure(
      new StepError(`There is no stage '${unknown.join("', '")}'.`, {
        mend: `name some of ${Object.keys(STAGES).join(', ')}: npm test -- unit types`,
      }),
    );
    process.exit(1);
  }
  // In the table's order, each once.
  const stages = Object.keys(STAGES).filter((name) => names.length === 0 || names.includes(name));
  return { stages, files };
}

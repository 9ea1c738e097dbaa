// The programs that send logs, for the test that runs them with the very configurations of docs/log-configs: those of
// this system, else Debian's packages unpacked below node_modules. Nothing is installed and nothing is started: two of
// them exclude each other, and a log daemon is nobody's business but the machine's.

import './check-node.mjs';

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { run } from './command.mjs';
import { createProgress, StepError } from './progress.mjs';
import { ROOT } from './root.mjs';
import { isStamped, writeStamp } from './stamp.mjs';

const PACKAGES = ['rsyslog', 'syslog-ng-core', 'syslog-ng-mod-http', 'systemd-journal-remote'];
const FOLDER = join(ROOT, 'node_modules/.cache/log-senders');
const TREE = join(FOLDER, 'tree');
const STAMP = join(FOLDER, 'packages');
const APT_MS = 120_000;

/**
 * Where each program is. Null: it is not here.
 * @returns {{ rsyslogd: Sender | null, syslogNg: Sender | null, journalRemote: Sender | null }}
 * @typedef {{ path: string, modules: string, env: Record<string, string> }} Sender
 */
export function installedLogSenders() {
  const libraries = readdirIfThere(join(TREE, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
  const env = {
    LD_LIBRARY_PATH: ['usr/lib/syslog-ng', ...libraries.flatMap((name) => [`usr/lib/${name}`, `lib/${name}`])]
      .map((folder) => join(TREE, folder))
      .concat(libraries.map((name) => `/lib/${name}/systemd`))
      .join(':'),
  };
  const find = (program, modulesIn) => {
    for (const [root, environment] of [
      ['/', {}],
      [TREE, env],
    ]) {
      const path = join(root, program);
      if (!existsSync(path)) continue;
      const modules = modulesIn(root).find((folder) => existsSync(folder));
      if (modules !== undefined) return { path, modules, env: environment };
    }
    return null;
  };
  return {
    rsyslogd: find('usr/sbin/rsyslogd', (root) =>
      readdirIfThere(join(root, 'usr/lib')).map((name) => join(root, 'usr/lib', name, 'rsyslog')),
    ),
    syslogNg: find('usr/sbin/syslog-ng', (root) =>
      readdirIfThere(join(root, 'usr/lib/syslog-ng')).map((name) => join(root, 'usr/lib/syslog-ng', name)),
    ),
    journalRemote: find('lib/systemd/systemd-journal-remote', (root) => [root]),
  };
}

/**
 * Unpacks what is missing, where this is a Debian that reaches its archive; takes a few seconds, once. Elsewhere the
 * tests that need them are skipped.
 * @param {import('./progress.mjs').Progress} progress
 */
export async function ensureLogSenders(progress) {
  if (Object.values(installedLogSenders()).every((sender) => sender !== null)) return;
  if (!existsSync('/usr/bin/apt-get') || isStamped(STAMP, PACKAGES.join(' '))) return;
  try {
    await progress.step("Unpacking Debian's log senders (apt-get download)", async (show) => {
      await unpackPackages(show);
      const missing = Object.entries(installedLogSenders()).filter(([, sender]) => sender === null);
      return missing.length === 0 ? undefined : `without ${missing.map(([name]) => name).join(', ')}`;
    });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    progress.line(
      `  Skipped: the tests with real log senders, as Debian's archive cannot be had. ${error.message}`,
    );
  }
}

async function unpackPackages(show) {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(TREE, { recursive: true });
  const apt = (...args) => run('apt-get', args, { cwd: FOLDER, show, timeoutMs: APT_MS });
  let names;
  try {
    names = await withDependencies(apt);
  } catch (error) {
    // No lists, or old ones. Only root may fetch them.
    if (process.getuid?.() !== 0) throw error;
    await apt('update');
    names = await withDependencies(apt);
  }
  await apt('download', ...names);
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', file, TREE], { cwd: FOLDER, timeoutMs: APT_MS });
    rmSync(join(FOLDER, file));
  }
  writeStamp(STAMP, PACKAGES.join(' '));
}

/** Each by itself: rsyslog and syslog-ng exclude each other. */
async function withDependencies(apt) {
  const names = new Set(PACKAGES);
  for (const name of PACKAGES) {
    const plan = await apt('install', '--simulate', '--no-install-recommends', name);
    for (const [, dependency] of plan.matchAll(/^Inst (\S+)/gm)) names.add(dependency);
  }
  return [...names];
}

function readdirIfThere(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await ensureLogSenders(createProgress(process.stderr));
  console.log(JSON.stringify(installedLogSenders(), null, 2));
}

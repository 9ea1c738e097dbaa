// Debian's ZooKeeper, for the tests that ask a real one who leads: its packages are unpacked below node_modules, nothing is
// installed and nothing is started. It needs the machine's own Java; without that, or without Debian's archive, those
// tests are skipped.

import './check-node.mjs';

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { run } from './command.mjs';
import { createProgress, StepError } from './progress.mjs';
import { ROOT } from './root.mjs';
import { isStamped, writeStamp } from './stamp.mjs';

// What a server without its admin page loads; the packages ask for far more.
const PACKAGES = [
  'libzookeeper-java',
  'libcommons-cli-java',
  'libcommons-io-java',
  'libdropwizard-metrics-java',
  'libjackson2-annotations-java',
  'libjackson2-core-java',
  'libjackson2-databind-java',
  'liblog4j1.2-java',
  'libnetty-java',
  'libslf4j-java',
  'libsnappy-java',
];
const JARS = [
  'zookeeper',
  'zookeeper-jute',
  'commons-cli',
  'commons-io',
  'jackson-annotations',
  'jackson-core',
  'jackson-databind',
  'log4j-1.2',
  'metrics-core',
  'netty-all',
  'netty-buffer',
  'netty-codec',
  'netty-common',
  'netty-handler',
  'netty-resolver',
  'netty-transport',
  'slf4j-api',
  'slf4j-nop',
  'snappy-java',
];
const FOLDER = join(ROOT, 'node_modules/.cache/zookeeper');
const TREE = join(FOLDER, 'tree');
const STAMP = join(FOLDER, 'packages');
const APT_MS = 120_000;

/**
 * How to start a server: `java -cp <classpath> org.apache.zookeeper.server.quorum.QuorumPeerMain <configuration>`. Null: it
 * is not here.
 * @returns {{ java: string, classpath: string } | null}
 */
export function installedZookeeper() {
  const jars = JARS.map((name) => join(TREE, 'usr/share/java', `${name}.jar`));
  if (!existsSync(jars[0] ?? '')) return null;
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java';
  if (spawnSync(java, ['-version'], { stdio: 'ignore' }).status !== 0) return null;
  return { java, classpath: jars.filter((jar) => existsSync(jar)).join(':') };
}

/**
 * Unpacks what is missing, where this is a Debian that reaches its archive; takes a few seconds, once.
 * @param {import('./progress.mjs').Progress} progress
 */
export async function ensureZookeeper(progress) {
  if (installedZookeeper() !== null) return;
  if (!existsSync('/usr/bin/apt-get') || isStamped(STAMP, PACKAGES.join(' '))) return;
  try {
    await progress.step("Unpacking Debian's ZooKeeper (apt-get download)", async (show) => {
      rmSync(FOLDER, { recursive: true, force: true });
      mkdirSync(TREE, { recursive: true });
      const apt = (...args) => run('apt-get', args, { cwd: FOLDER, show, timeoutMs: APT_MS });
      try {
        await apt('download', ...PACKAGES);
      } catch (error) {
        // No lists, or old ones. Only root may fetch them.
        if (process.getuid?.() !== 0) throw error;
        await apt('update');
        await apt('download', ...PACKAGES);
      }
      for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.deb'))) {
        await run('dpkg-deb', ['-x', file, TREE], { cwd: FOLDER, timeoutMs: APT_MS });
        rmSync(join(FOLDER, file));
      }
      writeStamp(STAMP, PACKAGES.join(' '));
      return installedZookeeper() === null ? 'there is no Java to run it' : undefined;
    });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    progress.line(`  Skipped: the tests with a real ZooKeeper, as it cannot be had. ${error.message}`);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await ensureZookeeper(createProgress(process.stderr));
  console.log(JSON.stringify(installedZookeeper(), null, 2));
}

import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** User and database of the built-in Postgres. */
export const NAME = 'exit137';
/** Only a part of the socket's name: nothing listens on a port. */
export const PORT = 5432;
/** sockaddr_un holds 108 bytes on Linux and 104 on macOS, one of them the closing zero. */
const SOCKET_PATH_MAX_BYTES = process.platform === 'darwin' ? 103 : 107;

/**
 * Postgres refuses to run as root. As root it gets a user namespace in which it is nobody: its files stay
 * root's outside, so no folder above needs to be passable. Where namespaces are forbidden (most containers)
 * it becomes the user nobody and owns its files.
 */
export function serverIdentity(root) {
  if (process.getuid?.() !== 0) return { prefix: [], as: {}, own: () => {} };
  const prefix = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];
  const [unshare = '', ...args] = prefix;
  if (spawnSync(unshare, [...args, 'true'], { stdio: 'ignore' }).status === 0) {
    return { prefix, as: {}, own: (path) => giveTo(path, 0, 0) };
  }
  const { uid, gid } = nobody();
  const as = { uid, gid };
  chmodSync(root, 0o711);
  if (spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', root], { ...as, stdio: 'ignore' }).status !== 0) {
    throw new Error(
      `Started as root, Postgres runs as the user nobody, who cannot enter ${root}. ` +
        'Set DATA_DIR to a folder whose parents all may enter, or start exit137 as a normal user.',
    );
  }
  return { prefix: [], as, own: (path) => giveTo(path, uid, gid) };
}

function nobody() {
  const line = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (!line)
    throw new Error('Started as root on a system without the user nobody: start exit137 as a normal user.');
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

/** Cheap when the owner is right already: an earlier start may have run under the other identity. */
function giveTo(path, uid, gid) {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || (stat.uid === uid && stat.gid === gid)) return;
  if (stat.isDirectory()) {
    for (const entry of readdirSync(path, { recursive: true }))
      lchownSync(join(path, String(entry)), uid, gid);
  }
  // The folder last: were this cut short, the next start would begin anew.
  lchownSync(path, uid, gid);
}

/** A private folder whose path leaves room for the socket's name, beside the data or else in the temporary folder. */
export function socketFolder(root, identity) {
  const socketBytes = (folder) => Buffer.byteLength(join(folder, `.s.PGSQL.${PORT}`));
  const isPlain = (folder) => /^[\w./@+-]+$/.test(folder);
  const beside = join(root, 'socket');
  const short = `exit137-${process.getuid?.() ?? 0}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
  // The setting is a comma-separated list with quotes of its own, hence no unusual characters.
  const folder = [beside, join(tmpdir(), short), join('/tmp', short)].find(
    (candidate) => socketBytes(candidate) <= SOCKET_PATH_MAX_BYTES && isPlain(candidate),
  );
  if (folder === undefined) throw new Error(`No folder for the Postgres socket: ${tmpdir()} is too deep.`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  // Anybody can make a folder of this name in the temporary folder before us.
  const owners = [process.getuid?.(), identity.as.uid];
  if (!stat.isDirectory() || (folder !== beside && !owners.includes(stat.uid))) {
    throw new Error(`${folder} belongs to somebody else: remove it, or set TMPDIR to a private folder.`);
  }
  chmodSync(folder, 0o700);
  chownSync(folder, identity.as.uid ?? process.getuid?.() ?? -1, identity.as.gid ?? process.getgid?.() ?? -1);
  return folder;
}

/** Postgres reads the files of its own major version only. */
export function refuseOtherMajor(data, major) {
  const file = join(data, 'PG_VERSION');
  if (!existsSync(file)) return;
  const found = readFileSync(file, 'utf8').trim();
  if (found === major) return;
  throw new Error(
    `${data} was written by PostgreSQL ${found}, and this exit137 brings PostgreSQL ${major}. ` +
      `Move it with pg_dump and pg_restore of PostgreSQL ${found}, or set DATA_DIR to a new folder.`,
  );
}

/** Into a folder beside, renamed when whole: a start that is killed meanwhile leaves no half database. */
export function initialise({ binaries, identity, place, log }) {
  const startedAt = Date.now();
  for (const name of readdirSync(place.root)) {
    if (name.startsWith('postgres.init-')) rmSync(join(place.root, name), { recursive: true, force: true });
  }
  if (existsSync(place.data) && readdirSync(place.data).length > 0) {
    throw new Error(
      `${place.data} holds files but no database: move it away, or set DATA_DIR to a new folder.`,
    );
  }
  rmSync(place.data, { recursive: true, force: true });
  const draft = join(place.root, `postgres.init-${randomUUID()}`);
  mkdirSync(draft, { mode: 0o700 });
  identity.own(draft);
  // The built-in C.UTF-8 sorts by code point alike on every system, whatever locales it has.
  const [command = '', ...args] = [
    ...identity.prefix,
    binaries.initdb,
    ...['--pgdata', draft, '--username', NAME, '--encoding', 'UTF8', '--no-locale'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--auth=trust', '--no-instructions'],
  ];
  const result = spawnSync(command, args, { ...identity.as, env: cleanEnv(), encoding: 'utf8', cwd: '/' });
  if (result.status !== 0) {
    rmSync(draft, { recursive: true, force: true });
    const said = `${result.error?.message ?? ''}\n${result.stderr ?? ''}`.trim();
    throw new Error(`Postgres could not make its data folder ${place.data}:\n${said}`);
  }
  writeFileSync(join(draft, 'pg_hba.conf'), 'local all all trust\n');
  renameSync(draft, place.data);
  log(`made a Postgres data folder in ${Date.now() - startedAt} ms`);
}

/** Nothing of PGDATA, PGPORT, PGOPTIONS and the like may reach the server. */
export function cleanEnv() {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

import { StepError } from './progress.mjs';

/**
 * The address as a browser on this machine would use it.
 * @param {string} host as given to listen()
 * @param {number} port
 */
export function localUrl(host, port) {
  if (host === '0.0.0.0' || host === '') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A port of the loopback interface that nobody listens on now. */
export async function freePort() {
  const server = await listen('127.0.0.1', 0);
  const { port } = server.address();
  await close(server);
  return port;
}

/**
 * Throws StepError when `host:port` cannot be listened on, saying who has it as far as this user may know.
 * @param {string} host
 * @param {number} port
 */
export async function assertPortFree(host, port) {
  try {
    await close(await listen(host, port));
  } catch (error) {
    const other = `PORT=${port === 65_535 ? 3138 : port + 1} npm start`;
    if (error.code === 'EADDRINUSE') {
      const holder = holderOf(port);
      if (await isExit137(localUrl(host, port))) {
        throw new StepError(`exit137 is already running at ${localUrl(host, port)}.`, {
          mend: `open that address, or start a second one beside it: DATA_DIR=.data-2 ${other}`,
        });
      }
      throw new StepError(`Port ${port} of ${host} is taken${holder === null ? '' : ` by ${holder}`}.`, {
        mend: `stop that program, or run: ${other}`,
      });
    }
    if (error.code === 'EACCES') {
      throw new StepError(`This user may not listen on port ${port}.`, {
        mend: 'use a port above 1023: PORT=3137 npm start',
      });
    }
    throw new StepError(`Cannot listen on ${host}, port ${port}: ${error.message}`, {
      mend: 'set HOST to an address of this machine; the default is 127.0.0.1, and 0.0.0.0 means every address.',
    });
  }
}

function listen(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

function close(server) {
  return new Promise((resolve) => server.close(resolve));
}

/** By the names of its metrics; its /healthz answers like anyone's. */
async function isExit137(url) {
  try {
    const response = await fetch(`${url}/metrics`, {
      signal: AbortSignal.timeout(1_500),
      redirect: 'manual',
    });
    return (await response.text()).includes('exit137_');
  } catch {
    return false;
  }
}

/** `node (pid 4242)`, or null where that is not to be known: another user's process, another system than Linux. */
function holderOf(port) {
  try {
    const wanted = port.toString(16).toUpperCase().padStart(4, '0');
    const sockets = new Set();
    for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
      for (const row of readFileSync(table, 'utf8').split('\n').slice(1)) {
        const field = row.trim().split(/\s+/);
        // Local address, state (0A: listening) and inode.
        if (field[1]?.endsWith(`:${wanted}`) && field[3] === '0A') sockets.add(`socket:[${field[9]}]`);
      }
    }
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (hasOpen(pid, sockets)) return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    }
  } catch {
    // Not Linux, or no right to look.
  }
  return null;
}

function hasOpen(pid, sockets) {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

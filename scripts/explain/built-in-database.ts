import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { startPostgres } from '../postgres.mjs';

/**
 * The built-in database of `dataDir`: the one that runs, else started for the time being. `stop` ends only what was
 * started here.
 */
export async function builtInDatabase(dataDir: string): Promise<{ url: string; stop(): Promise<void> }> {
  const running = urlOfRunning(join(dataDir, 'postgres', 'postmaster.pid'));
  if (running !== null) return { url: running, stop: async () => {} };
  return await startPostgres({ dataDir });
}

/** From the file that a running server keeps: its process id, folder, start, port and socket folder, a line each. */
function urlOfRunning(pidFile: string): string | null {
  if (!existsSync(pidFile)) return null;
  const [pid = '', , , port = '', socket = ''] = readFileSync(pidFile, 'utf8').split('\n');
  try {
    process.kill(Number(pid), 0);
  } catch {
    return null; // Left behind by a server that is gone.
  }
  return `postgresql://exit137@localhost:${Number(port)}/exit137?host=${encodeURIComponent(socket)}`;
}

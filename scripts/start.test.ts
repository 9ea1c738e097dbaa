import { spawn, spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const START = fileURLToPath(new URL('start.mjs', import.meta.url));
const servers: { close(): unknown }[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Runs `npm start` up to where it refuses, without the developer's .env. */
function start(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [START, '--no-env-file'], {
      cwd: '/',
      env: { NODE_ENV: 'production', PATH: process.env.PATH ?? '', HOST: '127.0.0.1', ...env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += String(chunk);
      });
    }
    child.on('close', (code) => resolve({ code, output }));
  });
}

function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(String((server.address() as AddressInfo).port)));
  });
}

describe('npm start', () => {
  it('says before any slow work that the port is taken, and how to use another', async () => {
    const port = await listen(createServer((_request, response) => response.end('something else')));
    const { code, output } = await start({ PORT: port });
    expect(code).toBe(1);
    expect(output).toContain(`Port ${port} of 127.0.0.1 is taken`);
    expect(output).toContain(`PORT=${Number(port) + 1} npm start`);
    expect(output).not.toContain('Postgres');
  });

  it('tells an exit137 that runs already from another program on the port', async () => {
    const port = await listen(createServer((_request, response) => response.end('exit137_info 1')));
    const { code, output } = await start({ PORT: port });
    expect(code).toBe(1);
    expect(output).toContain(`exit137 is already running at http://127.0.0.1:${port}`);
  });

  it('does not wait for a program on the port that never answers', async () => {
    const port = await listen(createTcpServer());
    const { code, output } = await start({ PORT: port });
    expect(code).toBe(1);
    expect(output).toContain(`Port ${port} of 127.0.0.1 is taken`);
  });

  it.each([
    { given: { PORT: 'http' }, says: "PORT must be a number from 1 to 65535, not 'http'" },
    { given: { PORT: '70000' }, says: "PORT must be a number from 1 to 65535, not '70000'" },
    { given: { ROLE: 'both' }, says: "ROLE must be all, web or poller, not 'both'" },
  ])('refuses $given with a sentence and no stack', async ({ given, says }) => {
    const { code, output } = await start(given);
    expect(code).toBe(1);
    expect(output).toContain(says);
    expect(output).not.toMatch(/\n\s+at /);
  });
});

describe('a child of npm start', () => {
  it('ends when its parent is killed with -9', async () => {
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `
        import { startChild } from ${JSON.stringify(new URL('child.mjs', import.meta.url).href)};
        startChild({
          name: 'child',
          args: ['--eval', 'console.log(process.pid); setInterval(() => {}, 1000)'],
          onLine: (line) => console.log(line),
        });
      `,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (chunk) => resolve(Number(String(chunk))));
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });
});

/** A zombie that nobody has waited for yet is as dead as can be. */
function isAlive(pid: number): boolean {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && !stdout.startsWith('Z');
}

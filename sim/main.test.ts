import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let child: ChildProcess | null = null;

/** Starts the program as it is run, and reads its first line. */
async function run(...flags: string[]): Promise<{ child: ChildProcess; line: string }> {
  const started = spawn(process.execPath, ['--import', 'tsx', MAIN, '--port', '0', ...flags], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child = started;
  for await (const line of createInterface({ input: started.stdout })) return { child: started, line };
  throw new Error('it said nothing');
}

afterEach(() => {
  child?.kill('SIGKILL');
  child = null;
});

describe('the program', () => {
  it('says in one line of JSON where it listens, and ends when its parent’s pipe closes', async () => {
    const { child: started, line } = await run('--json-ready', '--with-parent');
    const ready = JSON.parse(line) as {
      masters: string[];
      marathons: string[];
      agents: number;
      control: string;
    };
    expect(ready).toMatchObject({ agents: 24 });
    expect([ready.masters.length, ready.marathons.length]).toEqual([2, 1]);
    expect((await fetch(`${ready.masters[0]}/health`)).status).toBe(200);
    started.stdin?.end();
    const [code] = await once(started, 'exit');
    expect(code).toBe(0);
  });

  it('ends at once on SIGTERM, a hanging client notwithstanding', async () => {
    const { child: started, line } = await run('--json-ready');
    const { masters, control } = JSON.parse(line) as { masters: string[]; control: string };
    await fetch(`${control}/sim/misbehave?mode=hang`, { method: 'POST' });
    const hanging = fetch(`${masters[0]}/state`).catch(() => 'gone');
    started.kill('SIGTERM');
    const [code] = await once(started, 'exit');
    expect(code).toBe(0);
    expect(await hanging).toBe('gone');
  });

  it('names a wrong flag and exits with 1', async () => {
    const started = spawn(process.execPath, ['--import', 'tsx', MAIN, '--history=week'], { stdio: 'pipe' });
    child = started;
    let said = '';
    started.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const [code] = await once(started, 'close');
    expect(code).toBe(1);
    expect(said).toMatch(/^sim: --history: a time such as/);
  });
});

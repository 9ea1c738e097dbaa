/**
 * Runs the benchmarks one after the other and prints one table: each measure, its floor in the same run, the ratio,
 * the bar, and pass or short. A benchmark is a program of this folder that prints a line `BENCH {json}` a measure.
 *
 *   npm run bench [-- read write ask ...] [--quick]
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

type Measure = {
  measure: string;
  value: number;
  unit: string;
  floor: string;
  floorValue: number | null;
  ratio: number | null;
  /** `<= 0.25` or `>= 0.3`, of the ratio where there is one, else of the value; empty: none is set. */
  bar: string;
  pass: boolean | null;
};

/** In the order of their cost; `quick`: arguments that make it small. */
const BENCHES: Record<string, { file: string; quick: string[] }> = {
  log: { file: 'read-log.ts', quick: ['--mb', '128', '--rounds', '1'] },
  read: { file: 'read-state.ts', quick: ['--quick'] },
  write: { file: 'write.ts', quick: ['--quick'] },
  latency: { file: 'stream-latency.ts', quick: ['--quick'] },
  agents: { file: 'sample-agents.ts', quick: ['1000'] },
  page: { file: 'page-while-polling.ts', quick: ['--quick'] },
  ask: { file: 'ask.ts', quick: ['--quick'] },
};

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

const measures: Measure[] = [];
const failed: string[] = [];
for (const [name, { file, quick }] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n── ${name} (bench/${file})`);
  const code = await run(file, isQuick ? quick : []);
  if (code !== 0) failed.push(name);
}

console.log(`\n${tableOf(measures)}`);
const short = measures.filter(({ pass }) => pass === false).length;
console.log(
  `\n${measures.length} measures, ${short} short of their bar${failed.length === 0 ? '' : `; did not run to their end: ${failed.join(', ')}`}`,
);
process.exitCode = failed.length > 0 ? 1 : 0;

/** Shows what it prints as it comes, and keeps the measures. Resolves with its exit code. */
function run(file: string, more: readonly string[]): Promise<number> {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (rest !== '') take(rest);
      resolve(code ?? 1);
    });
  });
}

function take(line: string): void {
  // Printed by bench/report.ts, in this form.
  if (line.startsWith('BENCH ')) measures.push(JSON.parse(line.slice('BENCH '.length)) as Measure);
  else console.log(line);
}

function tableOf(all: readonly Measure[]): string {
  const rows = all.map((one) => [
    one.measure,
    `${figure(one.value)} ${one.unit}`,
    one.floor,
    one.floorValue === null ? '' : `${figure(one.floorValue)} ${one.unit}`,
    one.ratio === null ? '' : figure(one.ratio),
    one.bar,
    one.pass === null ? '' : one.pass ? 'pass' : 'short',
  ]);
  const head = ['measure', 'value', 'floor', 'floor', 'ratio', 'bar', ''];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The import rules of ARCHITECTURE.md as data. A unit may import itself and what is listed. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'lib/domain': [],
  'lib/errors': [],
  'lib/config': ['lib/errors'],
  'lib/log': ['lib/config'],
  'lib/format': ['lib/domain'],
  'lib/contracts': ['lib/domain'],
  'lib/charts': ['lib/domain', 'lib/contracts', 'lib/format'],
  'lib/diagnose': ['lib/domain'],
  'lib/evidence': ['lib/domain'],
  'lib/upstream': ['lib/domain', 'lib/errors'],
  'lib/mesos': ['lib/domain', 'lib/errors', 'lib/upstream'],
  'lib/marathon': ['lib/domain', 'lib/errors', 'lib/upstream'],
  'lib/db': ['lib/config', 'lib/errors'],
  'lib/ingest': ['lib/domain', 'lib/errors', 'lib/diagnose', 'lib/evidence', 'lib/db'],
  // Ways in for logs: from bytes to lines, and to lib/ingest.
  'lib/logs': ['lib/config', 'lib/log', 'lib/errors', 'lib/domain', 'lib/evidence', 'lib/ingest', 'lib/db'],
  'lib/stats': ['lib/domain', 'lib/contracts', 'lib/diagnose', 'lib/evidence', 'lib/db', 'lib/errors'],
  'lib/http': ['lib/errors', 'lib/contracts', 'lib/config', 'lib/log'],
  'lib/poller': [
    'lib/config',
    'lib/log',
    'lib/errors',
    'lib/domain',
    'lib/upstream',
    'lib/mesos',
    'lib/marathon',
    'lib/ingest',
    'lib/logs',
    'lib/db',
  ],
  'lib/cli': ['lib/domain', 'lib/errors', 'lib/diagnose', 'lib/evidence'],
  components: ['lib/domain', 'lib/contracts', 'lib/charts', 'lib/format'],
  app: [
    'components',
    'lib/http',
    'lib/logs',
    'lib/evidence',
    'lib/contracts',
    'lib/stats',
    'lib/db',
    'lib/config',
    'lib/errors',
    'lib/format',
    'lib/domain',
    'lib/log',
    'package.json',
  ],
  instrumentation: ['lib/poller', 'lib/config', 'lib/log'],
  sim: [],
  bench: [
    'lib/mesos',
    'lib/domain',
    'lib/evidence',
    'lib/upstream',
    'lib/ingest',
    'lib/poller',
    'lib/db',
    'lib/stats',
    'scripts/postgres.mjs',
    'scripts/production-server.mjs',
  ],
};

/** Decisions without a clock, a network or a console: time and facts come in as values. */
const PURE =
  /^lib\/(domain|format|contracts|charts|diagnose|evidence)\/|^lib\/ingest\/(plan-|identity|marathon-context)|^lib\/poller\/schedule/;
const IMPURE = [
  ['Date.now()', /\bDate\.now\(/],
  ['new Date()', /\bnew Date\(\)/],
  ['Math.random', /\bMath\.random\b/],
  ['fetch', /(?<![.\w])fetch\(/],
  ['console', /(?<![.\w])console\./],
  ['process', /(?<![.\w'"])process\./],
  ['a node: module with I/O', /from 'node:(fs|http|https|net|child_process|worker_threads)/],
] as const;

/** Units that the browser may load: nothing of Node in them. */
const BROWSER_SAFE = /^(lib\/(domain|format|contracts|charts)|components)\//;

/** The only index files: each lists what its folder holds. */
const REGISTRIES = ['lib/diagnose/rules/index.ts', 'sim/scenarios/index.ts'];

type Source = { path: string; text: string };

const unitOf = (path: string): string =>
  /^(lib\/[^/.]+|components|app|sim|bench|instrumentation)/.exec(path)?.[0] ?? path;

function importsOf({ path, text }: Source): string[] {
  const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*['"](@\/|\.\.?\/)([^'"]+)['"]/g);
  return [...specifiers].map(([, prefix = '', rest = '']) =>
    prefix === '@/' ? rest : posix.join(posix.dirname(path), prefix + rest),
  );
}

function brokenImports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const unit = unitOf(source.path);
    const allowed = MAY_IMPORT[unit];
    if (!allowed) return [`${source.path}: unit ${unit} is not in the import table`];
    return importsOf(source)
      .filter((target) => unitOf(target) !== unit && !allowed.includes(unitOf(target)))
      .map((target) => `${source.path} must not import ${target}`);
  });
}

function impurities(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => PURE.test(path))
    .flatMap(({ path, text }) => {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
      return IMPURE.filter(([, pattern]) => pattern.test(code)).map(([name]) => `${path} uses ${name}`);
    });
}

function nodeInBrowser(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path, text }) => BROWSER_SAFE.test(path) && /from 'node:/.test(text))
    .map(({ path }) => `${path} imports a node: module`);
}

function readTree(): Source[] {
  return (
    ['lib', 'app', 'components', 'sim', 'bench']
      .filter((root) => existsSync(root))
      .flatMap((root) =>
        readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => posix.join(root, name)),
      )
      .concat(existsSync('instrumentation.ts') ? ['instrumentation.ts'] : [])
      .filter(
        (path) => /\.tsx?$/.test(path) && !/\.(test|d)\.tsx?$/.test(path) && !/\/generated\//.test(path),
      )
      // What only tests load may reach for more.
      .filter((path) => !/^lib\/db\/(test-database|seed-for-tests)/.test(path))
      .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  );
}

describe('architecture', () => {
  const sources = readTree();

  it('imports only in the allowed direction', () => {
    expect(brokenImports(sources)).toEqual([]);
  });

  it('keeps clocks, chance and I/O out of the pure units', () => {
    expect(impurities(sources)).toEqual([]);
  });

  it('keeps Node out of what the browser loads', () => {
    expect(nodeInBrowser(sources)).toEqual([]);
  });

  it('has no catch-all files and no barrels but registries', () => {
    const forbidden = sources
      .map(({ path }) => path)
      .filter(
        (path) => /\/(utils?|helpers?|types|common|shared)\.tsx?$/.test(path) || /\/index\.tsx?$/.test(path),
      )
      .filter((path) => !REGISTRIES.includes(path));
    expect(forbidden).toEqual([]);
  });

  it('only lib/config reads the environment', () => {
    const readers = sources
      .filter(
        ({ path, text }) =>
          /process\.env\b/.test(text) && !/^lib\/config\//.test(path) && !/^sim\//.test(path),
      )
      .map(({ path }) => path)
      // Next inlines NEXT_RUNTIME at build time; it is no setting.
      .filter((path) => path !== 'instrumentation.ts');
    expect(readers).toEqual([]);
  });

  it.each([
    { planted: "import { pool } from '@/lib/db/pool';", in: 'lib/mesos/planted.ts' },
    { planted: "import { overview } from '../stats/overview';", in: 'lib/ingest/planted.ts' },
    { planted: "import { pool } from '@/lib/db/pool';", in: 'components/ui/planted.tsx' },
    { planted: "const late = await import('@/lib/poller/start');", in: 'app/planted.ts' },
    { planted: "import { diagnose } from '../../lib/diagnose/diagnose';", in: 'sim/planted.ts' },
  ])('fails on a planted violation: $in', ({ planted, in: path }) => {
    expect(brokenImports([{ path, text: planted }])).toHaveLength(1);
  });

  it.each(['Date.now()', 'new Date()', 'fetch("/x")', 'process.env.X', 'console.log(1)'])(
    'fails on a planted impurity: %s',
    (planted) => {
      expect(impurities([{ path: 'lib/diagnose/planted.ts', text: `const x = ${planted};` }])).toHaveLength(
        1,
      );
      expect(
        impurities([{ path: 'lib/ingest/plan-planted.ts', text: `const x = ${planted};` }]),
      ).toHaveLength(1);
      expect(impurities([{ path: 'lib/diagnose/planted.ts', text: `// ${planted}` }])).toEqual([]);
    },
  );
});

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

/**
 * Prisma's own schema engine (what `prisma migrate` runs), as WebAssembly on a database. For tests: it splits
 * scripts at every semicolon, so it cannot apply a migration with a function in it.
 */
export type SchemaEngine = {
  /**
   * The SQL that would make the database into `datamodel` (`toDatamodel`), or a database of `datamodel` into this
   * one (`toDatabase`). Both null: they agree in everything that Prisma has words for. It sees neither partitions
   * nor checks, collations, functions and NULLS NOT DISTINCT.
   */
  diff(datamodel: string): Promise<{ toDatamodel: string | null; toDatabase: string | null }>;
  /** What `prisma migrate status` finds; `history` is null when the database is up to date. */
  diagnose(dir: string, names: readonly string[]): Promise<bindings.DiagnoseMigrationHistoryOutput>;
  /** What `prisma migrate deploy` does. */
  apply(dir: string, names: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

const FILTERS = { externalTables: [], externalEnums: [] };

export async function createSchemaEngine(url: string): Promise<SchemaEngine> {
  loadEngine();
  const pool = new EnginePool({ connectionString: url, max: 2 });
  const factory = bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool));
  const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => {}, factory);
  return {
    diff: async (content) => {
      const files = [{ path: 'schema.prisma', content }];
      const database = { tag: 'schemaDatasource', files, configDir: '.' } as const;
      const datamodel = { tag: 'schemaDatamodel', files } as const;
      const sqlOf = async (from: bindings.DiffTarget, to: bindings.DiffTarget) => {
        const result = await engine.diff({ from, to, script: true, exitCode: true, filters: FILTERS });
        return result.exitCode === 0 ? null : (result.stdout ?? '');
      };
      return { toDatamodel: await sqlOf(database, datamodel), toDatabase: await sqlOf(datamodel, database) };
    },
    diagnose: (dir, names) =>
      engine.diagnoseMigrationHistory({
        migrationsList: migrationList(dir, names),
        optInToShadowDatabase: false,
        filters: FILTERS,
      }),
    apply: async (dir, names) => {
      await engine.applyMigrations({ migrationsList: migrationList(dir, names), filters: FILTERS });
    },
    close: async () => {
      engine.free();
      await pool.end();
    },
  };
}

function migrationList(dir: string, names: readonly string[]): bindings.MigrationList {
  return {
    baseDir: dir,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(dir, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

/**
 * PostgreSQL 18 lists NOT NULL among a table's constraints (contype 'n'), which this engine meets with a panic.
 * Nullability it reads from the columns, so nothing is lost by leaving those rows out.
 */
class EnginePool extends pg.Pool {
  // One signature stands for pg's overloads: adapter-pg passes a query object, or the text of a script's statement.
  override async query(query: unknown): Promise<never> {
    const known = typeof query === 'string' ? { text: query } : (query as { text: string });
    const text = known.text.replace("contype NOT IN ('p', 'u', 'f')", "contype NOT IN ('p', 'u', 'f', 'n')");
    const result = await super.query({ ...known, text });
    // The adapter has no name for "char" (OID 18); bpchar (1042) reads the same.
    for (const field of result.fields) if (field.dataTypeID === 18) field.dataTypeID = 1042;
    return result as never;
  }
}

let isLoaded = false;

/** By hand what a bundler does for the package's main file, which imports a .wasm file. */
function loadEngine(): void {
  if (isLoaded) return;
  isLoaded = true;
  const glue = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const module = new WebAssembly.Module(readFileSync(glue.replace(/\.js$/, '.wasm')));
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': { ...bindings } });
  bindings.__wbg_set_wasm(exports);
  // Declared for the compiled half only as an untyped export.
  (exports as { __wbindgen_start(): void }).__wbindgen_start();
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message: (message: string) => {
        throw new Error(message);
      },
    },
  });
}

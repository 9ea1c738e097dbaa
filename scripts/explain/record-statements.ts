import type pg from 'pg';

/** One statement as it was sent. */
export type Statement = { text: string; values: unknown[]; ms: number };

/**
 * Records what every session of `pool` is asked from now on, Prisma's statements too. Call it before the pool is used.
 * `take` gives what was recorded since the last call.
 */
export function recordStatements(pool: pg.Pool): { take(): Statement[] } {
  let recorded: Statement[] = [];
  pool.on('connect', (client) => {
    // The overloads of pg are beyond Parameters<>; the arguments pass through untouched.
    const send = client.query.bind(client) as (...args: unknown[]) => unknown;
    const recording = (...args: unknown[]) => {
      const statement = statementOf(args);
      const started = performance.now();
      const finish = () => {
        statement.ms = performance.now() - started;
      };
      recorded.push(statement);
      const callback = args.findIndex((arg) => typeof arg === 'function');
      if (callback >= 0) {
        const given = args[callback] as (...results: unknown[]) => void; // pg's callback; only passed on.
        args[callback] = (...results: unknown[]) => {
          finish();
          given(...results);
        };
        return send(...args);
      }
      const result = send(...args);
      return result instanceof Promise ? result.finally(finish) : result;
    };
    Object.defineProperty(client, 'query', { value: recording, configurable: true, writable: true });
  });
  return {
    take: () => {
      const taken = recorded.filter(
        ({ text }) => !/^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|SET|EXPLAIN)\b/i.test(text),
      );
      recorded = [];
      return taken;
    },
  };
}

function statementOf([first, second]: readonly unknown[]): Statement {
  if (typeof first === 'string') return { text: first, values: Array.isArray(second) ? second : [], ms: 0 };
  const { text, values } = Object(first) as { text?: unknown; values?: unknown };
  return {
    text: String(text ?? ''),
    values: Array.isArray(values) ? values : Array.isArray(second) ? second : [],
    ms: 0,
  };
}

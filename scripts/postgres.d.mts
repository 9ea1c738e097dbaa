export type PostgresServer = {
  /** A connection URL: user and database `exit137`, no password, over the private socket. */
  url: string;
  pid: number;
  /** Settles when the server has ended; `expected` is false when nobody called `stop`. */
  exited: Promise<{ expected: boolean; code: number | null; signal: string | null }>;
  stop(): Promise<void>;
};

export function startPostgres(options: {
  dataDir: string;
  log?: (line: string) => void;
  settings?: Record<string, string>;
}): Promise<PostgresServer>;

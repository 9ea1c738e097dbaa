import { readFileSync } from 'node:fs';
import { z } from 'zod';

import { AppError } from '@/lib/errors';

/** Digits only: `Number` would also take '0x10', '1e4' and a blank. */
function wholeNumber({ min, max, fallback }: { min: number; max: number; fallback: number }) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
    .default(fallback);
}

function parts(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function urlOf(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function isHttpUrl(text: string): boolean {
  const url = urlOf(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
}

/** The commas inside `zk://a,b,c/path` part no masters. */
function masterParts(text: string): string[] {
  return (text.match(/zk:\/\/[^/]*(?:\/[^,]*)?|[^,]+/g) ?? [])
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** As Mesos's own `--zk`: `zk://[user:password@]host[:port][,host[:port]…]/path`. */
function isZookeeperUrl(text: string): boolean {
  return /^zk:\/\/(?:[^/@]+:[^/@]+@)?[A-Za-z0-9.-]+(?::\d{1,5})?(?:,[A-Za-z0-9.-]+(?::\d{1,5})?)*(?:\/[A-Za-z0-9._-]+)+\/?$/.test(
    text,
  );
}

function isPostgresUrl(text: string): boolean {
  const url = urlOf(text);
  // A '#' in a password that was not encoded would cut the URL short and show its rest in errors.
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.hash === '';
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function isPemFile(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('-----BEGIN CERTIFICATE-----');
  } catch {
    return false;
  }
}

const httpUrls = 'must be http or https URLs without a query, separated by commas';
const secret = () => z.string().optional();

/** Every setting, in the order of .env.example, which a test compares with this. */
const EnvSchema = z.object({
  /** Where the pages and the API listen. */
  PORT: wholeNumber({ min: 1, max: 65_535, fallback: 3137 }),
  /** The address to listen on; 0.0.0.0 for all, behind a proxy that asks who one is. */
  HOST: z.string().default('127.0.0.1'),
  /** `all`, or only the pages (`web`), or only the collector (`poller`). */
  ROLE: z.enum(['all', 'web', 'poller'], 'must be all, web or poller').default('all'),
  /** The zone in which a day of the review begins, as an IANA name; pages show the viewer's zone. */
  TIME_ZONE: z.string().refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin').default('UTC'),
  /** The least level of the log that is written. */
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be fatal, error, warn, info, debug, trace or silent',
    )
    .default('info'),

  /** Postgres 15 or newer. Unset: one is started in DATA_DIR. */
  DATABASE_URL: z
    .string()
    .refine(isPostgresUrl, 'must be a postgres:// URL, its password encoded')
    .optional(),
  /** A streaming replica of it, from which pages and the API read. Unset: they read DATABASE_URL. */
  DATABASE_READ_URL: z
    .string()
    .refine(isPostgresUrl, 'must be a postgres:// URL, its password encoded')
    .optional(),
  /** The folder of the built-in Postgres. */
  DATA_DIR: z.string().default('.data'),
  /** How long task ends, their evidence and what logs told are kept; rollups are kept for ever. */
  RETENTION_DAYS: wholeNumber({ min: 31, max: 36_500, fallback: 400 }),
  /** How long the ends of stdout and stderr are kept, and the memory of a task before its end. */
  SANDBOX_RETENTION_DAYS: wholeNumber({ min: 1, max: 36_500, fallback: 60 }),

  /** The name of the cluster in pages and addresses. */
  CLUSTER_NAME: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
      'must be at most 63 letters, digits, dots, dashes or underscores',
    )
    .default('default'),
  /** Every master, separated by commas: the leader must be found when one is down. */
  MESOS_MASTER_URLS: z
    .string()
    .transform(masterParts)
    .refine(
      (urls) => urls.length > 0 && urls.every((url) => isHttpUrl(url) || isZookeeperUrl(url)),
      `${httpUrls}, or zk://host:2181,host:2181/path`,
    )
    .refine(
      (urls) => urls.filter(isZookeeperUrl).length <= 1,
      'must be a list with at most one zk:// address',
    )
    .default([]),
  /** How masters are asked that only ZooKeeper names. */
  MESOS_SCHEME: z.enum(['http', 'https'], 'must be http or https').default('http'),
  /** Every Marathon, separated by commas; the replicas of one joined by `|`. One list of URLs each. */
  MARATHON_URLS: z
    .string()
    .transform((text) => parts(text, ',').map((one) => parts(one, '|')))
    .refine(
      (all) => all.length > 0 && all.every((urls) => urls.length > 0 && urls.every(isHttpUrl)),
      `${httpUrls}, replicas of one Marathon by |`,
    )
    .default([]),
  /** Time from the start of one poll to the start of the next. */
  POLL_INTERVAL_MS: wholeNumber({ min: 1_000, max: 300_000, fallback: 30_000 }),
  /** How long one reading of a source may take. */
  POLL_TIMEOUT_MS: wholeNumber({ min: 100, max: 120_000, fallback: 20_000 }),
  /** True where the masters are the simulated ones; `npm start` sets it. */
  SIMULATED: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .default(false),

  /** Who asks the masters: user and password, or a token. */
  MESOS_USERNAME: secret(),
  MESOS_PASSWORD: secret(),
  MESOS_TOKEN: secret(),
  /** Who asks Marathon: user and password, or a token. */
  MARATHON_USERNAME: secret(),
  MARATHON_PASSWORD: secret(),
  MARATHON_TOKEN: secret(),
  /** How tokens are sent: `Authorization: Bearer …`, or DC/OS's `Authorization: token=…`. */
  TOKEN_SCHEME: z.enum(['bearer', 'dcos'], 'must be bearer or dcos').default('bearer'),
  /** Certificates (PEM) to trust besides the usual ones, for https masters and Marathons. */
  CA_FILE: z.string().refine(isPemFile, 'must be a readable file of PEM certificates').optional(),

  /** Pause between two samples of an agent's containers; 0: agents are not sampled. */
  AGENT_SAMPLE_INTERVAL_MS: wholeNumber({ min: 0, max: 3_600_000, fallback: 60_000 }),
  /** How long one request to an agent may take. */
  AGENT_TIMEOUT_MS: wholeNumber({ min: 100, max: 60_000, fallback: 5_000 }),
  /** Whether the ends of stdout and stderr are fetched from the agent after a failure. */
  SANDBOX_TAILS: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .default(true),
  /** Who asks the agents: user and password, or a token. */
  AGENT_USERNAME: secret(),
  AGENT_PASSWORD: secret(),
  AGENT_TOKEN: secret(),

  /** What senders of logs must show at POST /api/v1/logs. Unset: it is closed. */
  LOGS_TOKEN: z.string().min(16, 'must be at least 16 characters long').optional(),
  /** Files of host logs to follow. */
  LOG_FILES: z
    .string()
    .transform((text) => parts(text, ','))
    .default([]),
  /** The host that lines are of which name none. Unset: this machine's name. */
  LOG_HOST: z.string().max(253).optional(),
  /** The zone of time stamps that tell none (classic syslog). */
  LOG_TIME_ZONE: z
    .string()
    .refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')
    .default('UTC'),
  /** Where syslog over TCP is taken. Unset: nowhere. */
  SYSLOG_PORT: wholeNumber({ min: 1, max: 65_535, fallback: 0 }),
  SYSLOG_HOST: z.string().default('127.0.0.1'),
  /** Certificate and key (PEM) for syslog over TLS. Unset: plain TCP. */
  SYSLOG_TLS_CERT: z.string().refine(isPemFile, 'must be a readable file of PEM certificates').optional(),
  SYSLOG_TLS_KEY: z.string().optional(),
});

export type Env = z.infer<typeof EnvSchema>;

/** The names of all settings, in the order of .env.example. */
export const ENV_KEYS = Object.keys(EnvSchema.shape) as (keyof Env)[];

/**
 * Parses settings; an empty or blank value counts as unset. Throws CONFIG_INVALID naming every bad setting
 * at once; the message never holds a value, since URLs and tokens are secrets.
 */
export function parseEnv(source: Readonly<Record<string, string | undefined>>): Env {
  const given = Object.fromEntries(
    ENV_KEYS.flatMap((key) => {
      const value = source[key]?.trim();
      return value === undefined || value === '' ? [] : [[key, value]];
    }),
  );
  const result = EnvSchema.safeParse(given);
  const problems = [
    ...(result.error?.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`) ?? []),
    ...credentialProblems(given, 'MESOS'),
    ...credentialProblems(given, 'MARATHON'),
    ...credentialProblems(given, 'AGENT'),
    ...tlsProblems(given),
  ];
  if (!result.success || problems.length > 0) {
    // One line a setting, even where two rules of it fail.
    throw new AppError('CONFIG_INVALID', `Invalid settings: ${[...new Set(problems)].join('; ')}`);
  }
  return result.data;
}

function credentialProblems(
  given: Record<string, string | undefined>,
  prefix: 'MESOS' | 'MARATHON' | 'AGENT',
): string[] {
  const [username, password, token] = ['USERNAME', 'PASSWORD', 'TOKEN'].map((name) => `${prefix}_${name}`);
  const has = (key: string | undefined) => key !== undefined && given[key] !== undefined;
  return [
    ...(has(username) && !has(password) ? [`${password} must be set where ${username} is`] : []),
    ...(has(password) && !has(username) ? [`${username} must be set where ${password} is`] : []),
    ...(has(token) && (has(username) || has(password))
      ? [`${token} must not be set beside ${username} and ${password}`]
      : []),
  ];
}

function tlsProblems(given: Record<string, string | undefined>): string[] {
  const { SYSLOG_TLS_CERT: cert, SYSLOG_TLS_KEY: key } = given;
  if (cert !== undefined && key === undefined) return ['SYSLOG_TLS_KEY must be set where SYSLOG_TLS_CERT is'];
  if (key !== undefined && cert === undefined) return ['SYSLOG_TLS_CERT must be set where SYSLOG_TLS_KEY is'];
  return [];
}

/** The certificates of CA_FILE as PEM text. Null: not set. Throws CONFIG_INVALID when unreadable by now. */
export function readCa({ CA_FILE }: Pick<Env, 'CA_FILE'>): string | null {
  if (CA_FILE === undefined) return null;
  try {
    return readFileSync(CA_FILE, 'utf8');
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', 'CA_FILE must be a readable file of PEM certificates', { cause });
  }
}

let cached: Env | undefined;

/** The settings of this process. Read at first use, so that a build needs none. */
export function env(): Env {
  cached ??= parseEnv(process.env);
  return cached;
}

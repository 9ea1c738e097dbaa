import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv as parseDotEnv } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

import { AppError } from '@/lib/errors';

import { ENV_KEYS, parseEnv, readCa } from './env';

const folder = mkdtempSync(join(tmpdir(), 'exit137-env-'));
const ca = join(folder, 'ca.pem');
const key = join(folder, 'key.pem');
writeFileSync(ca, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
writeFileSync(key, '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n');
afterAll(() => rmSync(folder, { recursive: true }));

function refusal(source: Record<string, string>): AppError {
  try {
    parseEnv(source);
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('these settings were taken');
}

describe('parseEnv', () => {
  it('needs nothing: every setting has a default or may be missing', () => {
    expect(parseEnv({})).toEqual({
      PORT: 3137,
      HOST: '127.0.0.1',
      ROLE: 'all',
      TIME_ZONE: 'UTC',
      LOG_LEVEL: 'info',
      DATA_DIR: '.data',
      RETENTION_DAYS: 400,
      SANDBOX_RETENTION_DAYS: 60,
      CLUSTER_NAME: 'default',
      MESOS_MASTER_URLS: [],
      MESOS_SCHEME: 'http',
      MARATHON_URLS: [],
      POLL_INTERVAL_MS: 30_000,
      POLL_TIMEOUT_MS: 20_000,
      SIMULATED: false,
      TOKEN_SCHEME: 'bearer',
      AGENT_SAMPLE_INTERVAL_MS: 60_000,
      AGENT_TIMEOUT_MS: 5_000,
      SANDBOX_TAILS: true,
      LOG_FILES: [],
      LOG_TIME_ZONE: 'UTC',
      SYSLOG_PORT: 0,
      SYSLOG_HOST: '127.0.0.1',
    });
  });

  it('an empty or blank value counts as unset, and white space around a value is dropped', () => {
    expect(parseEnv(Object.fromEntries(ENV_KEYS.map((name) => [name, ' '])))).toEqual(parseEnv({}));
    expect(parseEnv({ CLUSTER_NAME: ' prod\n' }).CLUSTER_NAME).toBe('prod');
  });

  it('splits masters at commas, and Marathons at commas into replicas at bars', () => {
    const parsed = parseEnv({
      MESOS_MASTER_URLS: 'http://m1:5050, https://user:pass@m2:5050,',
      MARATHON_URLS: 'http://a1:8080|http://a2:8080,http://b:8080/service/marathon',
    });
    expect(parsed.MESOS_MASTER_URLS).toEqual(['http://m1:5050', 'https://user:pass@m2:5050']);
    expect(parsed.MARATHON_URLS).toEqual([
      ['http://a1:8080', 'http://a2:8080'],
      ['http://b:8080/service/marathon'],
    ]);
  });

  it.each([
    ['zk://z1:2181,z2:2181/mesos', ['zk://z1:2181,z2:2181/mesos']],
    [
      'http://m1:5050,zk://u:p@z1:2181,z2/a/mesos, http://m2:5050',
      ['http://m1:5050', 'zk://u:p@z1:2181,z2/a/mesos', 'http://m2:5050'],
    ],
  ])('keeps the servers of a zk:// address together: %s', (text, urls) => {
    expect(parseEnv({ MESOS_MASTER_URLS: text }).MESOS_MASTER_URLS).toEqual(urls);
  });

  it.each([
    ['PORT', '1', 1],
    ['PORT', '65535', 65_535],
    ['POLL_INTERVAL_MS', '1000', 1_000],
    ['POLL_INTERVAL_MS', '300000', 300_000],
    ['RETENTION_DAYS', '31', 31],
    ['SANDBOX_RETENTION_DAYS', '1', 1],
    ['POLL_TIMEOUT_MS', '100', 100],
    ['POLL_TIMEOUT_MS', '120000', 120_000],
    ['ROLE', 'poller', 'poller'],
    ['SIMULATED', 'true', true],
    ['SIMULATED', 'false', false],
    ['TOKEN_SCHEME', 'dcos', 'dcos'],
    ['TIME_ZONE', 'Europe/Berlin', 'Europe/Berlin'],
    ['CLUSTER_NAME', 'eu-west.prod_1', 'eu-west.prod_1'],
    ['DATABASE_URL', 'postgres://u:p@db:5432/x', 'postgres://u:p@db:5432/x'],
    ['DATABASE_URL', 'postgresql://u@localhost/x?host=%2Ftmp', 'postgresql://u@localhost/x?host=%2Ftmp'],
    ['DATABASE_READ_URL', 'postgres://u:p@replica:5432/x', 'postgres://u:p@replica:5432/x'],
    ['CA_FILE', ca, ca],
  ] as const)('%s may be %s', (name, value, want) => {
    expect(parseEnv({ [name]: value })[name]).toEqual(want);
  });

  it.each([
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '0x50'],
    ['PORT', '80.5'],
    ['POLL_INTERVAL_MS', '999'],
    ['POLL_INTERVAL_MS', '300001'],
    ['POLL_INTERVAL_MS', '3e4'],
    ['POLL_TIMEOUT_MS', '99'],
    ['POLL_TIMEOUT_MS', '120001'],
    ['ROLE', 'everything'],
    ['SIMULATED', 'yes'],
    ['TOKEN_SCHEME', 'basic'],
    ['LOG_LEVEL', 'loud'],
    ['TIME_ZONE', 'Mars/Olympus'],
    ['CLUSTER_NAME', 'a/b'],
    ['CLUSTER_NAME', '.hidden'],
    ['CLUSTER_NAME', 'x'.repeat(64)],
    ['DATABASE_URL', 'mysql://u:p@db/x'],
    ['DATABASE_URL', 'db:5432'],
    ['DATABASE_READ_URL', 'replica:5432'],
    ['DATABASE_URL', 'postgres://u:12#rest-of-password@db/x'],
    ['MESOS_MASTER_URLS', 'm1:5050'],
    ['MESOS_MASTER_URLS', 'http://m1:5050,zk://z:2181'],
    ['MESOS_MASTER_URLS', 'zk://user@z:2181/mesos'],
    ['MESOS_MASTER_URLS', 'zk://z:2181,/mesos'],
    ['MESOS_MASTER_URLS', 'zk://z1:2181/mesos,zk://z2:2181/mesos'],
    ['MESOS_SCHEME', 'ftp'],
    ['MESOS_MASTER_URLS', 'http://m1:5050/?x=1'],
    ['MESOS_MASTER_URLS', ','],
    ['MARATHON_URLS', 'http://a:8080|'.repeat(2).concat('ftp://b')],
    ['MARATHON_URLS', '|'],
    ['CA_FILE', join(folder, 'missing.pem')],
    ['CA_FILE', key],
    ['CA_FILE', folder],
  ])('%s must not be %s, and the refusal names the setting only', (name, value) => {
    const error = refusal({ [name]: value });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toMatch(new RegExp(`^Invalid settings: ${name} must be [^;]+$`));
    if (/\w/.test(value)) expect(error.message).not.toContain(value);
  });

  it('names every bad setting at once and shows none of their values', () => {
    const error = refusal({
      PORT: 'hunter2-port',
      DATABASE_URL: 'hunter2-url',
      MESOS_USERNAME: 'hunter2-user',
      MESOS_MASTER_URLS: 'hunter2-master',
    });
    for (const name of ['PORT', 'DATABASE_URL', 'MESOS_PASSWORD', 'MESOS_MASTER_URLS']) {
      expect(error.message).toContain(name);
    }
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain('hunter2');
    expect(error.cause).toBeUndefined();
  });

  it.each([
    { given: { SYSLOG_TLS_CERT: ca, SYSLOG_TLS_KEY: key }, missing: null },
    { given: { SYSLOG_TLS_CERT: ca }, missing: 'SYSLOG_TLS_KEY' },
    { given: { SYSLOG_TLS_KEY: key }, missing: 'SYSLOG_TLS_CERT' },
  ])('syslog over TLS needs certificate and key: $missing is missing', ({ given, missing }) => {
    if (missing === null) expect(parseEnv(given)).toMatchObject(given);
    else expect(refusal(given).message).toContain(`${missing} must be set`);
  });

  describe.each(['MESOS', 'MARATHON'])('credentials of %s', (prefix) => {
    const username = `${prefix}_USERNAME`;
    const password = `${prefix}_PASSWORD`;
    const token = `${prefix}_TOKEN`;

    it.each([
      { given: [username, password], taken: true },
      { given: [token], taken: true },
      { given: [username], taken: false },
      { given: [password], taken: false },
      { given: [token, username], taken: false },
      { given: [token, username, password], taken: false },
    ])('$given: taken $taken', ({ given, taken }) => {
      const source = Object.fromEntries(given.map((name) => [name, 'hunter2']));
      if (taken) expect(parseEnv(source)).toMatchObject(source);
      else expect(refusal(source).message).toMatch(new RegExp(`${prefix}_.* must (not )?be set`));
    });
  });
});

describe('readCa', () => {
  it('gives the text of the file, and null where none is named', () => {
    expect(readCa({ CA_FILE: ca })).toBe(readFileSync(ca, 'utf8'));
    expect(readCa({})).toBeNull();
  });

  it('a file that went away since: CONFIG_INVALID', () => {
    expect(() => readCa({ CA_FILE: join(folder, 'gone.pem') })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');

  it('lists every setting once, in the order of the schema, and nothing else', () => {
    const listed = [...text.matchAll(/^#?\s*([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
    expect(listed).toEqual(ENV_KEYS);
  });

  it('used as it is, changes nothing: its values are the defaults', () => {
    expect(parseEnv(parseDotEnv(text))).toEqual(parseEnv({}));
  });
});

describe('what starts the program with other settings', () => {
  const namesIn = (file: string): string[] => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    return ENV_KEYS.filter((key) => new RegExp(`\\b${key}\\b`).test(text));
  };

  it('docker-compose.yml hands on every setting but those that a container has no use for', () => {
    const without = new Set<string>(['HOST', 'DATA_DIR', 'LOG_FILES', 'LOG_HOST']);
    expect(namesIn('docker-compose.yml')).toEqual(ENV_KEYS.filter((key) => !without.has(key)));
  });

  it('servers of tests are deaf to every setting of the shell but how much they log', () => {
    expect(namesIn('scripts/production-server.mjs')).toEqual(ENV_KEYS.filter((key) => key !== 'LOG_LEVEL'));
  });
});

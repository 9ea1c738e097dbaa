import { parseArgs } from 'node:util';

import { parseAuth } from './http/auth';
import { MESOS_VERSIONS } from './model/mesos-version';
import { SCENARIO_NAMES, type ScenarioName } from './scenarios/scenario';
import type { ClusterOptions } from './start-cluster';

export type MainOptions = Omit<ClusterOptions, 'realNow'> & { jsonReady: boolean; withParent: boolean };

export const HELP = `A simulated Mesos and Marathon cluster on loopback.

  --port N             first of five ports in a row: leading master, other master, Marathon, agents,
                       control (default 5050); 0 takes free ones
  --host ADDRESS       address to listen on and to advertise (default 127.0.0.1)
  --seed N             another cluster (default 137)
  --speed N            lives N times as fast; time stamps keep to the real clock (default 1)
  --history TIME       invents a past of that length: 7d, 12h, 90m (default none)
  --behind TIME        the cluster's clocks lag by that much (default 0)
  --scenario A,B       of ${SCENARIO_NAMES.join(', ')} (default all)
  --mesos-version V    ${MESOS_VERSIONS.join(', ')} (default 1.11)
  --ring N             completed tasks kept per framework (default 1000; 5000 with --history)
  --epoch-file FILE    remember the cluster there: the next start with it continues the same one
  --quiet              without the lively hours that follow a start
  --host-log-file FILE append the hosts' logs to it, from the invented past on; at 32 MiB it becomes FILE.1
  --no-host-log-past   without the invented past
  --syslog HOST:PORT   send the hosts' logs there as they come, RFC 5424 over TCP
  --task-killing       Marathon with that feature: what is being killed is TASK_KILLING
  --auth CREDENTIALS   masters want basic:user:password or token:text
  --marathon-auth C    the same for Marathon
  --state-mb N         so many megabytes of running tasks in the masters' /state besides (default 0)
  --json-ready         print one line of JSON once it listens
  --with-parent        end when standard input closes or the parent's channel does
  --help
`;

/** Reads the command line; null: help was asked for. Throws an Error with a sentence for people. */
export function parseOptions(args: readonly string[]): MainOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '5050' },
      host: { type: 'string', default: '127.0.0.1' },
      seed: { type: 'string', default: '137' },
      speed: { type: 'string', default: '1' },
      history: { type: 'string', default: '0s' },
      behind: { type: 'string', default: '0s' },
      scenario: { type: 'string', default: SCENARIO_NAMES.join(',') },
      'mesos-version': { type: 'string', default: '1.11' },
      ring: { type: 'string' },
      'epoch-file': { type: 'string' },
      'task-killing': { type: 'boolean', default: false },
      'host-log-file': { type: 'string' },
      'no-host-log-past': { type: 'boolean', default: false },
      syslog: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      auth: { type: 'string' },
      'marathon-auth': { type: 'string' },
      'state-mb': { type: 'string', default: '0' },
      'json-ready': { type: 'boolean', default: false },
      'with-parent': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const version = MESOS_VERSIONS.find((one) => one === values['mesos-version']);
  if (version === undefined) throw new Error(`--mesos-version: one of ${MESOS_VERSIONS.join(', ')}`);
  return {
    host: values.host,
    port: parseNumber('port', values.port, { from: 0, to: 65_531, whole: true }),
    seed: parseNumber('seed', values.seed, { from: 0, to: 4_294_967_295, whole: true }),
    speed: parseNumber('speed', values.speed, { from: 0.01, to: 100_000 }),
    historySeconds: parseDuration('history', values.history),
    behindSeconds: parseDuration('behind', values.behind),
    scenarios: parseScenarios(values.scenario),
    version,
    ringSize:
      values.ring === undefined ? null : parseNumber('ring', values.ring, { from: 1, to: 1e6, whole: true }),
    epochFile: values['epoch-file'] ?? null,
    welcomes: !values.quiet,
    hostLogFile: values['host-log-file'] ?? null,
    hostLogPast: !values['no-host-log-past'],
    syslog: values.syslog === undefined ? null : parseTarget(values.syslog),
    taskKilling: values['task-killing'],
    masterAuth: values.auth === undefined ? null : parseAuth(values.auth),
    marathonAuth: values['marathon-auth'] === undefined ? null : parseAuth(values['marathon-auth']),
    stateMb: parseNumber('state-mb', values['state-mb'], { from: 0, to: 4096, whole: true }),
    jsonReady: values['json-ready'],
    withParent: values['with-parent'],
  };
}

/** `host:port`; an IPv6 address in brackets. */
function parseTarget(text: string): { host: string; port: number } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw new Error('--syslog: host:port');
  return { host, port: parseNumber('syslog', port, { from: 1, to: 65_535, whole: true }) };
}

function parseNumber(
  name: string,
  text: string,
  limits: { from: number; to: number; whole?: boolean },
): number {
  const value = Number(text);
  const isFit = value >= limits.from && value <= limits.to && !(limits.whole && !Number.isInteger(value));
  if (text.trim() === '' || !isFit) {
    throw new Error(`--${name}: a ${limits.whole ? 'whole ' : ''}number from ${limits.from} to ${limits.to}`);
  }
  return value;
}

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const MAX_DURATION_SECONDS = 60 * 86_400;

function parseDuration(name: string, text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (!(seconds <= MAX_DURATION_SECONDS))
    throw new Error(`--${name}: a time such as 7d, 12h, 90m, at most 60d`);
  return seconds;
}

function parseScenarios(text: string): ScenarioName[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const name = SCENARIO_NAMES.find((one) => one === part);
      if (name === undefined) throw new Error(`--scenario: of ${SCENARIO_NAMES.join(', ')}`);
      return name;
    });
}

import type { Agent } from '../model/agent';
import { type MesosVersion, since } from '../model/mesos-version';
import { createRandom, type Random } from '../model/random';

/** How a host's lines stand in a file: rsyslog's ISO form, RFC 5424, or classic syslog (UTC, no year). */
export type LineFormat = 'iso' | 'rfc5424' | 'classic';

export type KernelLine = '3.10' | '5.10' | '6.1';

/** The machine below an agent, as its logs show it. It stays when its agent gets another id. */
export type Host = {
  hostname: string;
  /** What its syslog calls it: the short name on some, the full one on others. */
  logName: string;
  /** Its clock is ahead by this much; only what its own syslog stamps shows it. */
  skewSeconds: number;
  format: LineFormat;
  kernel: KernelLine;
  release: string;
  /** True where kernel lines keep their `[seconds since boot]`. */
  printsUptime: boolean;
  /** Model second of its boot. */
  bootedAt: number;
  /** True where Docker leaves its cgroups to systemd: `/system.slice/docker-<id>.scope`. */
  systemdCgroups: boolean;
  /** Docker 20.10 and later put the container into a field of its own. */
  modernDocker: boolean;
  agentProgram: 'mesos-slave' | 'mesos-agent';
  agentPid: number;
  dockerPid: number;
  memMb: number;
  /** Chance of what happens on it; what the model decides has other streams, so that logs change nothing. */
  random: Random;
  nextPid: number;
};

const RELEASES: Record<KernelLine, string> = {
  '3.10': '3.10.0-693.el7.x86_64',
  '5.10': '5.10.0-28-amd64',
  '6.1': '6.1.0-18-amd64',
};
const LAST_PID = 131_071;
/** Seconds by process number of the agent; the others are right to some hundredths. */
const SKEWS: Record<number, number> = { 4: 2.7, 9: -7.4, 14: 41, 19: 88.5, 22: -33 };

/** The host of an agent: the same from the same seed, whatever the agent's id. */
export function createHost(agent: Agent, seed: number, version: MesosVersion, now: number): Host {
  const { process, hostname } = agent;
  const random = createRandom(seed, `host-${process}`);
  const kernel: KernelLine = process % 3 === 1 ? '3.10' : process % 3 === 2 ? '5.10' : '6.1';
  const isOld = kernel === '3.10';
  return {
    hostname,
    logName: process % 2 === 0 ? hostname : (hostname.split('.')[0] ?? hostname),
    skewSeconds: SKEWS[process] ?? random.between(-0.04, 0.04),
    format: process % 8 === 3 ? 'classic' : process % 8 === 6 ? 'rfc5424' : 'iso',
    kernel,
    release: RELEASES[kernel],
    // journald's stream to rsyslog on CentOS 7 loses them.
    printsUptime: !isOld,
    bootedAt: now - random.between(3, 190) * 86_400,
    systemdCgroups: kernel === '6.1',
    modernDocker: !isOld,
    agentProgram: since(version, '1.0') ? 'mesos-agent' : 'mesos-slave',
    agentPid: random.int(1400, 2900),
    dockerPid: random.int(900, 1390),
    memMb: agent.mem + 2048,
    random,
    nextPid: random.int(20_000, 90_000),
  };
}

/** A process id as a busy machine gives them out: growing, with gaps, round after the highest. */
export function takePid(host: Host): number {
  host.nextPid += host.random.int(3, 300);
  if (host.nextPid > LAST_PID) host.nextPid = 3000 + (host.nextPid % 1000);
  return host.nextPid;
}

export function hex(random: Random, digits: number): string {
  let text = '';
  while (text.length < digits) text += random.int(0, 15).toString(16);
  return text;
}

import type { Task } from '../model/task';
import { type Host, hex } from './host';
import { type OomKill, oomLines, reaperLine } from './kernel-oom';
import { type Process, processesOf, victimOf } from './processes';
import { kernelLines, type Pen, plainLine } from './write-line';

/** Command tasks of the Mesos containerizer get this much more, for their executor. */
export const EXECUTOR_MB = 32;

/** The limit the kernel holds a container to. */
export function limitMbOf(task: Pick<Task, 'kind' | 'mem'>): number {
  return task.kind === 'mesos' ? task.mem + EXECUTOR_MB : task.mem;
}

/** Where a container's processes are filed: Docker's by Docker id, the Mesos containerizer's by container id. */
export function cgroupOf(
  host: Host,
  task: Pick<Task, 'dockerId' | 'containerId' | 'parentContainerId'>,
): string {
  if (task.dockerId !== null) {
    return host.systemdCgroups ? `/system.slice/docker-${task.dockerId}.scope` : `/docker/${task.dockerId}`;
  }
  return `/mesos/${task.parentContainerId ?? task.containerId}`;
}

/** The kernel kills a container's largest process, at its limit or for the whole host. */
export function writeOomKill(pen: Pen, task: Task, whose: 'container' | 'host'): void {
  const { host } = pen;
  const victim = victimOf(task);
  writeKill(pen, killOf(host, task, victim, whose));
}

/** The kernel kills a helper inside a container that lives on. */
export function writeChildKill(pen: Pen, task: Task, victim: Process): void {
  writeKill(pen, killOf(pen.host, task, victim, 'container'));
}

function killOf(host: Host, task: Task, victim: Process, whose: 'container' | 'host'): OomKill {
  const cgroup = cgroupOf(host, task);
  const limitKb = limitMbOf(task) * 1024;
  const isAtLimit = whose === 'container';
  return {
    victim,
    processes: processesOf(task),
    invokedBy: isAtLimit
      ? { pid: victim.pid + host.random.int(1, 60), name: victim.name }
      : { pid: host.dockerPid + 40_112, name: 'tar' },
    cgroup,
    limitCgroup: isAtLimit ? cgroup : null,
    cpuset: isAtLimit ? (task.dockerId ?? task.containerId) : '/',
    usedKb: isAtLimit ? limitKb : Math.floor(limitKb * 0.82),
    limitKb,
    noSwap: task.memorySwap,
  };
}

function writeKill(pen: Pen, kill: OomKill): void {
  const { host } = pen;
  kernelLines(pen, oomLines(host, kill));
  if (host.kernel !== '3.10') kernelLines({ ...pen, at: pen.at + 0.012 }, [reaperLine(kill)], 6);
}

const FOREIGN_MB = 200;

/** A service of the host itself reaches its limit: none of Mesos's business. */
export function writeServiceOom(pen: Pen): void {
  const unit = 'node-exporter.service';
  writeForeign(pen, 'node_exporter', `/system.slice/${unit}`, '/');
  if (pen.host.kernel !== '3.10') {
    plainLine(
      { ...pen, at: pen.at + 0.02 },
      'systemd',
      1,
      `${unit}: A process of this unit has been killed by the OOM killer.`,
    );
  }
  plainLine(
    { ...pen, at: pen.at + 0.03 },
    'systemd',
    1,
    `${unit}: Main process exited, code=killed, status=9/KILL`,
  );
}

/** A container of a Kubernetes that shares the host. */
export function writeKubernetesOom(pen: Pen): void {
  const { random } = pen.host;
  const pod = `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-9${hex(random, 3)}-${hex(random, 12)}`;
  const container = hex(random, 64);
  writeForeign(pen, 'coredns', `/kubepods/burstable/pod${pod}/${container}`, container);
}

function writeForeign(pen: Pen, name: string, cgroup: string, cpuset: string): void {
  const { host } = pen;
  const pid = host.random.int(3000, 19_000);
  const victim = { pid, name, share: 0.97 };
  writeKill(pen, {
    victim,
    processes: [victim],
    invokedBy: { pid: pid + 3, name },
    cgroup,
    limitCgroup: cgroup,
    cpuset,
    usedKb: FOREIGN_MB * 1024,
    limitKb: FOREIGN_MB * 1024,
    noSwap: false,
  });
}

import { type MesosVersion, since } from '../model/mesos-version';
import type { Task } from '../model/task';

/** Adds `gpus`, which every resource object has since 1.0. */
export function withGpus<T extends object>(version: MesosVersion, resources: T): T & { gpus?: number } {
  return since(version, '1.0') ? { ...resources, gpus: 0 } : resources;
}

/** What these tasks use together. */
export function sumOf(tasks: Iterable<Task>): { cpus: number; mem: number; disk: number } {
  let cpus = 0;
  let mem = 0;
  for (const task of tasks) {
    cpus += task.cpus;
    mem += task.mem;
  }
  return { cpus: Math.round(cpus * 100) / 100, mem, disk: 0 };
}

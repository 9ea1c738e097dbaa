import type { Host } from '../hosts/host';
import type { HostLog } from '../hosts/host-log';
import type { Agent } from './agent';
import type { App, Deployment, Instance, Marathon } from './app';
import type { EventQueue } from './event-queue';
import type { Fate, KillFate } from './fate';
import type { Framework } from './framework';
import type { Master } from './master';
import type { MesosVersion } from './mesos-version';
import { createRandom, type Random } from './random';
import type { Task, TaskStatus } from './task';
import type { Timeline } from './timeline';

/** Decides what becomes of a task that is about to start; null: nothing to say about this one. */
export type FateHook = (task: Task) => Fate | null;

/** As Marathon's: what becomes of a task that is to be killed; null: it goes as its app takes a SIGTERM. */
export type KillHook = (task: Task) => KillFate | null;

/** What the master tells those who subscribed. */
export type MasterEvent =
  | { kind: 'task-added'; task: Task }
  | { kind: 'task-updated'; task: Task; status: TaskStatus; isCheck: boolean }
  | { kind: 'agent-added'; agent: Agent }
  | { kind: 'agent-removed'; agentId: string }
  | { kind: 'framework-added' | 'framework-removed'; framework: Framework };

/** What Marathon tells those who listen to its events. */
export type MarathonEvent =
  | {
      kind: 'deployment-info' | 'deployment-step-success' | 'deployment-success' | 'deployment-failed';
      deployment: Deployment;
    }
  | { kind: 'status-update'; task: Task; status: TaskStatus; instance: Instance }
  | { kind: 'unhealthy-kill'; task: Task; instance: Instance; why: string }
  | { kind: 'api-post'; app: App };

/** Something that happened on a host without ending a task at once; for tests. Times are stamps, null: not yet over. */
export type Incident = {
  kind: 'oom-child' | 'stuck-kill' | 'docker-hang' | 'disk-full' | 'oom-foreign';
  hostname: string;
  taskId: string | null;
  killedPid: number | null;
  from: number;
  until: number | null;
};

/** The simulated cluster and everything that moves it. Changed only by the events of `queue` and by triggers. */
export type World = {
  readonly seed: number;
  readonly version: MesosVersion;
  readonly timeline: Timeline;
  readonly queue: EventQueue;
  /** Chance of everything that has no stream of its own. */
  readonly random: Random;
  /** Makes ids. Another start instant gives other ids, so that two clusters of one seed share none. */
  readonly ids: Random;
  /** Model seconds since the epoch. */
  now: number;
  /** End of the invented past: stories are placed relative to it. */
  readonly presentAt: number;
  readonly master: Master;
  readonly marathon: Marathon;
  /** Asked in order; the first that answers decides. */
  readonly fates: FateHook[];
  readonly kills: KillHook[];
  /**
   * Agents that fail what they are given, by hostname: their offers win, for they are always the emptiest. The number
   * is the share of launches they draw.
   */
  readonly temptingAgents: Map<string, number>;
  /** The machines below the agents, by hostname. */
  readonly hosts: Map<string, Host>;
  readonly hostLog: HostLog;
  readonly dockerIds: Random;
  readonly incidents: Incident[];
  /** Called with each event of the master, in order. */
  readonly listeners: Set<(event: MasterEvent) => void>;
  /** Called with each event of Marathon, in order. */
  readonly marathonListeners: Set<(event: MarathonEvent) => void>;
  /** True where Marathon runs with its feature `task_killing`. */
  readonly taskKilling: boolean;
};

export function after(world: World, seconds: number, action: () => void): void {
  world.queue.schedule(world.now + seconds, action);
}

export function at(world: World, model: number, action: () => void): void {
  world.queue.schedule(Math.max(model, world.now), action);
}

/** What the cluster's clocks read now: seconds since the epoch. */
export function stamp(world: World): number {
  return world.timeline.stampOf(world.now);
}

/** A moment of the model as Marathon writes it. */
export function isoOf(world: World, model: number): string {
  return new Date(Math.round(world.timeline.stampOf(model) * 1000)).toISOString();
}

export function emit(world: World, event: MasterEvent): void {
  for (const listener of world.listeners) listener(event);
}

export function emitOfMarathon(world: World, event: MarathonEvent): void {
  for (const listener of world.marathonListeners) listener(event);
}

/** Lets everything happen that is due until the model second `until`. */
export function runUntil(world: World, until: number): void {
  for (let due = world.queue.takeDue(until); due !== null; due = world.queue.takeDue(until)) {
    world.now = Math.max(world.now, due.at);
    due.action();
  }
  world.now = Math.max(world.now, until);
  world.hostLog.settle(world.now);
}

/** A stream of chance of one's own, named. */
export function randomOf(world: World, name: string): Random {
  return createRandom(world.seed, name);
}

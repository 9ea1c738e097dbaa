import { exited, killedByKernel } from './endings';
import { type Fate, fateOf } from './fate';
import { createFramework, type Framework } from './framework';
import { launchTask, placeTask } from './launch';
import { since } from './mesos-version';
import type { Random } from './random';
import type { Task, TaskStatus } from './task';
import { after, emit, randomOf, stamp, type World } from './world';

/** A job of the batch scheduler. Durations are model seconds. */
export type Job = {
  name: string;
  kind: 'docker' | 'mesos';
  mem: number;
  seconds: readonly [number, number];
  /** Share of runs that fail. */
  failureShare: number;
  exitCodes: readonly number[];
};

export type Batch = { run(job: Job): void };

const RETRY_SECONDS = 60;
const MAX_RETRIES = 2;

/** A Chronos-like scheduler: tasks that are meant to end. Not partition-aware, so what it loses is TASK_LOST. */
export function createBatch(world: World): Batch {
  const random = randomOf(world, 'batch');
  const framework = createFramework({
    id: `${world.master.id}-0001`,
    name: 'chronos',
    user: 'root',
    hostname: 'chronos-1.fra1.example.test',
    webuiUrl: '',
    principal: 'chronos',
    role: '*',
    capabilities: [],
    failoverTimeout: 604_800,
    partitionAware: false,
    registeredAt: world.master.electedAt + 9,
  });
  world.master.frameworks.set(framework.id, framework);
  const runs = new Map<string, { job: Job; attempt: number; scheduledMs: number }>();

  framework.onStatus = (task: Task, status: TaskStatus) => {
    const run = runs.get(task.id);
    if (run === undefined) return;
    if (status.state === 'TASK_RUNNING' || status.state === 'TASK_STARTING') return;
    if (status.reason === 'SLAVE_REMOVED') return;
    runs.delete(task.id);
    if (status.state === 'TASK_FAILED' && run.attempt < MAX_RETRIES) {
      after(world, RETRY_SECONDS, () => launch(run.job, run.attempt + 1, run.scheduledMs));
    }
  };

  function launch(job: Job, attempt: number, scheduledMs: number): void {
    const agent = placeTask(world, { cpus: 0.5, mem: job.mem }, random);
    if (agent === null) return;
    const task = launchTask(world, {
      shape: jobShape(framework, job, `ct:${scheduledMs}:${attempt}:${job.name}:`),
      agent,
      parentContainerId: null,
      startSeconds: random.between(1, 5),
      decide: (launched) => fateOf(world, launched) ?? jobFate(world, job, launched, random),
    });
    runs.set(task.id, { job, attempt, scheduledMs });
  }

  let lastScheduledMs = 0;
  return {
    run(job) {
      // Ids carry the time a run was due; two runs of one job must not share it.
      lastScheduledMs = Math.max(Math.round(stamp(world) * 1000), lastScheduledMs + 1);
      launch(job, 0, lastScheduledMs);
    },
  };
}

function jobShape(framework: Framework, job: Job, id: string) {
  return {
    id,
    name: `ChronosTask:${job.name}`,
    frameworkId: framework.id,
    executorId: '',
    kind: job.kind,
    image: job.kind === 'docker' ? `registry.example.test/batch/${job.name}:7` : null,
    cpus: 0.5,
    mem: job.mem,
    user: 'root',
    role: '*',
    labels: {},
    containerPort: null,
    mesosChecks: false,
    memorySwap: false,
    cmd: null,
    env: {},
    appId: null,
  };
}

function jobFate(world: World, job: Job, task: Task, random: Random): Fate {
  const [from, to] = job.seconds;
  const failed = random.chance(job.failureShare);
  const code = failed ? random.pick(job.exitCodes) : 0;
  // A job that dies of 137 had too little memory; nobody kills jobs by hand.
  const isOom = code === 137 && task.kind === 'docker';
  const report = isOom ? killedByKernel(world.version, task, 'container') : exited(world.version, task, code);
  return { kind: 'ends', afterSeconds: random.between(from, to), report };
}

/** A framework of one afternoon: registers, starts some tasks, of which about half end before it is torn down. */
export function registerAdHocFramework(world: World, random: Random): Framework {
  const framework = createFramework({
    id: `${world.master.id}-0002`,
    name: 'spark-adhoc',
    user: 'analyst',
    hostname: 'notebook-3.fra1.example.test',
    webuiUrl: 'http://notebook-3.fra1.example.test:4040',
    principal: 'spark',
    role: '*',
    capabilities: since(world.version, '1.4') ? ['PARTITION_AWARE'] : [],
    failoverTimeout: 0,
    partitionAware: since(world.version, '1.4'),
    registeredAt: world.now,
  });
  world.master.frameworks.set(framework.id, framework);
  emit(world, { kind: 'framework-added', framework });
  for (let number = 0; number < 12; number += 1) {
    const agent = placeTask(world, { cpus: 1, mem: 2048 }, random);
    if (agent === null) continue;
    const job: Job = {
      name: `executor-${number}`,
      kind: 'mesos',
      mem: 2048,
      seconds: number % 2 === 0 ? [300, 1500] : [90_000, 90_001],
      failureShare: 0.1,
      exitCodes: [1],
    };
    launchTask(world, {
      shape: { ...jobShape(framework, job, String(number)), name: `spark ${job.name}`, user: 'analyst' },
      agent,
      parentContainerId: null,
      startSeconds: random.between(2, 6),
      decide: (task) => jobFate(world, job, task, random),
    });
  }
  return framework;
}

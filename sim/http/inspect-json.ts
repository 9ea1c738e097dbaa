import { createHash } from 'node:crypto';

import type { Task } from '../model/task';
import type { World } from '../model/world';

/** What `docker inspect` prints of a running container: an array of one. `data` of the task's first RUNNING update. */
export function inspectJson(world: World, task: Task): unknown[] {
  const started = new Date(Math.round(world.timeline.stampOf(task.runningSince ?? world.now) * 1000));
  const memory = task.mem * 1024 * 1024;
  const env = { ...task.env, MESOS_TASK_ID: task.id, MESOS_CONTAINER_NAME: `mesos-${task.containerId}` };
  const argv = task.cmd === null ? ['/app/run'] : ['/bin/sh', '-c', task.cmd];
  return [
    {
      Id: task.dockerId,
      Created: started.toISOString(),
      Path: argv[0],
      Args: argv.slice(1),
      State: {
        Status: 'running',
        Running: true,
        Paused: false,
        Restarting: false,
        OOMKilled: false,
        Dead: false,
        Pid: task.pid,
        ExitCode: 0,
        Error: '',
        StartedAt: started.toISOString(),
        FinishedAt: '0001-01-01T00:00:00Z',
      },
      Image: `sha256:${createHash('sha256')
        .update(task.image ?? '')
        .digest('hex')}`,
      Name: `/mesos-${task.containerId}`,
      RestartCount: 0,
      Driver: 'overlay2',
      Platform: 'linux',
      HostConfig: {
        NetworkMode: task.hostPort === null ? 'host' : 'bridge',
        CpuShares: Math.round(task.cpus * 1024),
        Memory: memory,
        MemorySwap: task.memorySwap ? memory : memory * 2,
        MemorySwappiness: null,
        OomKillDisable: false,
        Privileged: false,
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      },
      Config: {
        Image: task.image,
        Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
        Labels: { MESOS_TASK_ID: task.id },
      },
      NetworkSettings: { IPAddress: task.hostPort === null ? '' : task.address },
    },
  ];
}

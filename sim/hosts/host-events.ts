import type { Agent } from '../model/agent';
import { since } from '../model/mesos-version';
import { isTerminal, type Report, type Task, type TaskStatus } from '../model/task';
import type { World } from '../model/world';
import { createHost, type Host, hex, takePid } from './host';
import { agentContinuation, agentLine, dockerLine, kernelLines, type Pen, plainLine } from './write-line';
import { writeOomKill } from './write-oom';

/** The machine below an agent. */
export function hostOf(world: World, agent: Agent): Host {
  const known = world.hosts.get(agent.hostname);
  if (known !== undefined) return known;
  const host = createHost(agent, world.seed, world.version, world.now);
  world.hosts.set(agent.hostname, host);
  return host;
}

export function penOf(world: World, agent: Agent, inSeconds = 0): Pen {
  return { world, host: hostOf(world, agent), at: world.now + inSeconds };
}

/** What a launch gives a container on its host. */
export function identify(world: World, agent: Agent, kind: Task['kind']): Pick<Task, 'dockerId' | 'pid'> {
  const host = hostOf(world, agent);
  return { pid: takePid(host), dockerId: kind === 'docker' ? hex(world.dockerIds, 64) : null };
}

export function noteLaunch(world: World, task: Task): void {
  const { frameworkId, containerId, agent } = task;
  const executor = executorIdOf(task);
  const pen = penOf(world, agent, 0.02);
  agentLine(
    pen,
    'slave.cpp:9007',
    `Launching executor '${executor}' of framework ${frameworkId} with resources [{"allocation_info":{"role":"*"},"name":"cpus","scalar":{"value":0.1},"type":"SCALAR"},{"allocation_info":{"role":"*"},"name":"mem","scalar":{"value":32.0},"type":"SCALAR"}] in work directory '${sandboxRoot(task)}'`,
  );
  const site = task.kind === 'docker' ? 'docker.cpp:1189' : 'containerizer.cpp:1396';
  const text =
    task.kind === 'docker'
      ? `Starting container '${containerId}' for task '${task.id}' (and executor '${executor}') of framework ${frameworkId}`
      : `Starting container ${task.parentContainerId ?? containerId}`;
  agentLine({ ...pen, at: pen.at + 0.003 }, site, text);
}

export function executorIdOf(task: Pick<Task, 'executorId' | 'id'>): string {
  return task.executorId === '' ? task.id : task.executorId;
}

/** The root container's sandbox. */
export function sandboxRoot(task: Task): string {
  const container = task.parentContainerId ?? task.containerId;
  return `/var/lib/mesos/slaves/${task.agent.id}/frameworks/${task.frameworkId}/executors/${executorIdOf(task)}/runs/${container}`;
}

/** A container came up: the bridge of Docker's network shows it. */
export function noteRunning(world: World, task: Task): void {
  if (task.dockerId === null) return;
  const pen = penOf(world, task.agent, -0.3);
  const { random } = pen.host;
  const veth = `veth${hex(random, 7)}`;
  const port = random.int(2, 40);
  kernelLines(
    pen,
    [
      ...(pen.host.kernel === '3.10'
        ? [`XFS (dm-${port}): Mounting V5 Filesystem`, `XFS (dm-${port}): Ending clean mount`]
        : []),
      `docker0: port ${port}(${veth}) entered blocking state`,
      `docker0: port ${port}(${veth}) entered forwarding state`,
    ],
    6,
  );
}

/** A kill was asked for and Docker is waiting for the container to go. `ignoresKill`: not even SIGKILL ends it. */
export function noteKill(
  world: World,
  task: Task,
  kill: { grace: number; afterSeconds: number; ignoresKill: boolean },
): void {
  const pen = penOf(world, task.agent, 0.01);
  agentLine(pen, 'slave.cpp:3880', `Asked to kill task ${task.id} of framework ${task.frameworkId}`);
  const { dockerId } = task;
  if (dockerId === null || kill.afterSeconds <= kill.grace) return;
  const late = (seconds: number): Pen => ({ ...pen, at: pen.at + seconds });
  const { modernDocker } = pen.host;
  const short = dockerId.slice(0, 12);
  if (modernDocker) {
    dockerLine(
      late(kill.grace),
      'info',
      `Container failed to exit within ${kill.grace}s of signal 15 - using the force`,
      { container: dockerId },
    );
  } else {
    dockerLine(
      late(kill.grace),
      'info',
      `Container ${dockerId} failed to exit within ${kill.grace} seconds of signal 15 - using the force`,
    );
  }
  if (!kill.ignoresKill) return;
  if (modernDocker) {
    dockerLine(
      late(kill.grace + 10),
      'error',
      'Container failed to exit within 10s of kill - trying direct SIGKILL',
      {
        container: dockerId,
        error: 'context deadline exceeded',
      },
    );
    dockerLine(
      late(kill.grace + 12.1),
      'error',
      `Handler for POST /v1.41/containers/mesos-${task.containerId}/stop returned error: cannot stop container: mesos-${task.containerId}: tried to kill container, but did not receive an exit event`,
    );
  } else {
    dockerLine(
      late(kill.grace + 10),
      'info',
      `Container ${short} failed to exit within 10 seconds of kill - trying direct SIGKILL`,
    );
    dockerLine(
      late(kill.grace + 10.02),
      'warning',
      `container kill failed because of 'container not found' or 'no such process': Cannot kill container ${dockerId}: rpc error: code = 2 desc = containerd: container not found`,
    );
  }
}

/** How long before the status that tells it a container died. */
const DIED_BEFORE_SECONDS = 0.12;

/** A container ended on its host, whether or not the master hears of it now. Writes why, where the host knows. */
export function noteDeath(world: World, task: Task, said: Report): void {
  task.endedAt = world.now;
  task.end = said;
  const pen = penOf(world, task.agent, -DIED_BEFORE_SECONDS);
  const oom = said.truth?.oom ?? null;
  if (oom !== null) writeOomKill({ ...pen, at: pen.at - pen.host.random.between(0.02, 0.5) }, task, oom);
  if (oom === 'container' && said.limitationMb !== undefined) writeAgentOom(pen, task, said);
  if (said.reason === 'CONTAINER_LAUNCH_FAILED' && task.dockerId !== null) writePullError(pen, said);
  if (task.dockerId !== null && task.runningSince !== null) writeContainerGone(pen, task);
}

/** The memory isolator's own report, whose statistics follow in lines of their own. */
function writeAgentOom(pen: Pen, task: Task, said: Report): void {
  const container = task.parentContainerId ?? task.containerId;
  const [first = '', ...rest] = (said.message ?? '').trimEnd().split('\n');
  agentLine(pen, 'memory.cpp:489', `OOM detected for container ${container}`);
  const next = { ...pen, at: pen.at + 0.0004 };
  agentLine(next, 'memory.cpp:529', first);
  agentContinuation({ ...next, at: next.at + 1e-6 }, rest);
  agentLine(
    { ...pen, at: pen.at + 0.002 },
    'containerizer.cpp:3115',
    `Container ${container} has reached its limit for resource [{"name":"mem","scalar":{"value":${said.limitationMb}.0},"type":"SCALAR"}] and will be terminated`,
  );
}

/** What Docker itself logged of a launch that it refused. */
function writePullError(pen: Pen, { message }: Report): void {
  const [, stderr] = /stderr='([^']+?)\n?'/.exec(message ?? '') ?? [];
  if (stderr === undefined) return;
  const said = stderr.replace(/^Error response from daemon: /, '');
  if (/Cannot connect to the Docker daemon/.test(said)) return;
  const api = pen.host.modernDocker ? 'v1.41' : 'v1.29';
  dockerLine(pen, 'error', `Handler for POST /${api}/images/create returned error: ${said}`);
}

function writeContainerGone(pen: Pen, { dockerId }: Task): void {
  if (dockerId === null) return;
  const { host } = pen;
  if (host.modernDocker) {
    dockerLine({ ...pen, at: pen.at + 0.03 }, 'info', 'ignoring event', {
      container: dockerId,
      module: 'libcontainerd',
      namespace: 'moby',
      topic: '/tasks/delete',
      type: '*events.TaskDelete',
    });
    plainLine(
      { ...pen, at: pen.at + 0.05 },
      'systemd',
      1,
      `docker-${dockerId}.scope: Deactivated successfully.`,
    );
  } else {
    dockerLine({ ...pen, at: pen.at + 0.04 }, 'error', 'containerd: deleting container', {
      error: `exit status 1: "container ${dockerId} does not exist\\none or more of the container deletions failed\\n"`,
    });
  }
}

/** The agent hands a status on: the line that names the task. */
export function noteStatus(world: World, task: Task, status: TaskStatus): void {
  if (status.source === 'MASTER' || !(isTerminal(status.state) || status.state === 'TASK_RUNNING')) return;
  const pen = penOf(world, task.agent, 0.004);
  const healthy =
    status.healthy === undefined ? '' : ` in health state ${status.healthy ? 'healthy' : 'unhealthy'}`;
  const from =
    status.source === 'SLAVE' ? '@0.0.0.0:0' : `executor(1)@${task.agent.ip}:${30_000 + (task.pid % 9000)}`;
  agentLine(
    pen,
    'slave.cpp:5757',
    `Handling status update ${status.state} (${since(world.version, '1.5') ? 'Status UUID' : 'UUID'}: ${uuidOf(status.uuid)}) for task ${task.id}${healthy} of framework ${task.frameworkId} from ${from}`,
  );
}

function uuidOf(base64: string): string {
  const digits = Buffer.from(base64, 'base64').toString('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

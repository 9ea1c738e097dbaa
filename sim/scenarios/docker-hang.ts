import { hex } from '../hosts/host';
import { hostOf, penOf } from '../hosts/host-events';
import { agentLine, dockerLine, kernelLines, plainLine } from '../hosts/write-line';
import type { Agent } from '../model/agent';
import type { Batch, Job } from '../model/batch';
import { executorDidNotRegister, killed, pullFailed } from '../model/endings';
import { addInstance, killInstance } from '../model/marathon';
import { after, randomOf, type World } from '../model/world';
import type { Scenario } from './scenario';
import { openIncident, pickBusyAgent } from './story-hosts';
import { atStoryTimes } from './story-times';

const SECONDS = 25 * 60;
const NETDEVICE_EVERY_SECONDS = 10.2;
const HUNG_AFTER_SECONDS = 120;
const DOWN =
  'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
const PROBE: Job = {
  name: 'probe-backends',
  kind: 'docker',
  mem: 64,
  seconds: [4, 20],
  failureShare: 0,
  exitCodes: [1],
};

/**
 * A network device that is never released makes Docker on one host hang: the kernel repeats itself every ten seconds,
 * kills time out, launches get no answer, until somebody restarts Docker, whose containers live on.
 */
export function prepareDockerHang(world: World, batch: Batch): Scenario {
  const random = randomOf(world, 'docker-hang');
  /** Model second at which each hung host is well again, by hostname. */
  const hungUntil = new Map<string, number>();

  world.fates.push((task) => {
    if (!hungUntil.has(task.agent.hostname) || task.kind !== 'docker' || task.image === null) return null;
    if (random.chance(0.6)) {
      return { kind: 'never-runs', afterSeconds: 60.2, report: executorDidNotRegister(world.version) };
    }
    const failed = pullFailed(world.version, task.image, DOWN, 'docker_daemon_unresponsive');
    return { kind: 'never-runs', afterSeconds: random.between(1, 4), report: failed };
  });

  world.kills.push((task) => {
    const until = hungUntil.get(task.agent.hostname);
    if (until === undefined || task.kind !== 'docker') return null;
    return {
      afterSeconds: until - world.now + random.between(3, 20),
      ignoresKill: true,
      report: killed(world.version, task, 137, 'kill_failed_container_stuck'),
    };
  });

  function repeatNetdevice(agent: Agent, device: string): void {
    if (!hungUntil.has(agent.hostname)) return;
    kernelLines(
      penOf(world, agent),
      [`unregister_netdevice: waiting for ${device} to become free. Usage count = 1`],
      0,
    );
    after(world, NETDEVICE_EVERY_SECONDS, () => repeatNetdevice(agent, device));
  }

  function repeatHungTask(agent: Agent): void {
    if (!hungUntil.has(agent.hostname)) return;
    const pen = penOf(world, agent);
    const { kernel, release, dockerPid } = pen.host;
    kernelLines(
      pen,
      [
        `INFO: task dockerd:${dockerPid + 11} blocked for more than ${HUNG_AFTER_SECONDS} seconds.`,
        ...(kernel === '3.10' ? [] : [`      Not tainted ${release} #1`]),
        '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
        kernel === '3.10'
          ? `dockerd         D ffff88085c2f0fd0     0 ${dockerPid + 11}      1 0x00000080`
          : `task:dockerd         state:D stack:    0 pid:${dockerPid + 11} ppid:     1 flags:0x00000000`,
        'Call Trace:',
        ' __schedule+0x282/0x880',
        ' schedule+0x46/0xb0',
        ' schedule_preempt_disabled+0xa/0x10',
        ' __mutex_lock.constprop.0+0x133/0x460',
        ' copy_net_ns+0xaa/0x1b0',
        ' create_new_namespaces+0x11b/0x2e0',
      ],
      3,
    );
    dockerLine(
      { ...pen, at: pen.at + 1 },
      'error',
      `Handler for GET /${pen.host.modernDocker ? 'v1.41' : 'v1.29'}/containers/json returned error: context canceled`,
    );
    agentLine(
      { ...pen, at: pen.at + 2 },
      'docker.cpp:2311',
      "Failed to get the state of Docker: 'docker -H unix:///var/run/docker.sock ps -a' timed out after 5secs",
      'W',
    );
    after(world, HUNG_AFTER_SECONDS + 3, () => repeatHungTask(agent));
  }

  function hang(): void {
    const agent = pickBusyAgent(world, random, 3);
    if (agent === null) return;
    const { hostname } = agent;
    const close = openIncident(world, { kind: 'docker-hang', hostname });
    hungUntil.set(hostname, world.now + SECONDS);
    world.temptingAgents.set(hostname, 0.5);
    repeatNetdevice(agent, `veth${hex(hostOf(world, agent).random, 7)}`);
    after(world, HUNG_AFTER_SECONDS, () => repeatHungTask(agent));
    after(world, 40, () => replaceSome(agent));
    for (let run = 0; run < 7; run += 1) after(world, random.between(5, 500), () => batch.run(PROBE));
    after(world, SECONDS, () => {
      hungUntil.delete(hostname);
      world.temptingAgents.delete(hostname);
      const pen = penOf(world, agent);
      plainLine(pen, 'systemd', 1, 'Stopping Docker Application Container Engine...');
      plainLine(
        { ...pen, at: pen.at + 0.4 },
        'systemd',
        1,
        'Starting Docker Application Container Engine...',
      );
      dockerLine({ ...pen, at: pen.at + 0.9 }, 'info', 'Starting up');
      plainLine({ ...pen, at: pen.at + 2.1 }, 'systemd', 1, 'Started Docker Application Container Engine.');
      close();
    });
  }

  /** Marathon replaces what runs there: the kills of the old ones hang. */
  function replaceSome(agent: Agent): void {
    const there = [...world.marathon.byTask.values()].filter(
      ({ state, tasks, app }) =>
        state === 'running' && app.shape.kind === 'docker' && tasks[0]?.agent === agent,
    );
    for (const instance of there.slice(0, 2)) {
      killInstance(world, instance);
      addInstance(world, instance.app);
    }
  }

  return {
    tell() {
      atStoryTimes(world, { days: [-3.6], thenEveryDays: 6.1, soonMinutes: 150 }, hang);
    },
    trigger: hang,
  };
}

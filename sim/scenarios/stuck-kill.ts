import { penOf } from '../hosts/host-events';
import { victimOf } from '../hosts/processes';
import { kernelLines } from '../hosts/write-line';
import type { Instance } from '../model/app';
import { deploy } from '../model/deployment';
import { killed } from '../model/endings';
import type { Task } from '../model/task';
import { after, randomOf, type World } from '../model/world';
import { appNamed, isDeploying, nextTag } from './releases';
import type { Scenario } from './scenario';
import { openIncident } from './story-hosts';
import { atStoryTimes } from './story-times';

const APPS = ['/shop/catalog', '/shop/payments', '/media/thumbnailer'] as const;
const HUNG_AFTER_SECONDS = 122;

/**
 * A container that not even SIGKILL ends, for its process waits in the kernel for a disk: Marathon has asked, Docker
 * has tried, and the task runs on for most of an hour.
 */
export function prepareStuckKill(world: World): Scenario {
  const random = randomOf(world, 'stuck-kill');
  const stuck = new Map<string, number>();
  let stories = 0;

  world.kills.push((task) => {
    const until = stuck.get(task.id);
    if (until === undefined) return null;
    const close = openIncident(world, {
      kind: 'stuck-kill',
      hostname: task.agent.hostname,
      taskId: task.id,
    });
    after(world, HUNG_AFTER_SECONDS, () => complain(task));
    after(world, until - world.now, close);
    return {
      afterSeconds: until - world.now,
      ignoresKill: true,
      report: killed(world.version, task, 137, 'kill_failed_container_stuck'),
    };
  });

  function complain(task: Task): void {
    if (task.endedAt !== null) return;
    const pen = penOf(world, task.agent);
    const { pid, name } = victimOf(task);
    const old = pen.host.kernel === '3.10';
    kernelLines(
      pen,
      [
        `INFO: task ${name}:${pid} blocked for more than 120 seconds.`,
        ...(old ? [] : [`      Not tainted ${pen.host.release} #1`]),
        '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
        'Call Trace:',
        ' schedule+0x29/0x70',
        ' io_schedule+0x46/0x70',
        ' wait_on_page_bit_common+0x133/0x430',
        ' nfs_file_fsync+0x8a/0x190',
      ],
      3,
    );
    // The kernel stops after ten of them by default; here after as long as it takes.
    after(world, 600, () => complain(task));
  }

  function stick(): void {
    const app = appNamed(world, APPS[stories % APPS.length] ?? APPS[0]);
    stories += 1;
    if (isDeploying(world, app)) return;
    const running = [...app.instances].filter((one) => one.state === 'running');
    const instance: Instance | undefined = running.length === 0 ? undefined : random.pick(running);
    const task = instance?.tasks[0];
    if (task === undefined) return;
    stuck.set(task.id, world.now + random.between(38, 52) * 60);
    deploy(world, app, { tag: nextTag(app) });
  }

  return {
    tell() {
      atStoryTimes(world, { days: [-5.05, -0.8], thenEveryDays: 3.7, soonMinutes: 35 }, stick);
    },
    trigger: stick,
  };
}

/*
 * The simulated cluster as a program: two Mesos masters, their agents and one Marathon, as the product would meet
 * them, for people with no cluster at hand and for tests. It imports nothing of the product. `--help` lists the flags.
 *
 * sim/model      what happens: agents, tasks, master, Marathon, batch scheduler, moved by an event queue in model time
 * sim/scenarios  why it happens: one file per kind of trouble, each told at set times or triggered
 * sim/hosts      what the machines below log of it: kernel, Docker, Mesos agent, and what means nothing
 * sim/host-logs  where those lines go: a file, syslog over TCP
 * sim/sandbox    what tasks write into their sandboxes
 * sim/http       how it shows: the shapes of Mesos 0.22 to 1.11 and of Marathon 1.10
 *
 * Nothing runs between requests: each answer first lets happen what is due by then. All chance comes from `--seed`,
 * so a seed and a start instant (both in `--epoch-file`) give the same past again, ids and time stamps included.
 *
 * The control listener is for tests only:
 *   POST /sim/advance?seconds=N      lets N seconds of the model pass at once. Stamps use up what --behind gave first
 *                                    and are then squeezed together at the present, never put into the future
 *   POST /sim/trigger?scenario=NAME  makes that trouble happen now
 *   POST /sim/misbehave?mode=MODE    none; hang: no answer; drip: a byte a second; truncate: the connection breaks in the
 *                  [&target=T]       middle of a body; cut: half a body, ended in order; gzip: right, but not asked for;
 *                                    gzip-broken: garbage soon after its start; 500; 401; 403; non-leader: no master leads;
 *                                    redirect: each master names the other one. T: masters (default), marathon, all
 *   POST /sim/failover[?seconds=N]   the leading master ends and refuses connections for N real seconds (3); the other one
 *                                    leads with empty memory, and gets to know what the agents tell in the next seconds
 *   POST /sim/restart[?seconds=N]    the same, but the process that ended is the one that leads again
 *   POST /sim/refuse                 two invalid tasks and one for a lost offer: no list has them, only the counters
 *   GET  /sim/truth                  {ends: [{frameworkId, taskId, agentId, hostname, appId, state, message, reason,
 *                                    containerId, dockerId, pid, killedPid, cause, proof, exitCode, oom, finishedAt,
 *                                    revivedAt}], incidents: [{kind, hostname, taskId, killedPid, from, until}]},
 *                                    every end so far, in order; revivedAt is set where the task came back to life,
 *                                    which takes that end back. `proof`: the most that can be said with every source
 *   GET  /sim/host-logs              {lines: [{hostname, at, line}]}, the newest lines of the hosts' logs, in order;
 *         [?host=H&since=TIME]       `at` by the host's own clock, which on some is wrong
 *   GET  /sim/summary                clock, master id, which master leads, seed, number of ends, present misbehaviour
 */
import { AGENT_COUNT } from './model/create-world';
import { HELP, type MainOptions, parseOptions } from './options';
import { type Cluster, startCluster } from './start-cluster';

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(HELP);
    return;
  }
  const cluster = await startCluster({ ...options, realNow: () => Date.now() / 1000 });
  announce(options, cluster);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  if (options.withParent) endWithParent();
}

function announce(options: MainOptions, { masters, marathons, control, simulation }: Cluster): void {
  if (options.jsonReady) {
    process.stdout.write(`${JSON.stringify({ masters, marathons, agents: AGENT_COUNT, control })}\n`);
    return;
  }
  const lines = [
    `Simulated Mesos cluster, seed ${simulation.epoch.seed}, ${simulation.ends().length} task ends so far.`,
    `  MESOS_MASTER_URLS=${masters.join(',')}`,
    `  MARATHON_URLS=${marathons.join(',')}`,
    `  control: ${control}/sim/summary`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A child outlives its parent unless it watches: standard input ends, or the channel closes, when the parent dies. */
function endWithParent(): void {
  process.once('disconnect', () => process.exit(0));
  process.stdin.once('end', () => process.exit(0));
  process.stdin.once('error', () => process.exit(0));
  process.stdin.resume();
}

main().catch((error: unknown) => {
  process.stderr.write(`sim: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});

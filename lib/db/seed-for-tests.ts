import { createHash } from 'node:crypto';

import type { Db } from './pool';
import { refillRollups } from './rollups-for-tests';
import { planEvidence } from './seed-for-tests-evidence';
import { seedStatus } from './seed-for-tests-status';

/**
 * A plausible week for tests and for people who work on the screens: one cluster, 12 hosts, 10 Marathon apps
 * and a batch framework, about 3,000 task ends over the 9 days before `now`. exit137 watches since 8 days and 12
 * hours (a day can be held against the same day last week); the time before is what the master remembered.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const HISTORY = 9 * DAY;
const WATCHED = 8.5 * DAY;

const MARATHON = '0f7a1c52-58c5-4b6e-9a7c-2f0d6f1b7e11-0000';
const BATCH = '0f7a1c52-58c5-4b6e-9a7c-2f0d6f1b7e11-0001';
const MASTER = '5c4b1c9e-3f0a-4d7e-8a63-9be2f7f2c001';
const MARATHON_SOURCE = 'marathon:http://marathon.example.net:8080';

type App = {
  id: string;
  image: string;
  memMb: number;
  cpus: number;
  instances: number;
  containerizer: string;
};
const app = (
  id: string,
  image: string,
  memMb: number,
  cpus: number,
  instances: number,
  containerizer = 'DOCKER',
): App => ({ id, image, memMb, cpus, instances, containerizer });

const APPS: App[] = [
  app('/shop/cart', 'registry.example.net/shop/cart', 4096, 1, 8),
  app('/shop/checkout', 'registry.example.net/shop/checkout', 2048, 1, 6),
  app('/shop/catalog', 'registry.example.net/shop/catalog', 1024, 0.5, 6),
  app('/shop/search', 'registry.example.net/shop/search', 6144, 2, 4),
  app('/payments/api', 'registry.example.net/payments/api', 1024, 0.5, 6),
  app('/payments/ledger', 'registry.example.net/payments/ledger', 512, 0.25, 3, 'MESOS'),
  app('/media/thumbs', 'registry.example.net/media/thumbs', 768, 0.5, 5),
  app('/platform/gateway', 'registry.example.net/platform/gateway', 512, 1, 6),
  app('/platform/mailer', 'registry.example.net/platform/mailer', 256, 0.1, 2),
  app(
    '/platform/observability/very-long-named-log-forwarder-for-the-eu-region',
    'registry.example.net/platform/forwarder',
    512,
    0.5,
    4,
  ),
];

const HOSTS = Array.from({ length: 12 }, (_, n) => ({
  agentId: `${MASTER}-S${n}`,
  hostname: `agent-${String(n + 1).padStart(2, '0')}.fra.example.net`,
  ip: `10.20.0.${11 + n}`,
}));
/** Fills its disk, so images cannot be unpacked. */
const BAD_HOST = 6;
/** Was lost two days before `now`, with what ran on it. */
const LOST_HOST = 10;
/** Of what host logs and agents tell: a network device not released, an agent that is silent, a clock that is off. */
const NETDEVICE_HOST = 2;
const SILENT_HOST = 5;
const SKEWED_HOST = 4;

type Deployment = { id: string; appId: string; version: string; at: number; image: string };

/** What a scenario says about an end; the rest is filled in. */
type Fate = {
  state: string;
  cause: string;
  disposition: string;
  proof?: string;
  message: string | null;
  reason?: string | null;
  source?: string;
  exitCode?: number | null;
  signal?: string | null;
  summary: string;
  because: string[];
  advice?: string[];
  ruleId: string;
  healthy?: boolean | null;
  byHost?: boolean;
};

/** mulberry32: the same numbers at each run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
function uuidOf(text: string): string {
  const hex = sha(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
const iso = (ms: number) => new Date(ms).toISOString();

const KILLED_137: Fate = {
  state: 'TASK_FAILED',
  cause: 'sigkill_137_unproven',
  disposition: 'failure',
  message: 'Container exited with status 137',
  exitCode: 137,
  signal: 'SIGKILL',
  summary: 'Killed by SIGKILL (exit 137); who sent it is not proven.',
  because: ['The message says "Container exited with status 137".', '137 is 128 + 9: SIGKILL.'],
  advice: [
    'Look in the kernel log of the host for an out-of-memory block at this time.',
    'Check -Xmx against the memory limit of 4,096 MiB.',
  ],
  ruleId: 'exit-137',
};
/** The same with the kernel's report at hand: see planEvidence. */
const KERNEL_OOM: Fate = {
  ...KILLED_137,
  cause: 'oom_cgroup_limit',
  proof: 'proven',
  summary: 'Ran out of memory: the kernel killed java at the container’s limit of 4,096 MB.',
  because: [
    'The kernel killed java in its container 16 ms before the status.',
    'memory: usage 4194304kB, limit 4194304kB, failcnt 25581',
    'The message says "Container exited with status 137".',
  ],
  advice: ['Set -Xmx to about 3,072 MB, three quarters of its 4,096 MB, or raise mem.'],
  ruleId: 'evidence-memcg-oom',
};
const MESOS_OOM: Fate = {
  state: 'TASK_FAILED',
  cause: 'oom_cgroup_limit',
  disposition: 'failure',
  proof: 'proven',
  message:
    'Memory limit exceeded: Requested: 544MB Maximum Used: 544MB\n\nMEMORY STATISTICS: \ncache 5201920\nrss 564875264\nrss_huge 0',
  reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
  source: 'SOURCE_AGENT',
  summary: 'Ran out of memory: used 544 MB of its 544 MB limit.',
  because: [
    'Mesos gave the reason REASON_CONTAINER_LIMITATION_MEMORY.',
    'The message says "Memory limit exceeded: Requested: 544MB Maximum Used: 544MB".',
  ],
  advice: ['Raise mem above 512 MiB, or find what grew.'],
  ruleId: 'memory-limitation-reason',
};
const CRASH: Fate = {
  state: 'TASK_FAILED',
  cause: 'app_exit_nonzero',
  disposition: 'failure',
  proof: 'proven',
  message: 'Container exited with status 1',
  exitCode: 1,
  summary: 'The program exited with code 1.',
  because: ['The message says "Container exited with status 1".'],
  advice: ['Read the last lines of stderr in the sandbox.'],
  ruleId: 'exit-nonzero',
};
const SEGV: Fate = {
  state: 'TASK_FAILED',
  cause: 'app_crash_signal',
  disposition: 'failure',
  proof: 'proven',
  message: 'Command terminated with signal Segmentation fault (core dumped)',
  exitCode: 139,
  signal: 'SIGSEGV',
  summary: 'Crashed with SIGSEGV (segmentation fault).',
  because: ['The message says "terminated with signal Segmentation fault".'],
  ruleId: 'crash-signal',
};
const NOT_FOUND: Fate = {
  state: 'TASK_FAILED',
  cause: 'command_not_found_or_not_executable',
  disposition: 'failure',
  proof: 'proven',
  message: 'Command exited with status 127',
  exitCode: 127,
  summary: 'The command was not found (exit 127).',
  because: ['The message says "Command exited with status 127".'],
  ruleId: 'exit-127',
};
const NO_SPACE: Fate = {
  state: 'TASK_FAILED',
  cause: 'no_space_left_on_device',
  disposition: 'failure',
  proof: 'proven',
  message:
    "Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull registry.example.net/shop/search': exited with status 1; stderr='write /var/lib/docker/tmp/GetImageBlob718023: no space left on device'",
  reason: 'REASON_CONTAINER_LAUNCH_FAILED',
  source: 'SOURCE_AGENT',
  summary: 'The host has no space left on its disk.',
  because: ['The message says "no space left on device".'],
  advice: ['Free space under /var/lib/docker on this host.'],
  ruleId: 'no-space',
  byHost: true,
};
const PULL: Fate = {
  state: 'TASK_FAILED',
  cause: 'image_pull_failure',
  disposition: 'failure',
  proof: 'proven',
  message:
    "Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull registry.example.net/media/thumbs:9.9.9': exited with status 1; stderr='Error response from daemon: manifest for registry.example.net/media/thumbs:9.9.9 not found: manifest unknown'",
  reason: 'REASON_CONTAINER_LAUNCH_FAILED',
  source: 'SOURCE_AGENT',
  summary: 'The image could not be pulled: manifest unknown.',
  because: ['The message says "manifest unknown".'],
  advice: ['Check that the tag 9.9.9 was pushed.'],
  ruleId: 'image-pull',
};
const UNHEALTHY: Fate = {
  state: 'TASK_KILLED',
  cause: 'killed_unhealthy',
  disposition: 'failure',
  proof: 'proven',
  message: 'Container exited with status 143',
  reason: 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED',
  exitCode: 143,
  signal: 'SIGTERM',
  healthy: false,
  summary: 'Killed because its health checks failed.',
  because: ['The status says healthy: false.'],
  advice: ['Look at what the health check calls, and at its grace period.'],
  ruleId: 'unhealthy',
};
const AGENT_LOST: Fate = {
  state: 'TASK_LOST',
  cause: 'agent_lost_or_removed',
  disposition: 'failure',
  proof: 'proven',
  message: `Agent ${MASTER}-S${LOST_HOST} removed: health check timed out`,
  reason: 'REASON_AGENT_REMOVED',
  source: 'SOURCE_MASTER',
  summary: 'Its agent was removed from the cluster.',
  because: ['Mesos gave the reason REASON_AGENT_REMOVED.'],
  ruleId: 'agent-removed',
  byHost: true,
};
const UNREACHABLE: Fate = {
  ...AGENT_LOST,
  state: 'TASK_UNREACHABLE',
  cause: 'agent_unreachable_or_partition',
  proof: 'likely',
  reason: 'REASON_AGENT_REMOVED',
  summary: 'Its agent cannot be reached.',
  ruleId: 'agent-unreachable',
};
const MYSTERY: Fate = {
  state: 'TASK_FAILED',
  cause: 'unknown',
  disposition: 'failure',
  proof: 'possible',
  message: 'Abnormal executor termination: <script>alert("x")</script> & "quotes" 日志 🐳',
  summary: 'The facts do not say why it failed.',
  because: [],
  ruleId: 'unknown',
};
const DEPLOYED: Fate = {
  state: 'TASK_KILLED',
  cause: 'killed_by_deploy_or_scale',
  disposition: 'normal',
  proof: 'likely',
  message: 'Container exited with status 143',
  exitCode: 143,
  signal: 'SIGTERM',
  summary: 'Killed by a deployment of its app.',
  because: ['Marathon ran a deployment of this app at this time.'],
  ruleId: 'deploy-kill',
};
const UNEXPLAINED_KILL: Fate = {
  state: 'TASK_KILLED',
  cause: 'unknown',
  disposition: 'unexplained',
  proof: 'possible',
  message: 'Command terminated with signal Terminated',
  signal: 'SIGTERM',
  summary: 'Killed on request; nothing says whose.',
  because: ['The state is TASK_KILLED.'],
  ruleId: 'killed-unexplained',
};
const FINISHED: Fate = {
  state: 'TASK_FINISHED',
  cause: 'finished',
  disposition: 'normal',
  proof: 'proven',
  message: 'Command exited with status 0',
  exitCode: 0,
  summary: 'Finished its work.',
  because: ['The state is TASK_FINISHED.'],
  ruleId: 'finished',
};

type End = Record<string, unknown>;

function planDeployments(now: number, random: () => number): Deployment[] {
  return APPS.flatMap((item, n) => {
    const times: number[] = [];
    for (let at = now - HISTORY + n * 2 * HOUR; at < now - HOUR; at += (18 + random() * 10) * HOUR)
      times.push(at);
    // The release that crashes: the one the catalog's crash loop follows.
    if (item.id === '/shop/catalog') times.push(now - 20 * HOUR);
    return times
      .sort((a, b) => a - b)
      .map((at, release) => ({
        id: uuidOf(`deployment ${item.id} ${release}`),
        appId: item.id,
        version: iso(Math.floor(at) - 2000),
        at: Math.floor(at),
        image: `${item.image}:2.${n}.${release}`,
      }));
  });
}

/** Makes the ends; `versions` decides which release a task was started under. */
function planEnds(now: number, random: () => number, deployments: Deployment[]): End[] {
  const ends: End[] = [];
  const pickHost = () => Math.floor(random() * HOSTS.length);
  const service = (id: string) => APPS.find((item) => item.id === id) ?? app(id, 'unknown', 128, 0.1, 1);

  function add(
    at: number,
    fate: Fate,
    target: App | null,
    hostIndex: number,
    ranMs: number,
    extra: End = {},
  ) {
    if (at >= now || at < now - HISTORY) return;
    const finished = Math.floor(at);
    // Nothing runs on the lost host any more.
    const isGone = hostIndex === LOST_HOST && finished > now - 2 * DAY + MINUTE;
    const started = fate.reason === 'REASON_CONTAINER_LAUNCH_FAILED' ? null : finished - Math.floor(ranMs);
    const host = HOSTS[isGone ? LOST_HOST + 1 : hostIndex];
    if (host === undefined) return;
    const stagedAt = (started ?? finished) - 3000;
    const unique = sha(`${target?.id ?? 'batch'} ${stagedAt} ${ends.length}`);
    const instance = `${unique.slice(0, 8)}-${unique.slice(8, 12)}-11e7-9837-${unique.slice(12, 24)}`;
    const name = target ? target.id.split('/').filter(Boolean).reverse().join('.') : 'nightly-etl';
    const taskId = target
      ? `${target.id.slice(1).replaceAll('/', '_')}.${instance}`
      : `etl-${new Date(finished).toISOString().slice(0, 10)}-${unique.slice(0, 6)}`;
    const release = target
      ? deployments.filter((item) => item.appId === target.id && item.at <= stagedAt).at(-1)
      : undefined;
    const framework = target ? MARATHON : BATCH;
    const containerId = `${unique.slice(24, 32)}-${unique.slice(32, 36)}-4${unique.slice(37, 40)}-8${unique.slice(41, 44)}-${unique.slice(44, 56)}`;
    const status = (state: string, ms: number, more: End = {}) => ({
      state,
      at: iso(ms),
      message: null,
      reason: null,
      source: 'SOURCE_EXECUTOR',
      healthy: null,
      containerId,
      ...more,
    });
    ends.push({
      id: uuidOf(`${framework} ${taskId} ${host.agentId} ${stagedAt}`),
      finished_at: iso(finished),
      finished_at_known: true,
      started_at: started === null ? null : iso(started),
      first_status_at: iso(stagedAt),
      framework_id: framework,
      task_id: taskId,
      agent_id: host.agentId,
      executor_id: '',
      name,
      framework_name: target ? 'marathon' : 'batch',
      hostname: host.hostname,
      host: host.hostname,
      app_id: target?.id ?? null,
      app_version: release?.version ?? null,
      state: fate.state,
      reason: fate.reason ?? null,
      source: fate.source ?? 'SOURCE_EXECUTOR',
      message: fate.message,
      message_source: fate.message === null ? null : 'mesos',
      healthy: fate.healthy ?? null,
      image: release?.image ?? target?.image ?? null,
      containerizer: target?.containerizer ?? null,
      container_id: containerId,
      cpus: target?.cpus ?? 1,
      mem_mb: target?.memMb ?? 2048,
      disk_mb: 0,
      gpus: null,
      labels: target ? { team: target.id.split('/')[1] ?? '' } : {},
      statuses: [
        status('TASK_STAGING', stagedAt, { source: 'SOURCE_MASTER' }),
        ...(started === null ? [] : [status('TASK_RUNNING', started)]),
        status(fate.state, finished, {
          message: fate.message,
          reason: fate.reason ?? null,
          source: fate.source ?? 'SOURCE_EXECUTOR',
          healthy: fate.healthy ?? null,
        }),
      ],
      cause: fate.cause,
      disposition: fate.disposition,
      proof: fate.proof ?? 'likely',
      exit_code: fate.exitCode ?? null,
      signal: fate.signal ?? null,
      summary: fate.summary,
      because: fate.because,
      advice: fate.advice ?? [],
      rule_id: fate.ruleId,
      fingerprint: sha(
        `${target?.id ?? `batch ${name}`} ${fate.cause} ${fate.byHost ? host.hostname : ''}`,
      ).slice(0, 32),
      deployment_id: null,
      reopened_at: null,
      observed_at: iso(Math.min(now, Math.max(finished + 15_000, now - WATCHED))),
      revised_at: null,
      revision: 0,
      ...extra,
    });
  }

  function every(from: number, to: number, stepMs: number, jitter: number, make: (at: number) => void) {
    for (let at = from; at < to; at += stepMs * (1 - jitter / 2 + jitter * random())) make(at);
  }

  const start = now - HISTORY;
  every(start, now, 8.5 * MINUTE, 0.8, (at) => add(at, FINISHED, null, pickHost(), 4 * MINUTE));
  every(start, now, 5 * HOUR, 0.9, (at) =>
    add(at, { ...CRASH, message: 'Command exited with status 1' }, null, pickHost(), MINUTE),
  );
  for (const { id, appId, at } of deployments) {
    const target = service(appId);
    for (let n = 0; n < target.instances; n += 1)
      add(at + (n + 1) * 40_000, DEPLOYED, target, pickHost(), 15 * HOUR * random() + HOUR, {
        deployment_id: id,
      });
  }
  every(start, now, 41 * MINUTE, 0.2, (at) =>
    // Logs came in for the last two days only.
    add(at, at > now - 2 * DAY ? KERNEL_OOM : KILLED_137, service('/shop/cart'), pickHost(), 5.4 * HOUR),
  );
  every(start, now, 95 * MINUTE, 0.3, (at) =>
    add(at, MESOS_OOM, service('/payments/ledger'), pickHost(), 4 * HOUR),
  );
  every(now - 20 * HOUR + 6 * MINUTE, now - 4 * MINUTE, 13 * MINUTE, 0.5, (at) =>
    add(at, CRASH, service('/shop/catalog'), pickHost(), 20_000),
  );
  every(now - 3 * DAY, now - 2 * HOUR, 65 * MINUTE, 0.6, (at) =>
    add(
      at,
      NO_SPACE,
      service(['/shop/search', '/platform/gateway', '/shop/checkout'][Math.floor(random() * 3)] ?? ''),
      BAD_HOST,
      0,
    ),
  );
  every(now - 30 * HOUR, now - 27 * HOUR, 11 * MINUTE, 0.4, (at) =>
    add(at, PULL, service('/media/thumbs'), pickHost(), 0),
  );
  every(start, now, 4.5 * HOUR, 0.9, (at) =>
    add(at, UNHEALTHY, service('/platform/gateway'), pickHost(), 9 * HOUR),
  );
  every(start, now, 3 * HOUR, 0.9, (at) =>
    add(at, UNEXPLAINED_KILL, APPS[Math.floor(random() * APPS.length)] ?? null, pickHost(), 6 * HOUR),
  );
  every(start, now, 70 * MINUTE, 0.9, (at) => {
    const fate = [CRASH, CRASH, SEGV, NOT_FOUND, MYSTERY][Math.floor(random() * 5)] ?? CRASH;
    add(at, fate, APPS[Math.floor(random() * APPS.length)] ?? null, pickHost(), 3 * HOUR * random());
  });
  for (let n = 0; n < 14; n += 1)
    add(now - 2 * DAY + n * 20, AGENT_LOST, APPS[n % APPS.length] ?? null, LOST_HOST, 9 * HOUR);
  for (let n = 0; n < 6; n += 1)
    add(now - 3.5 * DAY + n * 15, UNREACHABLE, APPS[n % APPS.length] ?? null, LOST_HOST, 7 * HOUR, {
      // Half of them came back with their agent.
      ...(n < 3 ? { reopened_at: iso(now - 3.5 * DAY + 5 * MINUTE), revision: 1 } : {}),
    });
  return ends;
}

/** Inserts rows given as JSON objects whose keys are columns of the table; a column of none of them gets its default. */
async function insertRows(db: Db, table: string, rows: Record<string, unknown>[]): Promise<void> {
  // `table` and the keys are literals of these two files.
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].join(', ');
  for (let at = 0; at < rows.length; at += 1000) {
    await db.query(
      `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`,
      [JSON.stringify(rows.slice(at, at + 1000))],
    );
  }
}

function planPolls(now: number, random: () => number): Record<string, unknown>[] {
  const polls: Record<string, unknown>[] = [];
  for (let at = now - WATCHED; at <= now - 12_000; at += at < now - 6 * HOUR ? 5 * MINUTE : 30_000) {
    // Ten minutes of a master that did not answer, a day ago; Marathon restarts now and then.
    const blind = at > now - 26 * HOUR && at < now - 26 * HOUR + 12 * MINUTE;
    const marathonDown = Math.floor(at / (5 * MINUTE)) % 97 === 0;
    for (const source of ['mesos', MARATHON_SOURCE]) {
      const mesos = source === 'mesos';
      const failed = mesos ? blind : marathonDown;
      polls.push({
        id: uuidOf(`poll ${source} ${at - now}`),
        source,
        started_at: iso(at),
        finished_at: iso(at + (failed ? 20_000 : Math.floor(120 + random() * 200))),
        ok: !failed,
        error_code: failed ? (mesos ? 'MESOS_TIMEOUT' : 'MARATHON_UNREACHABLE') : null,
        error_message: failed
          ? mesos
            ? 'The master http://master-1.example.net:5050 did not answer within 20 s.'
            : 'connect ECONNREFUSED 10.20.0.5:8080'
          : null,
        url: mesos ? 'http://master-1.example.net:5050' : 'http://marathon.example.net:8080',
        bytes: failed ? null : mesos ? 812_000 + Math.floor(random() * 9000) : 61_000,
        tasks_read: failed || !mesos ? null : 1050,
        ends_new: failed || !mesos ? null : Math.floor(random() * 3),
        ends_revised: failed || !mesos ? null : 0,
        rejected: !failed && mesos && at > now - 20 * MINUTE ? 1 : 0,
        rejects:
          !failed && mesos && at > now - 20 * MINUTE
            ? [
                {
                  where: 'frameworks[].completed_tasks[]',
                  why: 'state: unknown value "TASK_EXPLODED"',
                  sample: '{"id":"odd.1","state":"TASK_EXPLODED"}',
                },
              ]
            : [],
        warnings: [],
      });
    }
  }
  return polls;
}

function planExposure(now: number): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  const first = Math.floor((now - WATCHED) / HOUR) * HOUR;
  const perHost = APPS.reduce((sum, item) => sum + item.instances, 0) / HOSTS.length + 0.5;
  for (let hour = first; hour < now; hour += HOUR) {
    const observedMs = Math.min(hour + HOUR, now) - Math.max(hour, now - WATCHED);
    const alive = (subject: string, tasks: number, kind: string) =>
      rows.push({ hour: iso(hour), kind, subject, task_seconds: (tasks * observedMs) / 1000 });
    HOSTS.forEach((host, n) => {
      if (n !== LOST_HOST || hour < now - 2 * DAY) alive(host.hostname, perHost, 'host');
    });
    for (const item of APPS) alive(item.id, item.instances, 'app');
  }
  return rows;
}

function definitionOf(target: App, image: string): Record<string, unknown> {
  return {
    id: target.id,
    cpus: target.cpus,
    mem: target.memMb,
    instances: target.instances,
    container: { type: target.containerizer, docker: { image } },
    env: { DB_PASSWORD: '(redacted)', JAVA_OPTS: '(redacted)' },
  };
}

/**
 * Fills a migrated, empty database. The same `now` gives the same rows, ids included; the rollups equal a
 * GROUP BY over task_end without reopened ends. One call takes about a second. Errors: what Postgres says.
 */
export async function seedForTests(db: Db, { now: nowDate }: { now: Date }): Promise<{ ends: number }> {
  const now = nowDate.getTime();
  const random = createRandom(137);
  const deployments = planDeployments(now, random);
  const ends = planEnds(now, random, deployments);
  const cluster = await db.query<{ id: number }>(
    `INSERT INTO cluster (name, simulated, first_polled_at, last_polled_at, master_id, master_version, master_url,
                          elected_at, ring_size, counters)
     VALUES ('default', true, $1, $2, $3, '1.11.0', 'http://master-1.example.net:5050', $4, 1000, $5) RETURNING id`,
    [
      iso(now - WATCHED),
      iso(now - 12_000),
      MASTER,
      iso(now - 5 * DAY),
      JSON.stringify({ 'master/tasks_failed': 712 }),
    ],
  );
  const clusterId = cluster.rows[0]?.id ?? 0;
  const own = (rows: Record<string, unknown>[]) => rows.map((row) => ({ cluster_id: clusterId, ...row }));
  for (const parent of ['task_end', 'poll_run', 'exposure_hour', 'log_signal'])
    for (const at of [now - HISTORY, now])
      await db.query('SELECT exit137_ensure_month($1, $2)', [parent, iso(at)]);

  const seen = { first_seen_at: iso(now - WATCHED), last_seen_at: iso(now - 12_000) };
  await insertRows(
    db,
    'framework',
    own([
      {
        framework_id: MARATHON,
        name: 'marathon',
        webui_url: 'http://marathon.example.net:8080',
        registered: true,
        ...seen,
      },
      { framework_id: BATCH, name: 'batch', webui_url: null, registered: true, ...seen },
    ]),
  );
  await insertRows(
    db,
    'agent',
    own(
      HOSTS.map((host, n) => ({
        agent_id: host.agentId,
        hostname: host.hostname,
        pid: `slave(1)@${host.ip}:5051`,
        port: 5051,
        version: n === 4 ? '1.10.0' : '1.11.0',
        active: n !== LOST_HOST,
        registered_at: iso(now - 30 * DAY + n * HOUR),
        reregistered_at: n === 3 ? iso(now - 5 * DAY) : null,
        cpus: 16,
        mem_mb: 64_000,
        disk_mb: 400_000,
        attributes: { rack: n % 2 === 0 ? 'a' : 'b', zone: 'fra1' },
        tasks_running: n === LOST_HOST ? 0 : 4 + (n % 2),
        ...seen,
        gone_at: n === LOST_HOST ? iso(now - 2 * DAY + MINUTE) : null,
      })),
    ),
  );
  const lastFailureOf = (appId: string) => {
    const end = ends
      .filter((row) => row.app_id === appId && row.disposition === 'failure')
      .sort((a, b) => String(a.finished_at).localeCompare(String(b.finished_at)))
      .at(-1);
    return end === undefined
      ? null
      : {
          taskId: end.task_id,
          state: end.state,
          message: end.message,
          host: end.hostname,
          agentId: end.agent_id,
          at: end.finished_at,
          version: end.app_version,
        };
  };
  await insertRows(
    db,
    'app',
    own(
      APPS.map((item) => {
        const release = deployments.filter((row) => row.appId === item.id).at(-1);
        return {
          framework_id: MARATHON,
          app_id: item.id,
          kind: 'app',
          version: release?.version ?? iso(now - 9 * DAY),
          instances: item.instances,
          cpus: item.cpus,
          mem_mb: item.memMb,
          disk_mb: 0,
          image: release?.image ?? item.image,
          cmd: item.id === '/platform/mailer' ? './mailer --port $PORT0' : null,
          has_health_checks: item.id !== '/platform/mailer',
          labels: { team: item.id.split('/')[1] ?? '' },
          last_scaling_at: iso(now - 6 * DAY),
          last_config_change_at: release?.version ?? null,
          kill_grace_seconds: null,
          tasks_running: item.id === '/shop/catalog' ? item.instances - 1 : item.instances,
          tasks_healthy: item.instances - 1,
          tasks_unhealthy: item.id === '/platform/gateway' ? 1 : 0,
          tasks_staged: 0,
          queue_count: item.id === '/shop/catalog' ? 1 : null,
          queue_delay_seconds: item.id === '/shop/catalog' ? 214 : null,
          queue_overdue: item.id === '/shop/catalog' ? false : null,
          last_task_failure: lastFailureOf(item.id),
          definition: definitionOf(item, release?.image ?? item.image),
          jvm_flags: item.id === '/shop/cart' ? [{ from: 'env JAVA_OPTS', flags: ['-Xmx3g', '-Xss1m'] }] : [],
          ...seen,
          gone_at: null,
        };
      }),
    ),
  );
  await insertRows(
    db,
    'app_version',
    own(
      deployments.map((row) => {
        const target = APPS.find((item) => item.id === row.appId);
        return {
          framework_id: MARATHON,
          app_id: row.appId,
          version: row.version,
          created_at: row.version,
          instances: target?.instances,
          cpus: target?.cpus,
          mem_mb: target?.memMb,
          image: row.image,
          cmd: null,
          definition: target ? definitionOf(target, row.image) : null,
          first_seen_at: iso(Math.max(row.at, now - WATCHED)),
        };
      }),
    ),
  );
  await insertRows(
    db,
    'deployment',
    own(
      deployments
        .filter((row) => row.at >= now - WATCHED)
        .map((row) => ({
          deployment_id: row.id,
          framework_id: MARATHON,
          version: row.version,
          affected_apps: [row.appId],
          actions: [{ action: 'RestartApplication', target: row.appId }],
          current_step: 1,
          total_steps: 1,
          first_seen_at: iso(row.at),
          last_seen_at: iso(row.at + 6 * MINUTE),
          ended_at: iso(row.at + 7 * MINUTE),
        })),
    ),
  );
  await insertRows(db, 'task_end', own(ends));
  const evidence = planEvidence({
    now,
    ends,
    hosts: HOSTS,
    diskFull: BAD_HOST,
    netdevice: NETDEVICE_HOST,
    silent: SILENT_HOST,
    skewed: SKEWED_HOST,
  });
  for (const [table, rows] of Object.entries(evidence)) await insertRows(db, table, own(rows));
  await insertRows(db, 'poll_run', own(planPolls(now, random)));
  await insertRows(db, 'exposure_hour', own(planExposure(now)));
  await refillRollups(db);
  await db.query(
    `INSERT INTO gap (cluster_id, id, framework_id, kind, from_at, to_at, detail, recorded_at)
     VALUES ($1, $2, NULL, 'master_failover', $3, $4,
             'A new master was elected; what ended between the last poll of the old one and its first was in nobody''s memory.', $4)`,
    [clusterId, uuidOf('gap'), iso(now - 5 * DAY), iso(now - 5 * DAY + 9 * MINUTE)],
  );
  await db.query(
    `INSERT INTO lease (cluster_id, holder, token, acquired_at, expires_at) VALUES ($1, 'seed-host:4242', 3, $2, $3)`,
    [clusterId, iso(now - 5 * DAY), iso(now + 78_000)],
  );
  await seedStatus(db, { clusterId, masterId: MASTER, now });
  for (const table of ['task_end', 'poll_run', 'exposure_hour', 'rollup_hour', 'agent', 'app', 'log_signal'])
    await db.query(`ANALYZE ${table}`);
  return { ends: ends.length };
}

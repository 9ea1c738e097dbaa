import type { Pool } from 'pg';

import type { MasterSnapshot } from '@/lib/domain/snapshot';
import type { MesosTask, TaskState, TaskStatus } from '@/lib/domain/task';

import { placeSignals, unsettledSignals } from './apply-evidence';
import { type LogLinesStored, storeLogLines } from './apply-log-lines';
import { applyMasterSnapshot, type MasterApplied } from './apply-master-snapshot';
import { type Lease, takeLease } from './lease';
import { loadMemory, type Memory } from './memory';

/** The day of all test facts. */
export const at = (clock: string): Date => new Date(`2026-03-01T${clock}Z`);

const FRAMEWORK = '2566d37b-3913-4069-baa0-a4a398bddf1c-0000';

/** A task id of Marathon's app /shop/cart; `n` tells its tasks apart. */
export function taskIdOf(n: number): string {
  return `shop_cart.92af32c4-d78e-4960-a78b-${String(n).padStart(12, '0')}`;
}

export function uuidOf(n: number): string {
  return `10e47946-4c54-4d64-9276-${String(n).padStart(12, '0')}`;
}

export function dockerIdOf(n: number): string {
  return `812c82c5${String(n).padStart(8, '0')}${'a'.repeat(48)}`;
}

type Block = {
  host?: string;
  clock: string;
  pid?: number;
  container?: string;
  limitKb?: number;
  table?: number[];
};

/** A report of the kernel's OOM killer, as 3.10 with cgroup v1 writes it through classic syslog. */
export function oomBlock({
  host = 'node-1',
  clock,
  pid = 76_513,
  container = dockerIdOf(1),
  limitKb = 65_536,
  table = [pid],
}: Block): string[] {
  const group = container.startsWith('/')
    ? container
    : container.length === 64
      ? `/docker/${container}`
      : `/mesos/${container}`;
  const line = (text: string) => `Mar  1 ${clock.slice(0, 8)} ${host} kernel: ${text}`;
  return [
    line('java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0'),
    line(`Task in ${group} killed as a result of limit of ${group}`),
    line(`memory: usage ${limitKb}kB, limit ${limitKb}kB, failcnt 25581`),
    line('[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name'),
    ...table.map((one) =>
      line(
        `[${String(one).padStart(5)}]     0 ${String(one).padStart(5)}  2200000    16384    3000        0             0 java`,
      ),
    ),
    line(`Memory cgroup out of memory: Kill process ${pid} (java) score 1000 or sacrifice child`),
    line(`Killed process ${pid} (java) total-vm:8800000kB, anon-rss:65000kB, file-rss:0kB`),
  ];
}

const agentLine = (host: string, clock: string, text: string): string =>
  `Mar  1 ${clock.slice(0, 8)} ${host} mesos-slave[14656]: I0301 ${clock.padEnd(8)}.868490 14692 ${text}`;

/** The agent's line about a status update, and about a container it starts. */
export function statusLine(host: string, clock: string, taskId: string, state = 'TASK_FAILED'): string {
  return agentLine(
    host,
    clock,
    `slave.cpp:3211] Handling status update ${state} (UUID: edc3f4d2-fdb0-4163-adcf-ac58730d11ff) for task ${taskId} of framework ${FRAMEWORK} from executor(1)@10.0.0.1:43590`,
  );
}

export function status(state: TaskState, clock: string, over: Partial<TaskStatus> = {}): TaskStatus {
  return {
    state,
    at: at(clock),
    message: null,
    reason: null,
    source: null,
    healthy: null,
    containerId: null,
    ...over,
  };
}

/** A task of /shop/cart with 64 MB in Docker that SIGKILL ended. */
export function killedTask(n: number, clock: string, over: Partial<MesosTask> = {}): MesosTask {
  return {
    frameworkId: FRAMEWORK,
    taskId: taskIdOf(n),
    agentId: 'a1',
    executorId: '',
    name: 'cart.shop',
    state: 'TASK_FAILED',
    statuses: [
      status('TASK_RUNNING', '09:00:00', { containerId: uuidOf(n) }),
      status('TASK_FAILED', clock, { message: 'Container exited with status 137' }),
    ],
    resources: { cpus: 1, memMb: 64, diskMb: 0, gpus: 0 },
    image: 'shop/cart:1',
    containerizer: 'DOCKER',
    labels: {},
    list: 'completed_tasks',
    ...over,
  };
}

function agent(agentId: string, hostname: string, ip: string): MasterSnapshot['agents'][number] {
  return {
    agentId,
    hostname,
    pid: `slave(1)@${ip}:5051`,
    port: 5051,
    version: '1.11.0',
    active: true,
    registeredAt: at('01:00:00'),
    reregisteredAt: null,
    cpus: 8,
    memMb: 16_384,
    diskMb: 1_000,
    attributes: {},
  };
}

function snapshot(ended: MesosTask[]): MasterSnapshot {
  return {
    url: 'http://master.example.test:5050',
    epoch: {
      masterId: 'm-1',
      electedAt: at('01:00:00'),
      startedAt: at('01:00:00'),
      version: '1.11.0',
      hostname: 'master.example.test',
      clusterName: null,
      ringSize: 100_000,
    },
    agents: [agent('a1', 'node-1.example.test', '10.0.0.1'), agent('a2', 'node-2.example.test', '10.0.0.2')],
    frameworks: [
      { frameworkId: FRAMEWORK, name: 'marathon', webuiUrl: null, hostname: null, registered: true },
    ],
    ended,
    live: [],
    ringCounts: new Map([[FRAMEWORK, ended.length]]),
    unchanged: [],
    wordsOf: new Map(),
    counters: null,
    rejects: { count: 0, samples: [] },
    warnings: [],
    bytes: 1,
    tasksRead: ended.length,
    complete: true,
  };
}

/** A cluster of one's own in a test database, with a collector that holds its lease and two known agents. */
export async function newLogCluster(pool: Pool, name: string) {
  const { rows } = await pool.query<{ id: number }>('INSERT INTO cluster (name) VALUES ($1) RETURNING id', [
    name,
  ]);
  const clusterId = rows[0]?.id ?? 0;
  const lease = await takeLease(pool, { clusterId, holder: 'me', ttlMs: 600_000 });
  if (!lease) throw new Error('no lease');
  const memory = await loadMemory(pool, clusterId);
  await pollOf(pool, lease, memory, [], '10:00:00');
  return {
    clusterId,
    lease,
    poll: (ended: MesosTask[], clock: string, fresh?: Memory) =>
      pollOf(pool, lease, fresh ?? memory, ended, clock),
    async store(
      lines: string[],
      clock: string,
      over: { input?: string; peerAddress?: string; receivedAt?: Date; defaultHost?: string } = {},
    ): Promise<LogLinesStored> {
      return await storeLogLines(pool, {
        clusterId,
        input: 'http',
        lines,
        receivedAt: at(clock),
        timeZone: 'UTC',
        defaultHost: null,
        ...over,
      });
    },
    /** One look at all that is unsettled. */
    async place(clock: string, now = at(clock)) {
      const signalIds = (await unsettledSignals(pool, clusterId, 10_000)).map(({ id }) => id);
      return await placeSignals(pool, lease, { signalIds, marathons: new Map(), now });
    },
    async ends() {
      const found = await pool.query(
        `SELECT task_id, cause, disposition, proof, rule_id, exit_code, revision, state FROM task_end
         WHERE cluster_id = $1 ORDER BY task_id`,
        [clusterId],
      );
      return found.rows;
    },
    async evidence(): Promise<string[]> {
      const found = await pool.query<{ text: string }>(
        `SELECT concat_ws(' ', s.killed_pid, right(e.task_id, 2), v.tie, v.proof, v.candidates) AS text
         FROM evidence v
         JOIN log_signal s ON s.cluster_id = v.cluster_id AND s.id = v.signal_id AND s.at = v.signal_at
         JOIN task_end e ON e.cluster_id = v.cluster_id AND e.id = v.end_id
         WHERE v.cluster_id = $1 ORDER BY 1`,
        [clusterId],
      );
      return found.rows.map(({ text }) => text);
    },
    async signals() {
      const found = await pool.query(
        `SELECT signature, host, printed_host, killed_pid, about, app_id, about_task_id, about_proof,
                settled_at IS NOT NULL AS settled
         FROM log_signal WHERE cluster_id = $1 ORDER BY at, killed_pid`,
        [clusterId],
      );
      return found.rows;
    },
    /** Rows in which rollup_hour and a count over task_end differ. */
    async drift() {
      const found = await pool.query(
        `SELECT * FROM (
           SELECT hour, state, cause, disposition, ends FROM rollup_hour WHERE cluster_id = $1 AND ends <> 0
         ) AS kept FULL JOIN (
           SELECT date_trunc('hour', finished_at, 'UTC') AS hour, state, cause, disposition, count(*)::int AS ends
           FROM task_end WHERE cluster_id = $1 AND reopened_at IS NULL GROUP BY 1, 2, 3, 4
         ) AS counted USING (hour, state, cause, disposition, ends)
         WHERE kept.ends IS NULL OR counted.ends IS NULL`,
        [clusterId],
      );
      return found.rows;
    },
    /** As its RUNNING update told it. */
    async addContainer(
      n: number,
      over: { pid?: number; task?: number | null; lastSeen?: string; host?: string; limitMb?: number } = {},
    ) {
      await pool.query(
        `INSERT INTO container (cluster_id, container_id, docker_id, pid, task_id, framework_id, host, app_id,
                                mem_limit_bytes, told_by, first_seen_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, '/shop/cart', $8, 'status', $9, $10)`,
        [
          clusterId,
          uuidOf(n),
          dockerIdOf(n),
          over.pid ?? null,
          over.task === null ? null : taskIdOf(over.task ?? n),
          FRAMEWORK,
          over.host ?? 'node-1.example.test',
          (over.limitMb ?? 64) * 1024 * 1024,
          at('09:00:00'),
          at(over.lastSeen ?? '11:29:30'),
        ],
      );
    },
  };
}

export type LogCluster = Awaited<ReturnType<typeof newLogCluster>>;

async function pollOf(
  pool: Pool,
  lease: Lease,
  memory: Memory,
  ended: MesosTask[],
  clock: string,
): Promise<MasterApplied> {
  return await applyMasterSnapshot(pool, lease, memory, {
    snapshot: snapshot(ended),
    marathons: new Map(),
    startedAt: at(clock),
    now: at(clock),
  });
}

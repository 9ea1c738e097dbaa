import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** Rows of one table, by their columns; absent columns become null. */
type Rows = Record<string, unknown>[];
type Host = { agentId: string; hostname: string };

export type EvidenceSeed = {
  now: number;
  /** Rows of task_end. */
  ends: readonly Record<string, unknown>[];
  hosts: readonly Host[];
  /** Hosts that are in trouble, by their index. */
  diskFull: number;
  netdevice: number;
  silent: number;
  skewed: number;
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GIB = 2 ** 30;
const LIMIT_KB = 4_194_304;
const TAILS = 40;

const iso = (ms: number) => new Date(ms).toISOString();
const sha = (text: string) => createHash('sha256').update(text).digest('hex');
function uuidOf(text: string): string {
  const hex = sha(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
const finishedMs = (end: Record<string, unknown>) => Date.parse(String(end.finished_at));

/**
 * What host logs and agents tell of the seeded week: kernel reports tied to the ends that they killed (one of them
 * ambiguous), kills that a container survived, a full disk, a network device that is not released, sandboxes, memory,
 * how agents answer, kills not obeyed, and where logs come in. Rows by table, without their cluster's id.
 */
export function planEvidence(seed: EvidenceSeed): Record<string, Rows> {
  const killed = seed.ends
    .filter((end) => end.rule_id === 'evidence-memcg-oom')
    .sort((a, b) => finishedMs(b) - finishedMs(a));
  const kills = killed.map((end) => killOf(end));
  return {
    log_signal: [...kills, ...survivors(seed), ...hostSigns(seed)],
    evidence: killed.flatMap((end, n) => tieOf(end, kills[n], n === 2 ? 2 : 1)),
    sandbox_tail: planTails(seed.ends),
    task_memory: killed.map((end) => memoryOf(end)),
    app_memory: planAppMemory(seed.now),
    agent_contact: planContacts(seed),
    stuck_kill: planStuckKills(seed),
    log_input: [
      {
        input: 'syslog',
        lines: 48_211_903,
        rejected: 12,
        signals: 4310,
        duplicates: 3,
        first_at: iso(seed.now - 8 * DAY),
        last_at: iso(seed.now - 4 * SECOND),
      },
      {
        input: 'file:/var/log/messages',
        lines: 0,
        rejected: 0,
        signals: 0,
        duplicates: 0,
        first_at: iso(seed.now - 2 * DAY),
        last_at: iso(seed.now - 2 * DAY),
        last_error: 'EACCES: permission denied, open /var/log/messages',
        last_error_at: iso(seed.now - MINUTE),
      },
    ],
  };
}

type SignalParts = {
  key: string;
  at: number;
  host: string;
  signature: string;
  source: string;
  lines: string[];
  facts?: Record<string, unknown>;
} & Record<string, unknown>;

function signal({ key, at, host, facts = {}, ...rest }: SignalParts): Record<string, unknown> {
  return {
    id: uuidOf(`signal ${key}`),
    at: iso(at),
    at_known: true,
    received_at: iso(at + 2 * SECOND),
    printed_host: host.split('.')[0],
    host,
    facts: { processes: [], ...facts },
    about: 'host',
    settled_at: iso(at + 5 * SECOND),
    ...rest,
  };
}

function killOf(end: Record<string, unknown>): Record<string, unknown> {
  const at = finishedMs(end) - 16;
  const pid = 20_000 + (at % 9000);
  return signal({
    key: String(end.id),
    at,
    host: String(end.hostname),
    about: 'task_end',
    app_id: end.app_id,
    ...oomFacts({ pid, comm: 'java', containerId: sha(String(end.id)), limitKb: LIMIT_KB, rssKb: 4_189_536 }),
  });
}

type Oom = { pid: number; comm: string; containerId: string; limitKb: number; rssKb: number };

/** A report in the shape of a 3.10 kernel. */
function oomFacts({ pid, comm, containerId, limitKb, rssKb }: Oom) {
  const cgroup = `/docker/${containerId}`;
  const processes = [
    { pid, name: comm, rssKb },
    { pid: pid - 21, name: 'entrypoint.sh', rssKb: 924 },
    { pid: pid + 91, name: 'tail', rssKb: 336 },
    { pid: pid + 92, name: 'sh', rssKb: 212 },
  ];
  const rows = processes.map(
    (one) =>
      `[${String(one.pid).padStart(5)}]     0 ${one.pid}  1544920 ${Math.round(one.rssKb / 4)}    1204        0             0 ${one.name}`,
  );
  return {
    signature: 'memcg_oom',
    source: 'kernel',
    container_id: containerId,
    killed_pid: pid,
    killed_comm: comm,
    limit_kb: limitKb,
    usage_kb: limitKb,
    anon_rss_kb: rssKb,
    orchestrator: 'docker',
    facts: {
      cgroup,
      limitCgroup: cgroup,
      invokedBy: comm,
      failcnt: 25_581,
      totalVmKb: 2 * limitKb,
      processes,
    },
    lines: [
      `${comm} invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0`,
      `${comm} cpuset=${containerId} mems_allowed=0`,
      `CPU: 3 PID: ${pid + 6} Comm: ${comm} Not tainted 3.10.0-1160.el7.x86_64 #1`,
      `Task in ${cgroup} killed as a result of limit of ${cgroup}`,
      `memory: usage ${limitKb}kB, limit ${limitKb}kB, failcnt 25581`,
      `memory+swap: usage ${limitKb}kB, limit ${2 * limitKb}kB, failcnt 0`,
      '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
      ...rows,
      `Memory cgroup out of memory: Kill process ${pid + 6} (${comm}) score 995 or sacrifice child`,
      `Killed process ${pid} (${comm}) total-vm:${2 * limitKb}kB, anon-rss:${rssKb}kB, file-rss:0kB, shmem-rss:0kB`,
    ],
  };
}

function tieOf(
  end: Record<string, unknown>,
  kill: Record<string, unknown> | undefined,
  candidates: number,
): Rows {
  if (kill === undefined) return [];
  const isSure = candidates === 1;
  return [
    {
      end_id: end.id,
      signal_id: kill.id,
      signal_at: kill.at,
      tie: isSure ? 'container_id' : 'time_and_size',
      proof: isSure ? 'proven' : 'possible',
      reason: isSure
        ? `The kernel line names container ${String(kill.container_id).slice(0, 12)}, which Docker gave this task.`
        : 'Same host, the same second, and the limit equals its memory; another kill there fits as well.',
      candidates,
      tied_at: end.observed_at,
    },
  ];
}

function survivors({ now, hosts }: EvidenceSeed): Rows {
  return [25, 190, 410, 1300].map((minutesAgo, n) =>
    signal({
      key: `survivor ${n}`,
      at: now - minutesAgo * MINUTE,
      host: hosts[n % 3]?.hostname ?? '',
      about: 'running',
      app_id: '/media/thumbs',
      about_task_id: `media_thumbs.${sha('thumbs').slice(0, 8)}-89ab-11e7-9837-f2f3c189fa2c`,
      about_proof: 'proven',
      about_reason: 'The kernel names the container of this task, which lives on.',
      ...oomFacts({
        pid: 31_000 + n,
        comm: 'convert',
        containerId: sha('thumbs'),
        limitKb: 786_432,
        rssKb: 611_204,
      }),
    }),
  );
}

function hostSigns({ now, hosts, diskFull, netdevice }: EvidenceSeed): Rows {
  const full = hosts[diskFull]?.hostname ?? '';
  const hung = hosts[netdevice]?.hostname ?? '';
  const noSpace = Array.from({ length: 18 }, (_, n) =>
    signal({
      key: `no space ${n}`,
      at: now - (4 + n * 9) * MINUTE,
      host: full,
      signature: 'no_space',
      source: 'dockerd',
      lines: [
        `dockerd[1204]: time="${iso(now - (4 + n * 9) * MINUTE)}" level=error msg="Not continuing with pull after error: write /var/lib/docker/tmp/GetImageBlob7180${n}: no space left on device"`,
      ],
    }),
  );
  const unregistered = Array.from({ length: 60 }, (_, n) =>
    signal({
      key: `netdevice ${n}`,
      at: now - MINUTE - n * 20 * SECOND,
      host: hung,
      signature: 'unregister_netdevice',
      source: 'kernel',
      device: 'veth54a2de6',
      lines: ['unregister_netdevice: waiting for veth54a2de6 to become free. Usage count = 1'],
    }),
  );
  const foreign = signal({
    key: 'pod',
    at: now - 3 * HOUR,
    host: full,
    about: 'foreign',
    ...oomFacts({
      pid: 4242,
      comm: '<b>node</b>',
      containerId: sha('pod'),
      limitKb: 262_144,
      rssKb: 255_000,
    }),
    orchestrator: 'kubernetes',
  });
  return [...noSpace, ...unregistered, foreign];
}

/** Sandboxes of the newest failures; of each tenth the agent could not be asked. */
function planTails(ends: EvidenceSeed['ends']): Rows {
  return ends
    .filter((end) => end.disposition === 'failure' && end.started_at !== null)
    .sort((a, b) => finishedMs(b) - finishedMs(a))
    .slice(0, TAILS)
    .flatMap((end, n): Rows => {
      const fetched_at = iso(finishedMs(end) + 2 * SECOND);
      if (n % 10 === 9) {
        return ['stdout', 'stderr'].map((file) => ({
          end_id: end.id,
          file,
          fetched_at,
          error_code: 'AGENT_UNREACHABLE',
        }));
      }
      const size = 3_355_443;
      const tail = stdoutOf(end);
      return [
        {
          end_id: end.id,
          file: 'stdout',
          fetched_at,
          size_bytes: size,
          from_byte: size - tail.length,
          content: packed(tail),
        },
        { end_id: end.id, file: 'stderr', fetched_at, ...whole(stderrOf(end)) },
      ];
    });
}

function whole(text: string) {
  return { size_bytes: text.length, from_byte: 0, content: packed(text) };
}

function packed(text: string): string {
  return `\\x${gzipSync(text).toString('hex')}`;
}

function stdoutOf(end: Record<string, unknown>): string {
  const lines = Array.from({ length: 640 }, (_, n) => {
    const at = iso(finishedMs(end) - (640 - n) * 900);
    return n % 37 === 0
      ? `${at} \u001b[33mWARN\u001b[0m  [pool-1-thread-${n % 8}] slow request GET /items/${n} took ${1200 + n} ms`
      : `${at} \u001b[32mINFO\u001b[0m  [pool-1-thread-${n % 8}] served GET /items/${n} in ${n % 90} ms`;
  });
  return `${lines.join('\n')}\n`;
}

function stderrOf(end: Record<string, unknown>): string {
  return [
    `\u001b[1;31mERROR\u001b[0m ${iso(finishedMs(end) - 900)} could not refresh <script>alert("sandbox")</script> & co`,
    'java.net.SocketTimeoutException: Read timed out',
    '\tat java.net.SocketInputStream.socketRead0(Native Method)',
    '\tat java.net.SocketInputStream.read(SocketInputStream.java:171)',
    '',
    '日本語 \u202eright to left\u202c 🐳',
    '',
  ].join('\n');
}

function memoryOf(end: Record<string, unknown>): Record<string, unknown> {
  const last = finishedMs(end) - 20 * SECOND;
  const samples = Array.from({ length: 240 }, (_, n) => {
    const share = 0.3 + 0.69 * ((n + 1) / 240) ** 1.3;
    return [last - (239 - n) * MINUTE, Math.round(4 * GIB * (share - (n % 7 === 0 ? 0.02 : 0)))];
  });
  return { end_id: end.id, limit_bytes: 4 * GIB, samples };
}

function planAppMemory(now: number): Rows {
  const first = Math.floor((now - 3 * DAY) / (5 * MINUTE)) * 5 * MINUTE;
  const rows: Rows = [];
  for (let at = first; at < now; at += 5 * MINUTE) {
    // Two hours in which no agent was asked.
    if (at > now - 30 * HOUR && at < now - 28 * HOUR) continue;
    const grown = ((at / MINUTE) % 330) / 330;
    rows.push({
      app_id: '/shop/cart',
      at: iso(at),
      max_bytes: Math.round(4 * GIB * (0.35 + 0.64 * grown)),
      mean_bytes: Math.round(4 * GIB * (0.3 + 0.3 * grown)),
      limit_bytes: 4 * GIB,
      tasks: 8,
    });
  }
  return rows;
}

function planContacts({ now, hosts, silent, skewed }: EvidenceSeed): Rows {
  return hosts.map((host, n) => ({
    agent_id: host.agentId,
    asked_at: iso(now - 20 * SECOND),
    answered_at: iso(n === silent ? now - 47 * MINUTE : now - 20 * SECOND),
    error_code: n === silent ? 'AGENT_TIMEOUT' : null,
    skew_ms: n === skewed ? -12_400 : (n - 5) * 40,
    containers: n === silent ? null : 5,
  }));
}

function planStuckKills({ now, hosts, netdevice }: EvidenceSeed): Rows {
  const host = hosts[netdevice];
  const kill = (n: number, more: Record<string, unknown>) => ({
    framework_id: 'stuck',
    task_id: `shop_search.${sha(`stuck ${n}`).slice(0, 8)}-89ab-11e7-9837-f2f3c189fa2c`,
    agent_id: host?.agentId,
    host: host?.hostname,
    app_id: '/shop/search',
    limit_seconds: 123,
    ...more,
  });
  return [
    kill(0, {
      since: iso(now - 22 * MINUTE),
      kind: 'task_killing',
      first_seen_at: iso(now - 19 * MINUTE),
      last_seen_at: iso(now - 12 * SECOND),
    }),
    kill(1, {
      since: iso(now - 9 * HOUR),
      kind: 'marathon',
      first_seen_at: iso(now - 9 * HOUR + 3 * MINUTE),
      last_seen_at: iso(now - 8 * HOUR),
      ended_at: iso(now - 8 * HOUR),
    }),
  ];
}

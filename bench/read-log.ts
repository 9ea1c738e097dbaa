/**
 * Reads a made log three ways in one run, alternating: bytes only, Node's own line reader (readline, the bar), and
 * the reader of this program. The log is what an agent's /var/log/messages holds: glog lines of the Mesos agent,
 * dockerd, the kernel's network chatter, systemd, applications; a container killed for memory every 4 MB.
 *
 *   npx tsx bench/read-log.ts [--mb 1024] [--rounds 3] [--file PATH]
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';

import { parseLog } from '@/lib/evidence/log-parser';

import { report } from './report';

/** Of the speed of Node's line reader. */
const BAR = 0.5;
const KILL_EVERY_BYTES = 4 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '3' },
    file: { type: 'string' },
  },
});
const bytesWanted = Number(values.mb) * 1024 * 1024;
const rounds = Number(values.rounds);

const HOST = 'mesos-agent-31';
const at = (second: number): string => {
  const day = new Date(Date.UTC(2017, 8, 1) + second * 1_000);
  return `Sep ${String(day.getUTCDate()).padStart(2)} ${day.toISOString().slice(11, 19)}`;
};
const hex = (seed: number, length: number): string =>
  Array.from({ length }, (_, index) =>
    ((seed * 7_919 + index * 104_729 + ((seed * index) >> 3)) & 15).toString(16),
  ).join('');

function ordinaryLine(index: number): string {
  const stamp = `${at(index >> 4)} ${HOST}`;
  const time = stamp.slice(7, 15);
  const glog = `0901 ${time}.${String((index * 7_919) % 1_000_000).padStart(6, '0')}  2880`;
  const task = `shop_cart.${hex(index >> 6, 8)}-897e-11e7-9837-f2f3c189fa2c`;
  switch (index % 16) {
    case 0:
    case 1:
      return `${stamp} mesos-slave[2871]: I${glog} http.cpp:277] HTTP GET for /slave(1)/state from 10.12.4.${index % 250}:51234 with User-Agent='python-requests/2.9.1'`;
    case 2:
      return `${stamp} mesos-slave[2871]: I${glog} slave.cpp:3012] Handling status update TASK_RUNNING (UUID: ${hex(index, 8)}-52d3-4b0c-9a6e-2d8f60c3b914) for task ${task} of framework 20160612-081530-1744961034-5050-1932-0000 from executor(1)@10.12.4.27:39175`;
    case 3:
      return `${stamp} dockerd: time="2017-09-01T${time}.752321974Z" level=info msg="Layer sha256:${hex(index, 64)} cleaned up"`;
    case 4:
      return `${stamp} kernel: docker0: port 9(veth${hex(index, 7)}) entered forwarding state`;
    case 5:
      return `${stamp} kernel: device veth${hex(index, 7)} entered promiscuous mode`;
    case 6:
      return `${stamp} systemd: Started Session ${index} of user root.`;
    case 7:
      return `${stamp} mesos-slave[2871]: I${glog} slave.cpp:5044] Current disk usage 41.27%. Max allowed age: 3.411041066243171days`;
    case 8:
      return `${stamp} dockerd: time="2017-09-01T${time}.114321974Z" level=debug msg="Calling GET /v1.24/containers/${hex(index >> 8, 64)}/json"`;
    case 9:
      return `${stamp} NetworkManager[624]: <info> (veth${hex(index, 7)}): new Veth device (driver: 'unknown' ifindex: ${index})`;
    case 10:
      return `${stamp} XFS (dm-${index % 40}): Unmounting Filesystem`.replace(' XFS', ' kernel: XFS');
    default:
      return `${stamp} cart[${index % 30_000}]: ${time},${index % 1_000} INFO  [http-nio-8080-exec-${index % 200}] c.e.cart.OrderController - order ${hex(index, 12)} user=${index % 99_991} took ${index % 400} ms status=200 items=${index % 17}`;
  }
}

function killLines(index: number): string[] {
  const id = hex(index, 64);
  const pid = 1_000 + (index % 60_000);
  const rows = Array.from(
    { length: 20 },
    (_, row) =>
      `[${String(pid + row).padStart(5)}]     0 ${String(pid + row).padStart(5)}  518427     ${row * 97 + 80}    2317        0             0 java`,
  );
  return [
    'java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0',
    `java cpuset=${id} mems_allowed=0-1`,
    'Call Trace:',
    ' [<ffffffff81636301>] dump_stack+0x19/0x1b',
    ' [<ffffffff811d3bb5>] mem_cgroup_oom_synchronize+0x575/0x5a0',
    `Task in /docker/${id} killed as a result of limit of /docker/${id}`,
    'memory: usage 4194304kB, limit 4194304kB, failcnt 25581',
    '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
    ...rows,
    `Memory cgroup out of memory: Kill process ${pid + 3} (java) score 1003 or sacrifice child`,
    `Killed process ${pid} (java) total-vm:20737104kB, anon-rss:4189536kB, file-rss:13420kB`,
  ].map((text) => `${at(index >> 4)} ${HOST} kernel: ${text}`);
}

/** Returns how many kills it holds. */
async function makeLog(file: string): Promise<number> {
  let kills = 0;
  function* pieces(): Generator<string> {
    let size = 0;
    let sinceKill = 0;
    for (let index = 0; size < bytesWanted; ) {
      const lines: string[] = [];
      for (let count = 0; count < 2_000; count += 1, index += 1) lines.push(ordinaryLine(index));
      if (sinceKill >= KILL_EVERY_BYTES) {
        lines.push(...killLines(index));
        kills += 1;
        sinceKill = 0;
      }
      const text = `${lines.join('\n')}\n`;
      size += text.length;
      sinceKill += text.length;
      yield text;
    }
  }
  await pipeline(Readable.from(pieces()), createWriteStream(file));
  return kills;
}

type Run = { mbPerSecond: number; longestBlockMs: number; found: number };

async function timed(bytes: number, read: () => Promise<number>): Promise<Run> {
  let last = performance.now();
  let longestBlockMs = 0;
  const beat = setInterval(() => {
    const now = performance.now();
    longestBlockMs = Math.max(longestBlockMs, now - last);
    last = now;
  }, 1);
  const start = performance.now();
  const found = await read();
  const seconds = (performance.now() - start) / 1_000;
  clearInterval(beat);
  return { mbPerSecond: bytes / 1024 / 1024 / seconds, longestBlockMs, found };
}

const WAYS = {
  bytes: async (file: string) => {
    let bytes = 0;
    for await (const chunk of createReadStream(file)) bytes += chunk.length;
    return bytes;
  },
  /** By its `line` event, several times as fast as its `for await`. */
  readline: (file: string) =>
    new Promise<number>((resolve, reject) => {
      let lines = 0;
      const input = createReadStream(file);
      input.once('error', reject);
      createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
        .on('line', () => {
          lines += 1;
        })
        .once('close', () => resolve(lines));
    }),
  exit137: async (file: string) => {
    let signals = 0;
    const options = { receivedAt: new Date(), timeZone: 'UTC', host: null };
    for await (const fact of parseLog(createReadStream(file), options)) {
      if ('signal' in fact && fact.signal.signature === 'memcg_oom') signals += 1;
    }
    return signals;
  },
};

const folder = await mkdtemp(join(tmpdir(), 'exit137-log-'));
try {
  const file = values.file ?? join(folder, 'messages');
  const kills = values.file === undefined ? await makeLog(file) : null;
  const { size } = await stat(file);
  console.log(
    `log of ${(size / 1024 / 1024).toFixed(0)} MB${kills === null ? '' : `, ${kills} containers killed in it`}`,
  );
  const runs: Record<keyof typeof WAYS, Run[]> = { bytes: [], readline: [], exit137: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ['bytes', 'readline', 'exit137'] as const) {
      const run = await timed(size, () => WAYS[way](file));
      runs[way].push(run);
      console.log(
        `  ${way.padEnd(8)} ${run.mbPerSecond.toFixed(0).padStart(5)} MB/s, longest block ${run.longestBlockMs.toFixed(0)} ms`,
      );
    }
  }
  const best = (way: keyof typeof WAYS): number => Math.max(...runs[way].map((run) => run.mbPerSecond));
  const ratio = best('exit137') / best('readline');
  const allFound = kills === null || runs.exit137.every(({ found }) => found === kills);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  console.log(
    `exit137 reads at ${best('exit137').toFixed(0)} MB/s, readline at ${best('readline').toFixed(0)} MB/s: ratio ${ratio.toFixed(2)} (bar ${BAR}); all kills found: ${allFound}; peak memory ${peakMb.toFixed(0)} MB`,
  );
  report({
    measure: `read a host log of ${(size / 1024 / 1024).toFixed(0)} MB`,
    value: best('exit137'),
    unit: 'MB/s',
    floor: "Node's line reader",
    floorValue: best('readline'),
    bar: { least: BAR },
  });
  if (ratio < BAR || !allFound) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

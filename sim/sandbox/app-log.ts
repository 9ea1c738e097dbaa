import { runtimeOf } from '../hosts/processes';
import { createRandom, type Random } from '../model/random';
import type { Task } from '../model/task';
import type { World } from '../model/world';

/** A line with the model second at which it was written. */
export type LogEntry = { at: number; text: string };

const GREEN = '\u001b[32m';
const YELLOW = '\u001b[33m';
const RESET = '\u001b[0m';

const INFO = [
  'request served path=/v1/items status=200',
  'cache refreshed, 1284 entries',
  'heartbeat ok, lag 12 ms',
  'connection pool: 8 in use, 24 idle',
  'batch of 500 records stored',
  'token renewed for service account',
  'configuration unchanged',
  'Bestände übertragen: 128 → Lager Köln',
] as const;
const WARNINGS = [
  'slow query: 1.4 s for customer lookup',
  'retrying upstream call, attempt 2 of 5',
  'queue depth above 80 %',
] as const;

/** What a task says at its start, on standard output. */
export function startLines(world: World, task: Task, at: number): LogEntry[] {
  const runtime = runtimeOf(task);
  const name = (task.image ?? task.name).split('/').at(-1) ?? task.name;
  const texts =
    runtime === 'java'
      ? [
          '  .   ____          _            __ _ _',
          ` :: ${name} ::`,
          `Starting ${name} with PID 1`,
          'Started in 7.412 seconds (JVM running for 8.03)',
        ]
      : [
          `starting ${name}`,
          'listening on 0.0.0.0:8080',
          'größere Anfragen werden in Stücken verarbeitet — bereit',
        ];
  return texts.map((text, index) => ({
    at: at + index * 0.4,
    text: stamped(world, at + index * 0.4, runtime, 'INFO', text),
  }));
}

/** The `number`th line of its daily work. Pure: a line never changes. */
export function workLine(world: World, task: Task, number: number, at: number): string {
  const random = createRandom(world.seed, `${task.id}/${number}`);
  const runtime = runtimeOf(task);
  const isWarning = random.chance(0.04);
  const text = `${random.pick(isWarning ? WARNINGS : INFO)} trace=${hex(random)}`;
  return stamped(world, at, runtime, isWarning ? 'WARN' : 'INFO', text);
}

function hex(random: Random): string {
  return random.uuid().replaceAll('-', '').slice(0, 16);
}

/** A line as programs of that kind write it: stamped, levelled, and where somebody meant well, coloured. */
export function stamped(
  world: World,
  at: number,
  runtime: ReturnType<typeof runtimeOf>,
  level: 'INFO' | 'WARN' | 'ERROR',
  text: string,
): string {
  const iso = new Date(Math.round(world.timeline.stampOf(at) * 1000)).toISOString();
  switch (runtime) {
    case 'java':
      return `${iso.replace('T', ' ').replace('Z', '')} ${level.padStart(5)} 1 --- [  main-${Math.floor(at) % 8}] c.e.app.Service : ${text}`;
    case 'python':
      return `[${iso}] ${level} worker: ${text}`;
    case 'node':
      return `${level === 'INFO' ? GREEN : YELLOW}${level.toLowerCase()}${RESET}: ${text} ${iso}`;
    default:
      return `time=${iso} level=${level.toLowerCase()} msg=${JSON.stringify(text)}`;
  }
}

/**
 * The last words of a task that has ended, on standard error: the real error before an exit of its own, nothing where
 * it was killed outright, for then it had no time to speak.
 */
export function lastWords(world: World, task: Task): LogEntry[] {
  const { end, endedAt } = task;
  const code = end?.truth?.exitCode ?? null;
  if (end === null || endedAt === null || code === null || code === 137 || code === 0) return [];
  const at = endedAt - 0.2;
  const say = (...texts: string[]): LogEntry[] =>
    texts.map((text, index) => ({ at: at + index * 1e-4, text }));
  const runtime = runtimeOf(task);
  if (end.truth?.cause === 'no_space_left_on_device') {
    return say(...writeFailure(runtime));
  }
  switch (code) {
    case 139:
      return runtime === 'java'
        ? say(
            '#',
            '# A fatal error has been detected by the Java Runtime Environment:',
            '#',
            '#  SIGSEGV (0xb) at pc=0x00007f0b2c1d4e3a, pid=1, tid=31',
            '#',
            '# Problematic frame:',
            '# C  [libnative.so+0x4e3a]  decode_block+0x1a',
          )
        : say('Segmentation fault (core dumped)');
    case 134:
      return say("app: queue.c:212: pop: Assertion `q->head != NULL' failed.", 'Aborted (core dumped)');
    case 143:
      return say(stamped(world, at, runtime, 'INFO', 'received SIGTERM, shutting down'));
    case 125:
      return say(
        'docker: Error response from daemon: failed to create shim task: OCI runtime create failed: unable to start container process: no space left on device: unknown.',
      );
    case 255:
      return say(stamped(world, at, runtime, 'ERROR', 'fatal: lost connection to coordinator, giving up'));
    default:
      return say(...failure(world, task, runtime, at));
  }
}

function writeFailure(runtime: ReturnType<typeof runtimeOf>): string[] {
  if (runtime === 'java') {
    return [
      'Exception in thread "main" java.io.IOException: No space left on device',
      '\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)',
      '\tat java.base/java.io.FileOutputStream.write(FileOutputStream.java:354)',
      '\tat com.example.app.Journal.append(Journal.java:88)',
    ];
  }
  if (runtime === 'python') {
    return [
      'Traceback (most recent call last):',
      '  File "/app/worker/journal.py", line 41, in append',
      "OSError: [Errno 28] No space left on device: '/data/journal.log'",
    ];
  }
  return ['fatal: write /data/journal.log: no space left on device'];
}

function failure(world: World, task: Task, runtime: ReturnType<typeof runtimeOf>, at: number): string[] {
  const head = stamped(world, at, runtime, 'ERROR', 'cannot go on');
  switch (runtime) {
    case 'java':
      return [
        head,
        'java.lang.IllegalStateException: no broker reachable for topic orders',
        '\tat com.example.app.Consumer.connect(Consumer.java:142)',
        '\tat com.example.app.Main.run(Main.java:57)',
        'Caused by: java.net.ConnectException: Connection refused',
        '\t... 9 more',
      ];
    case 'python':
      return [
        head,
        'Traceback (most recent call last):',
        '  File "/app/worker/__main__.py", line 73, in <module>',
        '    main(load_config())',
        '  File "/app/worker/config.py", line 19, in load_config',
        `KeyError: 'QUEUE_URL'`,
      ];
    case 'node':
      return [
        '/app/server.js:88',
        "    throw new TypeError(`Cannot read properties of undefined (reading 'id')`);",
        '    ^',
        '',
        "TypeError: Cannot read properties of undefined (reading 'id')",
        '    at route (/app/server.js:88:11)',
        '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
      ];
    default:
      return [
        head,
        `panic: config: unknown key "ingest.topic" in ${task.name}`,
        '',
        'goroutine 1 [running]:',
        'main.mustLoad(0xc0000b6000)',
        '\t/src/main.go:61 +0x1a5',
        'exit status 2',
      ];
  }
}

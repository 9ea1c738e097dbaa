import type { Task } from '../model/task';

/** Process of a container; `share` of its memory. */
export type Process = { pid: number; name: string; share: number };

/** In what an app is written, told from its command, environment and image. */
export type Runtime = 'java' | 'python' | 'node' | 'shell' | 'native';

export function runtimeOf({ cmd, env, image, name }: Pick<Task, 'cmd' | 'env' | 'image' | 'name'>): Runtime {
  const text = `${cmd ?? ''} ${image ?? ''} ${name}`;
  if (/\bjava\b/.test(cmd ?? '') || 'JAVA_OPTS' in env || /rebuild-index|ledger|payments/.test(text)) {
    return 'java';
  }
  if (/python|recommender|nightly-report|import-orders/.test(text)) return 'python';
  if (/\/(web|gateway|thumbnailer|feature-flags|catalog)\b/.test(image ?? '')) return 'node';
  if (/\.sh\b/.test(cmd ?? '')) return 'shell';
  return 'native';
}

/** The main process first. Where a shell stands before the program, the program is its child and has most of the memory. */
export function processesOf(task: Task): Process[] {
  const program = programOf(task);
  const child = task.pid + 7 + (task.pid % 13);
  if (program === 'ffmpeg') {
    return [
      { pid: task.pid, name: 'transcode.sh', share: 0.01 },
      { pid: child, name: 'ffmpeg', share: 0.99 },
    ];
  }
  // An entry script that does not `exec`: every third image has one.
  if (task.pid % 3 === 0) {
    return [
      { pid: task.pid, name: 'sh', share: 0.001 },
      { pid: child, name: program, share: 0.999 },
    ];
  }
  return [
    { pid: task.pid, name: program, share: 0.985 },
    { pid: child, name: 'log-tail', share: 0.015 },
  ];
}

/** The largest one, which the kernel's killer picks. */
export function victimOf(task: Task): Process {
  const [first, ...rest] = processesOf(task);
  if (first === undefined) throw new Error('a container has a process');
  return rest.reduce((largest, one) => (one.share > largest.share ? one : largest), first);
}

function programOf(task: Task): string {
  const runtime = runtimeOf(task);
  if (runtime === 'shell') return 'ffmpeg';
  if (runtime !== 'native') return runtime === 'python' ? 'python3' : runtime;
  const last = (task.image ?? task.name).split('/').at(-1) ?? 'app';
  return last.replace(/:.*$/, '').slice(0, 15);
}

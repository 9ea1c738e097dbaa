import { sandboxRoot } from '../hosts/host-events';
import { processesOf } from '../hosts/processes';
import { RELEASES } from '../model/mesos-version';
import type { Task } from '../model/task';
import type { World } from '../model/world';
import { type LogEntry, lastWords, startLines, workLine } from './app-log';

/** A file of a sandbox. `modifiedAt`: model second. */
export type SandboxFile = { name: string; size: number; modifiedAt: number; read(): Buffer };

/** The agent collects the sandboxes of what ended this long ago: disks are small, and so is `gc_delay` then. */
export const KEPT_SECONDS = 6 * 3600;

// About 200 KB a file; then the log is rotated and begins anew.
const LINES_PER_FILE = 1700;

/** Where a task's own files are: a nested container's lie below its parent's. */
export function sandboxOf(task: Task): string {
  const root = sandboxRoot(task);
  return task.parentContainerId === null ? root : `${root}/containers/${task.containerId}`;
}

export function isCollected(world: World, task: Task): boolean {
  return task.endedAt !== null && world.now - task.endedAt > KEPT_SECONDS;
}

/** The files of a task's sandbox as they are at the present model second. Every call gives the same bytes, plus what came since. */
export function sandboxFiles(world: World, task: Task): SandboxFile[] {
  const begin = task.runningSince;
  const until = task.endedAt ?? world.now;
  // What never ran has the executor's files, empty of anything the program could have said.
  if (begin === null)
    return [textFile('stderr', launchErrors(world, task), until), textFile('stdout', [], until)];
  const seconds = secondsBetweenLines(task);
  const lines = Math.max(0, Math.floor((until - begin - 3) / seconds));
  const rotated = Math.floor(lines / LINES_PER_FILE);
  const work = (from: number, to: number): LogEntry[] =>
    Array.from({ length: to - from }, (_, index) => {
      const at = begin + 3 + (from + index) * seconds;
      return { at, text: workLine(world, task, from + index, at) };
    });
  const first = rotated === 0 ? startLines(world, task, begin) : [];
  const current = [...first, ...work(rotated * LINES_PER_FILE, lines)];
  const files = [
    textFile('stderr', [...executorLines(world, task, begin), ...lastWords(world, task)], until),
    textFile('stdout', current, until),
  ];
  if (rotated > 0) {
    const older = work((rotated - 1) * LINES_PER_FILE, rotated * LINES_PER_FILE);
    files.push(textFile('stdout.1', older, begin + 3 + rotated * LINES_PER_FILE * seconds));
  }
  return files;
}

/** Lines come as they come; per task at a pace of its own, and quick enough in short jobs to be worth reading. */
function secondsBetweenLines(task: Task): number {
  return task.appId === null ? 1.5 : 4 + (task.pid % 23);
}

function executorLines(world: World, task: Task, at: number): LogEntry[] {
  const [main] = processesOf(task);
  return [
    {
      at,
      text: `I${glogTime(world, at)} ${main?.pid ?? 1} exec.cpp:164] Version: ${RELEASES[world.version].mesos}`,
    },
    ...(task.kind === 'docker' && task.memorySwap
      ? [
          {
            at,
            text: 'WARNING: Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.',
          },
        ]
      : []),
  ];
}

function glogTime(world: World, at: number): string {
  const iso = new Date(Math.round(world.timeline.stampOf(at) * 1000)).toISOString();
  return `${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}000`;
}

/** Pull errors leave nothing in the sandbox; `docker run`'s own do. */
function launchErrors(world: World, task: Task): LogEntry[] {
  return task.end?.truth?.exitCode === 125 ? lastWords(world, task) : [];
}

function textFile(name: string, entries: readonly LogEntry[], until: number): SandboxFile {
  const text = entries.map((entry) => `${entry.text}\n`).join('');
  const bytes = Buffer.from(text);
  return { name, size: bytes.length, modifiedAt: entries.at(-1)?.at ?? until, read: () => bytes };
}

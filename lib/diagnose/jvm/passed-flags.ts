import type { JvmFlags } from '@/lib/domain/evidence';

import type { JavaVersion } from './java-version';
import { startsJava } from './jvm-sign';

export type PassedFlags = {
  /** Those that the JVM reads, or may read. */
  counting: JvmFlags;
  /** Those that it certainly does not, and why. */
  ignored: { from: string; flags: string[]; why: string }[];
  /** Under which condition the rest counts; null: no doubt. */
  doubt: string | null;
};

// HotSpot reads these from the environment by itself; every other variable has to be put on the command line.
const READ_BY_JVM: ReadonlySet<string> = new Set(['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS']);
const HEAP_FLAGS = ['-Xmx', '-XX:MaxHeapSize', '-XX:MaxRAM'];
// The java launcher of 9 and later.
const READ_BY_LAUNCHER = 'JDK_JAVA_OPTIONS';

/** Which of the flags found in a definition reach the JVM, as far as its command tells. */
export function passedFlags(flags: JvmFlags, cmd: string | null, version: JavaVersion | null): PassedFlags {
  const counting: JvmFlags = [];
  const ignored: PassedFlags['ignored'] = [];
  const doubtful: string[] = [];
  for (const entry of flags) {
    if (entry.flags.length === 0) continue;
    const name = entry.from.startsWith('env ') ? entry.from.slice('env '.length) : null;
    const why = name === null ? null : whyIgnored(name, cmd, version);
    if (why !== null) ignored.push({ ...entry, why });
    else counting.push(entry);
    if (why === null && name !== null && !READ_BY_JVM.has(name) && !usesVariable(cmd, name))
      doubtful.push(name);
  }
  return {
    counting: inOrderOf(cmd, counting),
    ignored,
    doubt: doubtful.length === 0 ? null : doubtText([...new Set(doubtful)], version),
  };
}

/** `java -Xmx1g $JAVA_OPTS`: what a variable holds comes where the command names it, and the last one wins. */
function inOrderOf(cmd: string | null, counting: JvmFlags): JvmFlags {
  if (cmd === null) return counting;
  const last = Math.max(...HEAP_FLAGS.map((flag) => cmd.lastIndexOf(flag)));
  if (last < 0) return counting;
  const isBehind = ({ from }: JvmFlags[number]) => {
    const name = from.startsWith('env ') ? from.slice('env '.length) : '';
    return !READ_BY_JVM.has(name) && placeOf(cmd, name) > last;
  };
  const behind = counting.filter(isBehind);
  const ends = counting.filter(({ from }) => from === 'env _JAVA_OPTIONS');
  const first = counting.filter((entry) => !behind.includes(entry) && !ends.includes(entry));
  return [...first, ...behind, ...ends];
}

function whyIgnored(name: string, cmd: string | null, version: JavaVersion | null): string | null {
  if (READ_BY_JVM.has(name)) return null;
  if (name === READ_BY_LAUNCHER) {
    return version !== null && version.major < 9
      ? `Java ${version.text} does not read ${name} (9 and later do)`
      : null;
  }
  // A start script may pass any variable; a command that starts java itself shows what it passes.
  return startsJava(cmd) && !usesVariable(cmd, name)
    ? `cmd starts java without $${name}, and java itself does not read it (JAVA_TOOL_OPTIONS it does)`
    : null;
}

function usesVariable(cmd: string | null, name: string): boolean {
  return cmd !== null && placeOf(cmd, name) >= 0;
}

/** Where a command names a variable, as `$X`, `${X…}` or `%X%`; -1: nowhere. */
function placeOf(cmd: string, name: string): number {
  return /^\w{1,64}$/.test(name) ? cmd.search(new RegExp(`\\$\\{?${name}\\b|%${name}%`)) : -1;
}

function doubtText(names: string[], version: JavaVersion | null): string {
  const [only] = names;
  if (names.length === 1 && only === READ_BY_LAUNCHER && version === null)
    return `if it is Java 9 or later, which reads ${only}`;
  return `if the start script passes ${names.slice(0, 3).join(', ')}`;
}

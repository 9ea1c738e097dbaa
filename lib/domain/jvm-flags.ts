import type { JvmFlags } from './evidence';

export type JvmFlagSources = {
  cmd: string | null;
  args: readonly string[];
  /** Environment as text; a value that is a reference to a secret must not be given. */
  env: Readonly<Record<string, string>>;
};

const MAX_TEXT = 8 * 1024;
const MAX_FLAGS = 40;
const MAX_ENTRIES = 40;
const MAX_VARIABLES = 500;

// At most 13 digits: a terabyte in bytes. What follows must end the word, or a secret could hang on to a size.
const SIZE = '\\d{1,13}[kKmMgGtT]?';
const END = '(?=$|[\\s"\'`;&|)\\\\])';
const SIZED =
  'MaxHeapSize|InitialHeapSize|MaxPermSize|PermSize|MaxMetaspaceSize|MetaspaceSize|CompressedClassSpaceSize|' +
  'ReservedCodeCacheSize|MaxDirectMemorySize|ThreadStackSize|MaxRAM|MaxNewSize|NewSize';
const NUMBERED =
  'MaxRAMPercentage|InitialRAMPercentage|MinRAMPercentage|MaxRAMFraction|InitialRAMFraction|MinRAMFraction';
const SWITCHES =
  'UseContainerSupport|UseCGroupMemoryLimitForHeap|UnlockExperimentalVMOptions|UseCompressedOops|AlwaysPreTouch|' +
  'ExitOnOutOfMemoryError|CrashOnOutOfMemoryError|HeapDumpOnOutOfMemoryError|' +
  'UseSerialGC|UseParallelGC|UseG1GC|UseConcMarkSweepGC|UseZGC|UseShenandoahGC';
// A shell variable or an arithmetic expression where the size should be: bounded, and never kept as it stands.
const EXPRESSION = '\\$(?:\\{[^}\\s]{1,80}\\}|\\(\\([^)]{1,80}\\)\\)|\\([^)]{1,80}\\)|\\w{1,64})[kKmMgG]?';
const FLAG = new RegExp(
  `(?<![\\w-])-(?:J-)?(?:(X(?:mx|ms|mn|ss))(${SIZE}|${EXPRESSION})${END}` +
    `|XX:(${SIZED})=(${SIZE}|${EXPRESSION})${END}` +
    `|XX:(${NUMBERED})=(\\d{1,3}(?:\\.\\d{1,6})?)${END}` +
    `|(XX:[+-](?:${SWITCHES}))${END})`,
  'g',
);

const MARATHON_MEM = 'MARATHON_APP_RESOURCE_MEM';
// All of `mem` in megabytes. Marathon writes a double (`512.0`), of which no JVM makes a size (Invalid maximum heap size:
// -Xmx512.0m), so the fraction is cut off. What reckons with it leads to some other size.
const WHOLE_MEM = /^\$\{MARATHON_APP_RESOURCE_MEM%%?\.[*\d]\}[mM]$/;
// Set for Java and nothing else, whatever the value is.
const JAVA_NAME = /(?:^|_)(?:JAVA|JVM|JDK|JRE|CATALINA)(?:_|$)/;
const OPTIONS_NAME = /(?:OPTS|OPTIONS|ARGS|FLAGS|MEM|MEMORY|HEAP)$/;
// Variables whose value is a bare heap size: Elasticsearch, Cassandra, Spark and start scripts of many images.
const HEAP_NAME =
  /(?:HEAP_SIZE|MAX_HEAP|HEAP_MAX|XMX|JAVA_MEM(?:ORY)?|JVM_MEM(?:ORY)?|JAVA_MAX_MEM(?:ORY)?|SPARK_(?:EXECUTOR|DRIVER|WORKER|DAEMON)_MEMORY)$/;
const BARE_SIZE = /^\d{1,13}[kKmMgGtT]$/;
const VARIABLE_NAME = /^[A-Z_][A-Z0-9_]{0,63}$/;

/**
 * The memory-related JVM flags of a command and an environment, in the order a JVM reads them: JAVA_TOOL_OPTIONS,
 * JDK_JAVA_OPTIONS, what start scripts pass (JAVA_OPTS and its like), the command itself, _JAVA_OPTIONS, which
 * wins. Only tokens of a known name with a number, a size or `+`/`-` are kept, nothing else of any value. A size
 * taken from a variable of the same environment is put in; `-Xmx$MARATHON_APP_RESOURCE_MEM` stands for all of the
 * app's `mem`, `-Xmx$VARIABLE` for what only the host knows, a share of `mem` among it. Source of the order:
 * Arguments::parse of HotSpot for the two variables of its own, the launcher (JDK 9) for JDK_JAVA_OPTIONS.
 * A bare `ES_HEAP_SIZE=2g` reads `-Xmx2g`. An entry without flags only
 * says that a Java variable is set. Pure, linear; at most 8 KiB of each text and 500 variables are looked at.
 */
export function jvmFlagsOf({ cmd, args, env }: JvmFlagSources): JvmFlags {
  const read = (from: string, text: string) => ({ from, flags: flagsIn(text, env) });
  const ofEnv = Object.entries(env)
    .slice(0, MAX_VARIABLES)
    .filter(([name]) => isJavaVariable(name))
    .map(([name, value]) => ({
      from: `env ${name}`,
      flags:
        HEAP_NAME.test(name) && BARE_SIZE.test(value.trim()) ? [`-Xmx${value.trim()}`] : flagsIn(value, env),
    }))
    .filter(({ from, flags }) => flags.length > 0 || JAVA_NAME.test(from.slice('env '.length)))
    .slice(0, MAX_ENTRIES);
  const ofCommand = [
    ...(cmd === null ? [] : [read('cmd', cmd)]),
    ...(args.length === 0 ? [] : [read('args', args.join(' '))]),
  ].filter(({ flags }) => flags.length > 0);
  return [...ofEnv, ...ofCommand].sort((a, b) => rank(a.from) - rank(b.from));
}

function rank(from: string): number {
  if (from === 'env JAVA_TOOL_OPTIONS') return 0;
  if (from === 'env JDK_JAVA_OPTIONS') return 1;
  if (from === 'env _JAVA_OPTIONS') return 4;
  return from.startsWith('env ') ? 2 : 3;
}

function isJavaVariable(name: string): boolean {
  if (!VARIABLE_NAME.test(name) || /SECRET|PASS|TOKEN|KEY|CREDENTIAL/.test(name)) return false;
  return JAVA_NAME.test(name) || HEAP_NAME.test(name) || OPTIONS_NAME.test(name);
}

function flagsIn(text: string, env: Readonly<Record<string, string>>): string[] {
  const flags: string[] = [];
  for (const match of text.slice(0, MAX_TEXT).matchAll(FLAG)) {
    if (flags.length >= MAX_FLAGS) break;
    const [, shortName, shortSize, longName, longSize, numbered, number, onOff] = match;
    if (shortName !== undefined) flags.push(`-${shortName}${sizeOf(shortSize ?? '', env)}`);
    else if (longName !== undefined) flags.push(`-XX:${longName}=${sizeOf(longSize ?? '', env)}`);
    else if (numbered !== undefined) flags.push(`-XX:${numbered}=${number}`);
    else if (onOff !== undefined) flags.push(`-${onOff}`);
  }
  return flags;
}

/** A size as it stands; of an expression only what is no secret: the size it leads to, or what kind it is. */
function sizeOf(text: string, env: Readonly<Record<string, string>>): string {
  if (!text.startsWith('$')) return text;
  if (WHOLE_MEM.test(text)) return `$${MARATHON_MEM}`;
  const [, plain, braced, given, unit] =
    /^\$(?:(\w{1,64})|\{(\w{1,64})(?::?-(\d{1,13}[kKmMgG]?))?\})([kKmMgG]?)$/.exec(text) ?? [];
  const name = plain ?? braced;
  const value = name === undefined ? undefined : Object.hasOwn(env, name) ? env[name] : given;
  const size = `${value?.trim() ?? ''}${unit ?? ''}`;
  return /^\d{1,13}[kKmMgGtT]?$/.test(size) ? size : '$VARIABLE';
}

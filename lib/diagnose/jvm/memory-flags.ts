import type { JvmFlags } from '@/lib/domain/evidence';

/** A flag that counts, and where it was set. `mb` null: its value is only known on the host (a shell variable). */
export type SizeFlag = {
  flag: string;
  from: string;
  mb: number | null;
  /** All of the app's `mem`, whatever that is: it grows with it. */
  isAllOfMem: boolean;
};
export type NumberFlag = { flag: string; from: string; value: number };

export type MemoryFlags = {
  heap: SizeFlag | null;
  /** -Xms: where no -Xmx is set, the largest heap is at least this. */
  initialHeap: SizeFlag | null;
  percentage: NumberFlag | null;
  fraction: NumberFlag | null;
  /** MinRAMPercentage, or MinRAMFraction as a percentage: the share of a small machine. */
  smallPercentage: number | null;
  maxRam: SizeFlag | null;
  metaspace: SizeFlag | null;
  permSize: SizeFlag | null;
  stack: SizeFlag | null;
  direct: SizeFlag | null;
  codeCache: SizeFlag | null;
  /** By name, of the switches that were given: true for `+`. */
  switches: ReadonlyMap<string, boolean>;
};

const UNIT_MB: Readonly<Record<string, number>> = {
  '': 1 / 1024 / 1024,
  k: 1 / 1024,
  m: 1,
  g: 1024,
  t: 1024 * 1024,
};
const MARATHON_MEM = '$MARATHON_APP_RESOURCE_MEM';

/**
 * The memory flags that count when all of them are read in order: the last one of each kind wins, as in HotSpot.
 * `$MARATHON_APP_RESOURCE_MEM` stands for the app's `mem`.
 */
export function memoryFlagsOf(flags: JvmFlags, memMb: number | null): MemoryFlags {
  const given = flags.flatMap(({ from, flags: list }) => list.map((flag) => ({ from, flag })));
  const size = (...names: string[]): SizeFlag | null => {
    const found = given.findLast(({ flag }) => names.some((name) => flag.startsWith(name)));
    if (found === undefined) return null;
    const name = names.find((one) => found.flag.startsWith(one)) ?? '';
    const text = found.flag.slice(name.length);
    return { ...found, mb: megabytesOf(text, memMb), isAllOfMem: text.startsWith(MARATHON_MEM) };
  };
  const number = (name: string): NumberFlag | null => {
    const found = given.findLast(({ flag }) => flag.startsWith(name));
    return found === undefined ? null : { ...found, value: Number(found.flag.slice(name.length)) };
  };
  return {
    heap: size('-Xmx', '-XX:MaxHeapSize='),
    initialHeap: size('-Xms', '-XX:InitialHeapSize='),
    percentage: number('-XX:MaxRAMPercentage='),
    fraction: number('-XX:MaxRAMFraction='),
    smallPercentage:
      number('-XX:MinRAMPercentage=')?.value ?? percentageOf(number('-XX:MinRAMFraction=')?.value),
    maxRam: size('-XX:MaxRAM='),
    metaspace: size('-XX:MaxMetaspaceSize='),
    permSize: size('-XX:MaxPermSize='),
    stack: stackOf(size('-Xss', '-XX:ThreadStackSize=')),
    direct: size('-XX:MaxDirectMemorySize='),
    codeCache: size('-XX:ReservedCodeCacheSize='),
    switches: new Map(
      given.flatMap(({ flag }) => {
        const [, sign, name] = /^-XX:([+-])(\w{1,60})$/.exec(flag) ?? [];
        return name === undefined ? [] : [[name, sign === '+'] as const];
      }),
    ),
  };
}

/** Megabytes of `512m`, `3g`, plain bytes; of `$MARATHON_APP_RESOURCE_MEM` the app's `mem`. Null: not known here. */
function megabytesOf(text: string, memMb: number | null): number | null {
  if (text.startsWith(MARATHON_MEM)) return memMb;
  const [, digits, unit] = /^(\d{1,13})([kKmMgGtT]?)$/.exec(text) ?? [];
  return digits === undefined ? null : Number(digits) * (UNIT_MB[(unit ?? '').toLowerCase()] ?? 0);
}

function percentageOf(fraction: number | undefined): number | null {
  return fraction === undefined || fraction <= 0 ? null : 100 / fraction;
}

/** -XX:ThreadStackSize counts in kilobytes, whatever its number looks like. */
function stackOf(stack: SizeFlag | null): SizeFlag | null {
  if (stack === null || !/^-XX:ThreadStackSize=\d{1,13}$/.test(stack.flag)) return stack;
  return { ...stack, mb: Number(stack.flag.slice('-XX:ThreadStackSize='.length)) / 1024 };
}

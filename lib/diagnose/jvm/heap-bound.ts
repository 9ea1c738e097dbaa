import type { Derived } from '@/lib/domain/derived';

import { thousands } from '../ties';
import type { JavaVersion } from './java-version';
import type { MemoryFlags } from './memory-flags';

/** What the heap may grow to, and how that comes about. `mb` null: a shell variable of the host decides. */
export type HeapBound = {
  mb: number | null;
  /** `flag`: -Xmx; `share`: a percentage or fraction that was set; `default`: nothing was set. */
  by: 'flag' | 'share' | 'default';
  /** What a share or the default is a share of; null for -Xmx. */
  of: 'limit' | 'host' | null;
  /** It grows with the app's `mem`: a share of the limit, or all of it. */
  followsMem: boolean;
  /** The heap as a part of the machine: `a quarter`, `half`; null for -Xmx and shares that were set. */
  part: string | null;
  number: Derived;
};

/** Memory that a JVM takes for the machine's: the container's limit where it sees that, else the host's. */
export type Machine = { of: 'limit' | 'host'; mb: number; from: string };

const DEFAULT_PERCENTAGE = 25;
const SMALL_PERCENTAGE = 50;
// HotSpot's default MaxRAM on 64 bits: it counts no more than this, however large the host is; a -XX:MaxRAM that was
// given counts in the machine's place.
const MAX_RAM_MB = 128 * 1024;
// 32 GB are what compressed pointers reach, less 2 GB that HotSpot leaves below the heap and its alignment: 2 MB, or
// the 32 MB of G1, the default since 9.
const COMPRESSED_MB = 30_718;
const COMPRESSED_G1_MB = 30_688;
const OTHER_COLLECTORS = ['UseSerialGC', 'UseParallelGC', 'UseConcMarkSweepGC'];
// HotSpot's MaxHeapSize before it has looked at the machine: 96 MB × 1.3 on 64 bits.
const LEAST_HEAP_MB = 125;

export function mb(value: number): string {
  return `${thousands(value)} MB`;
}

/** -Xmx, as it was given. */
export function flagBound({ heap }: MemoryFlags): HeapBound | null {
  if (heap === null) return null;
  return {
    mb: heap.mb,
    by: 'flag',
    of: null,
    followsMem: heap.isAllOfMem,
    part: null,
    number: {
      label: 'Largest heap',
      value: heap.mb === null ? 'not known here' : mb(heap.mb),
      formula: heap.flag.split('=')[0]?.replace(/^(-Xmx).*/, '$1') ?? heap.flag,
      inputs: [
        {
          name: heap.flag,
          value: heap.mb === null ? 'known on the host only' : mb(heap.mb),
          from: heap.from,
        },
      ],
    },
  };
}

/**
 * What the heap may grow to on this machine where no -Xmx is set: the percentage or fraction that was set, else a
 * quarter of the machine's memory. Source: Arguments::set_heap_size of HotSpot (8u to 17u; held against the
 * -XX:+PrintFlagsFinal of 17): where half of the machine is below 125 MB, the heap is that half, whatever
 * MaxRAMPercentage says (MinRAMPercentage it heeds); at least 125 MB else; at most what compressed pointers reach, but
 * for shares that were asked for since 13 (JDK-8222252); at least -Xms.
 */
export function shareBound(flags: MemoryFlags, machine: Machine, version: JavaVersion | null): HeapBound {
  const asked = flags.percentage ?? flags.fraction;
  const isAsked = asked !== null && asked.value > 0;
  // Since 13 whoever asks for a share gets it: no MaxRAM, no cut at compressed pointers.
  const isUncut = (isAsked || flags.maxRam !== null) && version !== null && version.major >= 13;
  const counted = isUncut ? machine.mb : Math.min(machine.mb, MAX_RAM_MB);
  const physicalMb = flags.maxRam?.mb ?? counted;
  const name =
    flags.maxRam?.mb != null
      ? flags.maxRam.flag
      : machine.of === 'host'
        ? 'host memory'
        : 'memory limit of the container';
  const isCapped = flags.maxRam?.mb == null && machine.mb > physicalMb;
  const percent = !isAsked ? DEFAULT_PERCENTAGE : flags.percentage !== null ? asked.value : 100 / asked.value;
  const share = !isAsked ? '/ 4' : flags.percentage !== null ? `× ${asked.value} %` : `/ ${asked.value}`;
  const steps = stepsOf({
    physicalMb,
    name: isCapped ? `${name}, of which Java counts ${mb(MAX_RAM_MB)},` : name,
    percent,
    share,
    small: flags.smallPercentage ?? SMALL_PERCENTAGE,
    cutMb: isUncut || flags.switches.get('UseCompressedOops') === false ? null : reachOf(flags, version),
    initialMb: flags.initialHeap?.mb ?? null,
  });
  return {
    mb: steps.heapMb,
    by: isAsked ? 'share' : 'default',
    of: machine.of,
    followsMem: machine.of === 'limit' && flags.maxRam === null,
    part: isAsked ? null : steps.part,
    number: {
      label: isAsked ? 'Largest heap' : 'Default heap',
      value: mb(steps.heapMb),
      formula: steps.formula,
      inputs: [
        flags.maxRam?.mb == null
          ? { name, value: mb(machine.mb), from: machine.from }
          : { name, value: mb(flags.maxRam.mb), from: flags.maxRam.from },
        ...(isAsked ? [{ name: asked.flag, value: String(asked.value), from: asked.from }] : []),
        ...(isCapped
          ? [{ name: 'most that HotSpot counts (MaxRAM)', value: mb(MAX_RAM_MB), from: 'HotSpot' }]
          : []),
        ...steps.rules.map(([rule, value]) => ({ name: rule, value: mb(value), from: 'HotSpot' })),
        ...(steps.isInitial && flags.initialHeap !== null
          ? [{ name: flags.initialHeap.flag, value: mb(steps.heapMb), from: flags.initialHeap.from }]
          : []),
      ],
    },
  };
}

/** A collector's reach with compressed pointers; of Java 8 and older, and where nothing is known, Parallel's. */
function reachOf({ switches }: MemoryFlags, version: JavaVersion | null): number {
  const isG1 =
    switches.get('UseG1GC') === true ||
    (version !== null && version.major >= 9 && OTHER_COLLECTORS.every((name) => switches.get(name) !== true));
  return isG1 ? COMPRESSED_G1_MB : COMPRESSED_MB;
}

type Sizing = {
  physicalMb: number;
  name: string;
  percent: number;
  /** `/ 4`, `× 75 %`. */
  share: string;
  /** Percentage of a small machine. */
  small: number;
  /** Null: nothing cuts it. */
  cutMb: number | null;
  initialMb: number | null;
};

function stepsOf({ physicalMb, name, percent, share, small, cutMb, initialMb }: Sizing) {
  const shareMb = (physicalMb * percent) / 100;
  const smallMb = (physicalMb * small) / 100;
  let heapMb = shareMb;
  let formula = `${name} ${share}`;
  let part = 'a quarter';
  const rules: [string, number][] = [];
  if (smallMb < LEAST_HEAP_MB) {
    heapMb = smallMb;
    part = small === SMALL_PERCENTAGE ? 'half' : `${small} %`;
    formula = `${name} ${small === SMALL_PERCENTAGE ? '/ 2' : `× ${small} %`}, as that is below 125 MB`;
  } else if (shareMb < LEAST_HEAP_MB) {
    heapMb = LEAST_HEAP_MB;
    part = 'the least that HotSpot takes';
    formula += ', but at least 125 MB';
    rules.push(['least heap', LEAST_HEAP_MB]);
  } else if (cutMb !== null && shareMb > cutMb) {
    heapMb = cutMb;
    part = 'a quarter, cut at what compressed pointers reach';
    formula += ` = ${mb(shareMb)}, but at most what compressed pointers reach`;
    rules.push(['reach of compressed pointers', cutMb]);
  }
  const isInitial = initialMb !== null && initialMb > heapMb;
  return isInitial
    ? { heapMb: initialMb, formula: `${formula}, but at least -Xms`, part: '-Xms', rules, isInitial }
    : { heapMb, formula, part, rules, isInitial };
}

import type { Derived } from '@/lib/domain/derived';

import { thousands } from '../ties';
import type { MemoryFlags } from './memory-flags';

/** What the heap may grow to, and how that comes about. `mb` null: a shell variable of the host decides. */
export type HeapBound = {
  mb: number | null;
  /** `flag`: -Xmx; `share`: a percentage or fraction that was set; `default`: nothing was set. */
  by: 'flag' | 'share' | 'default';
  /** What a share or the default is a share of; null for -Xmx. */
  of: 'limit' | 'host' | null;
  number: Derived;
};

/** Memory that a JVM takes for the machine's: the container's limit where it sees that, else the host's. */
export type Machine = { of: 'limit' | 'host'; mb: number; from: string };

const DEFAULT_PERCENTAGE = 25;
// HotSpot's default MaxRAM on 64 bits: it counts no more than this, however large the host is; a -XX:MaxRAM that was
// given counts in the machine's place.
const MAX_RAM_MB = 128 * 1024;
// 32 GB are what compressed pointers reach, less 2 GB that HotSpot leaves below the heap.
const COMPRESSED_MB = 30_718;
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
 * What the heap may grow to on this machine where no -Xmx is set: the percentage or fraction that was set, else
 * HotSpot's default. Source: Arguments::set_heap_size of HotSpot: a quarter of the machine's memory; half of it
 * where that is below 125 MB, and at least 125 MB; at most what compressed pointers reach.
 */
export function shareBound(flags: MemoryFlags, machine: Machine): HeapBound {
  const physicalMb = flags.maxRam?.mb ?? machine.mb;
  const name = machine.of === 'host' ? 'host memory' : 'memory limit of the container';
  const inputs = [
    { name, value: mb(machine.mb), from: machine.from },
    ...(flags.maxRam?.mb == null
      ? []
      : [{ name: flags.maxRam.flag, value: mb(flags.maxRam.mb), from: flags.maxRam.from }]),
  ];
  const share = flags.percentage ?? flags.fraction;
  if (share !== null && share.value > 0) {
    const countedMb = flags.maxRam?.mb == null ? Math.min(physicalMb, MAX_RAM_MB) : physicalMb;
    const heapMb = flags.percentage !== null ? (countedMb * share.value) / 100 : countedMb / share.value;
    const isCut = countedMb < physicalMb;
    return {
      mb: heapMb,
      by: 'share',
      of: machine.of,
      number: {
        label: 'Largest heap',
        value: mb(heapMb),
        formula: `${name}${isCut ? `, of which Java counts ${mb(MAX_RAM_MB)},` : ''} ${flags.percentage !== null ? `× ${share.value} %` : `/ ${share.value}`}`,
        inputs: [...inputs, { name: share.flag, value: String(share.value), from: share.from }],
      },
    };
  }
  const { heapMb, formula, more } = defaultHeap(physicalMb, name);
  return {
    mb: heapMb,
    by: 'default',
    of: machine.of,
    number: { label: 'Default heap', value: mb(heapMb), formula, inputs: [...inputs, ...more] },
  };
}

function defaultHeap(physicalMb: number, name: string) {
  const rule = (label: string, value: number) => ({ name: label, value: mb(value), from: 'HotSpot' });
  const quarterMb = (physicalMb * DEFAULT_PERCENTAGE) / 100;
  if (physicalMb / 2 < LEAST_HEAP_MB) {
    return { heapMb: physicalMb / 2, formula: `${name} / 2, as that is below 125 MB`, more: [] };
  }
  if (quarterMb < LEAST_HEAP_MB) {
    return {
      heapMb: LEAST_HEAP_MB,
      formula: `${name} / 4, but at least 125 MB`,
      more: [rule('least heap', LEAST_HEAP_MB)],
    };
  }
  const cutMb = Math.min(quarterMb, COMPRESSED_MB);
  return cutMb === quarterMb
    ? { heapMb: quarterMb, formula: `${name} / 4`, more: [] }
    : {
        heapMb: cutMb,
        formula: `${name} / 4 = ${mb(quarterMb)}, but at most what compressed pointers reach`,
        more: [rule('reach of compressed pointers', COMPRESSED_MB)],
      };
}

import type { Derived } from '@/lib/domain/derived';

import { mb } from './heap-bound';
import type { JavaVersion } from './java-version';
import type { MemoryFlags, SizeFlag } from './memory-flags';

const RULE = 'rule of thumb';
// What services use in practice, not what the JVM would allow: metaspace and direct memory have no limit of their own.
const METASPACE_MB = 96;
const PERM_MB = 82;
const CODE_CACHE_MB = 48;
const DIRECT_MB = 32;
const THREADS = 50;
const STACK_MB = 1;

/** Memory beside the heap. `isDeclared`: all of it that can be limited is, so that the sum is a bound, not a guess. */
export type Budget = {
  mb: number;
  isDeclared: boolean;
  /** The flags allow more than the rules of thumb: what it may take, not what it will. */
  isAllowance: boolean;
  number: Derived;
};

/**
 * Memory that the JVM takes beside its heap: metaspace (PermGen up to Java 7), thread stacks, code cache, direct
 * memory; from its flags where they are set, else by the rules of thumb that the inputs show. A code cache is only
 * reserved at its size (240 MB by default), so that a flag can lower what is reckoned with but not raise it. No log tells
 * the number of threads: 50 are assumed, each with 1 MB of stack (HotSpot's default on x86-64 Linux). Source: the
 * defaults of HotSpot's globals: MaxMetaspaceSize without limit, MaxDirectMemorySize as large as the heap, MaxPermSize
 * 64 MB × 1.3 up to 7.
 */
export function besideHeap(flags: MemoryFlags, version: JavaVersion | null): Budget {
  const isOld = version !== null && version.major <= 7;
  const classes = part(
    isOld ? 'PermGen' : 'metaspace',
    isOld ? flags.permSize : flags.metaspace,
    isOld ? PERM_MB : METASPACE_MB,
  );
  const isSmallCache = flags.codeCache?.mb != null && flags.codeCache.mb < CODE_CACHE_MB;
  const code = part('code cache', isSmallCache ? flags.codeCache : null, CODE_CACHE_MB);
  const direct = part('direct memory', flags.direct, DIRECT_MB);
  const stackMb = flags.stack?.mb ?? STACK_MB;
  const sum = classes.mb + code.mb + direct.mb + THREADS * stackMb;
  return {
    mb: sum,
    isAllowance: classes.mb > METASPACE_MB || direct.mb > DIRECT_MB,
    isDeclared: [flags.metaspace, flags.direct].every((flag) => flag?.mb != null),
    number: {
      label: 'Memory beside the heap',
      value: mb(sum),
      formula: `${classes.input.name} + code cache + direct memory + threads × stack`,
      inputs: [
        classes.input,
        code.input,
        direct.input,
        { name: 'threads', value: String(THREADS), from: RULE },
        flags.stack?.mb == null
          ? { name: 'stack', value: mb(STACK_MB), from: 'HotSpot' }
          : { name: flags.stack.flag, value: `${Number(stackMb.toFixed(2))} MB`, from: flags.stack.from },
      ],
    },
  };
}

function part(name: string, flag: SizeFlag | null, usualMb: number) {
  return flag?.mb == null
    ? { mb: usualMb, input: { name, value: mb(usualMb), from: RULE } }
    : { mb: flag.mb, input: { name, value: mb(flag.mb), from: `${flag.flag} in ${flag.from}` } };
}

import type { LogSignal } from '@/lib/domain/log-signal';
import type { Facts } from '@/lib/domain/verdict';

import { adviseJvm } from './jvm/advise-jvm';
import { isJava } from './jvm/jvm-sign';

/**
 * What to do after a death at a container's memory limit, with this app's numbers: for a JVM what to set, for
 * anything else where to look. `signal`: the kernel's kill, where a log told of it.
 */
export function memoryAdvice(facts: Facts, signal: LogSignal | null): string[] {
  const mem = facts.memMb === null ? '`mem`' : `\`mem\` (now ${facts.memMb} MB)`;
  const grew = `Find what grew before raising ${mem}: a leak only dies later with more.`;
  const comm = signal?.killedComm ?? null;
  // Something else died, in a container that may hold a JVM too: its settings would not have helped that.
  const report = comm === null || isJava(comm) ? jvmReport(facts, signal) : null;
  if (report === null) {
    return comm !== null
      ? [grew]
      : [
          grew,
          'For a JVM, set the heap (-Xmx or -XX:MaxRAMPercentage) so that heap, metaspace, threads and direct memory fit the limit together.',
        ];
  }
  const troubles = report.findings.filter(({ tone }) => tone === 'bad').map(({ sentence }) => sentence);
  return [...(report.recommendation === null ? [grew] : [report.recommendation]), ...troubles.slice(0, 3)];
}

function jvmReport(facts: Facts, signal: LogSignal | null) {
  return adviseJvm({
    flags: facts.jvm?.flags ?? [],
    image: facts.jvm?.image ?? facts.image,
    cmd: facts.jvm?.cmd ?? null,
    memMb: facts.memMb,
    hostMemMb: facts.jvm?.hostMemMb ?? null,
    oom: signal,
    deaths: [],
    memory: null,
    isDefinitionKnown: facts.jvm !== undefined,
  });
}

import { isCertain, type JvmCase } from './advise-jvm';
import { mb } from './heap-bound';
import { seesCgroupV2 } from './java-version';
import type { OwnHeap } from './own-heap';

const LOW = 3 / 4;
const HIGH = 4 / 5;
const LEAST = 1 / 2;

/**
 * What to set, in one sentence with this app's numbers: a heap of three quarters to four fifths of the container's
 * memory, less where what lies beside the heap would not fit the rest. Null: the limit is not known, the heap is fine
 * and nothing died for memory, or what died was no JVM.
 */
export function recommend(given: JvmCase): string | null {
  const { limit, beside, bounds, question, ownHeap } = given;
  if (limit === null || given.otherProcess !== null) return null;
  const isHurt = question.oom !== null || question.deaths.length > 0;
  if (ownHeap !== null && given.flags.heap === null) return isHurt ? setOwnHeap(ownHeap, limit.mb) : null;
  const [bound] = bounds;
  const isSet = bound?.by === 'flag' || bound?.by === 'share';
  const fits = bounds.length > 0 && bounds.every((one) => one.mb !== null && one.mb + beside.mb <= limit.mb);
  if (isSet && bounds.some((one) => one.mb === null)) return null;
  if (isSet && fits) return isHurt ? keepHeap(given, bound.mb ?? 0) : null;
  if (bound?.by === 'default' && fits && isHurt && seesCgroupV2(given.version) !== false)
    return seeOutside(given, bound.mb ?? 0, limit.mb);
  return setHeap(given, limit.mb);
}

/** It died although the default heap is far from the limit: a larger one would make that worse. */
function seeOutside({ question }: JvmCase, heapMb: number, limitMb: number): string {
  const unless = isCertain(question) ? '' : ', unless the image sets a larger one';
  return `Do not raise the heap yet: by default it ends at ${mb(heapMb)} of the container's ${mb(limitMb)}${unless}, so what grew lies outside of it. See \`jcmd 1 VM.flags\` for the heap, and with \`-XX:NativeMemoryTracking=summary\` \`jcmd 1 VM.native_memory\` for the rest.`;
}

function setOwnHeap({ name, variable }: OwnHeap, limitMb: number): string {
  const where = variable === null ? 'Set the heap' : `Set the heap by \`${variable}\``;
  const heap = Math.floor(limitMb * LEAST);
  return `${where} to about half of the container's ${mb(limitMb)} (${mb(heap)}) if ${name} may take more now: it uses memory beside its heap, for direct buffers and files.`;
}

function setHeap(given: JvmCase, limitMb: number): string {
  const { beside, sight, version } = given;
  if (beside.mb > limitMb * LEAST) {
    const enough = Math.ceil(beside.mb / LEAST);
    return `Raise \`mem\` to ${mb(enough)} or more, with \`-Xmx${Math.floor(enough * LEAST)}m\`: about ${mb(beside.mb)} are needed beside the heap, more than half of the container's ${mb(limitMb)}.`;
  }
  const low = Math.floor(limitMb * LOW);
  const high = Math.floor(Math.min(limitMb * HIGH, Math.max(low, limitMb - beside.mb)));
  const room = Math.floor(limitMb - beside.mb);
  if (room < low) {
    const heap = Math.max(room, Math.floor(limitMb * LEAST));
    return `Set \`-Xmx${heap}m\`: of the container's ${mb(limitMb)} about ${mb(beside.mb)} are needed beside the heap, so that the usual three quarters (${mb(low)}) would be too much; with more \`mem\`, set three quarters of it.`;
  }
  const range = high > low ? `\`-Xmx${low}m\` to \`-Xmx${high}m\`` : `\`-Xmx${low}m\``;
  const share =
    sight === 'sees' && seesCgroupV2(version) !== false
      ? `; \`-XX:MaxRAMPercentage=75.0\` does the same and follows \`mem\` when it changes`
      : '';
  const isCapped = high < Math.floor(limitMb * HIGH);
  const why =
    high > low && !isCapped
      ? `three quarters to four fifths of the container's ${mb(limitMb)}`
      : `three quarters of the container's ${mb(limitMb)}${high > low ? `, at most what leaves ${mb(beside.mb)} beside the heap` : ''}`;
  return `Set ${range} (${why}), which leaves ${mb(limitMb - low)} for metaspace, thread stacks, code cache and direct memory${share}.`;
}

/** The heap is as it should be and it died all the same: the rest has to be bounded, or the limit raised. */
function keepHeap({ limit, flags }: JvmCase, heapMb: number): string {
  const unbounded = [
    flags.direct === null ? '`-XX:MaxDirectMemorySize`' : null,
    flags.metaspace === null ? '`-XX:MaxMetaspaceSize`' : null,
  ].filter((flag) => flag !== null);
  const bound = unbounded.length === 0 ? '' : ` Bound the rest with ${unbounded.join(' and ')}, and`;
  return `Leave the heap at ${mb(heapMb)} of ${mb(limit?.mb ?? 0)}: it fits, so what grew lies outside of it.${bound === '' ? ' See' : `${bound} see`} what it is with \`-XX:NativeMemoryTracking=summary\` and \`jcmd 1 VM.native_memory\`.`;
}

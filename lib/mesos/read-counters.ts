import type { Upstream } from '@/lib/upstream/create-upstream';
import { asNumber, asRecord } from '@/lib/upstream/loose-json';
import type { Target } from '@/lib/upstream/source';
import { upstreamError } from '@/lib/upstream/upstream-error';

const MAX_COUNTERS = 5_000;
// One key per framework and state: thousands on a busy master, and no reader here.
const PER_FRAMEWORK = 'master/frameworks/';

/**
 * Reads /metrics/snapshot: name to number, without the counters of single frameworks, at most 5,000. It is
 * never redirected: it tells about the very master that was asked. A metric the master could not gather in time
 * is absent, which is not zero. Errors: as `Upstream.readJson`.
 */
export async function readCounters(
  upstream: Upstream,
  target: Target,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const { value, url } = await upstream.readJson({ target, path: '/metrics/snapshot', signal });
  const raw = asRecord(value);
  if (raw === null) throw upstreamError('mesos', 'badPayload', `${url} is not a JSON object`);
  const counters = new Map<string, number>();
  for (const [name, item] of Object.entries(raw)) {
    const number = asNumber(item);
    if (number === null || name.startsWith(PER_FRAMEWORK) || counters.size >= MAX_COUNTERS) continue;
    counters.set(name.slice(0, 256), number);
  }
  return Object.fromEntries(counters);
}

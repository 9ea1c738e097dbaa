import { isRedirect, type JsonReply, redirectHostPort, type Upstream } from '@/lib/upstream/create-upstream';
import type { Target } from '@/lib/upstream/source';
import { upstreamError } from '@/lib/upstream/upstream-error';

const MAX_HOPS = 2;

/**
 * Reads a JSON answer of one Marathon replica. Replicas proxy to their leader by themselves; where one redirects
 * instead, the redirect is followed to a configured replica only, same path. `status` 404 gives null.
 *
 * Errors: as `Upstream.readJson`; MARATHON_UNREACHABLE for a redirect elsewhere, to which nothing is sent.
 */
export async function askMarathon(
  upstream: Upstream,
  request: { target: Target; path: string; signal: AbortSignal },
): Promise<JsonReply | null> {
  let target = request.target;
  for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
    const reply = await upstream.open({ ...request, target });
    if (reply.status === 404) {
      reply.discard();
      return null;
    }
    if (!isRedirect(reply.status)) return upstream.toJson(reply);
    reply.discard();
    const hostPort = redirectHostPort(target, reply.location);
    const next = upstream.targets.find((one) => one.hostPort === hostPort);
    if (next === undefined) {
      throw upstreamError(
        'marathon',
        'unreachable',
        `${reply.url} redirects to ${hostPort ?? 'no usable address'}, which is not configured`,
      );
    }
    target = next;
  }
  throw upstreamError('marathon', 'unreachable', `The replicas redirect ${request.path} in a circle`);
}

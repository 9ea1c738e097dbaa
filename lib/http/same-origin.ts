/**
 * Whether a request that changes something may come from this site's own pages, or from no page at all (curl). Browsers
 * tell by Sec-Fetch-Site; over plain http, where they do not, by Origin, which must name the host that was asked,
 * or the one that the proxy before us was asked for. Another site's script can leave out neither.
 */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin' || site === 'none';
  const origin = request.headers.get('origin');
  if (origin === null) return true;
  const asked = [request.headers.get('host'), request.headers.get('x-forwarded-host')];
  try {
    return asked.includes(new URL(origin).host);
  } catch {
    return false; // `null`, of a sandboxed frame.
  }
}

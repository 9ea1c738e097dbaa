import { apiUrl, type PageWindow } from '@/components/shell/window-params';

/** What the list of hosts reads, on the server and in the browser. The API's own most is 5000. */
export function hostsUrl(window: PageWindow): string {
  return apiUrl('/api/v1/stats/hosts', window, { limit: '5000' });
}

/** What one host's page reads. */
export function hostUrl(hostname: string, window: PageWindow): string {
  return apiUrl(`/api/v1/hosts/${encodeURIComponent(hostname)}`, window);
}

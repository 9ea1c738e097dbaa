import { apiUrl, type PageWindow } from '@/components/shell/window-params';

/** Rows the list of hosts asks for: the API's own most. */
export const MOST_HOSTS = 5000;

/** What the list of hosts reads, on the server and in the browser. */
export function hostsUrl(window: PageWindow): string {
  return apiUrl('/api/v1/stats/hosts', window, { limit: MOST_HOSTS });
}

/** What one host's page reads. */
export function hostUrl(hostname: string, window: PageWindow): string {
  return apiUrl(`/api/v1/hosts/${encodeURIComponent(hostname)}`, window);
}

import { apiUrl, type PageWindow } from '@/components/shell/window-params';
import { appHref } from '@/lib/format/hrefs';

/** Rows the list of apps asks for: the API's own most. */
export const MOST_APPS = 5000;

/** What the list of apps reads, on the server and in the browser. */
export function appsUrl(window: PageWindow): string {
  return apiUrl('/api/v1/stats/apps', window, { limit: MOST_APPS });
}

/** What one app's page reads. */
export function appUrl(appId: string, window: PageWindow): string {
  return apiUrl(`/api/v1${appHref(appId)}`, window);
}

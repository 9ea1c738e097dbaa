import { apiUrl, type PageWindow } from '@/components/shell/window-params';

/** What the overview reads, on the server and in the browser. */
export function overviewUrl(window: PageWindow): string {
  return apiUrl('/api/v1/overview', window);
}

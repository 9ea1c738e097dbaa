import type { Metadata } from 'next';

import { loadPage } from '@/app/load-page';
import { AppList } from '@/components/apps/app-list';
import { appsUrl, MOST_APPS } from '@/components/apps/app-urls';
import { pageWindow, type RawSearchParams, windowAt } from '@/components/shell/window-params';
import { readPool } from '@/lib/db/read-pool';
import { appRates } from '@/lib/stats/app-rates';

export const metadata: Metadata = { title: 'Apps' };

export default async function AppsPage({ searchParams }: { searchParams: Promise<RawSearchParams> }) {
  const now = new Date();
  const { window } = pageWindow(await searchParams);
  const body = await loadPage(() =>
    appRates(readPool(), { ...windowAt(window, now), limit: MOST_APPS }, now),
  );
  return <AppList initial={{ url: appsUrl(window), body, at: now.toISOString() }} />;
}

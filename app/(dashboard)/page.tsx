import type { Metadata } from 'next';

import { loadPage } from '@/app/load-page';
import { overviewUrl } from '@/components/overview/overview-url';
import { OverviewView } from '@/components/overview/overview-view';
import { pageWindow, type RawSearchParams, windowAt } from '@/components/shell/window-params';
import { env } from '@/lib/config/env';
import { readPool } from '@/lib/db/read-pool';
import { overview } from '@/lib/stats/overview';

export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Overview' };

export default async function OverviewPage({ searchParams }: { searchParams: Promise<RawSearchParams> }) {
  const { window } = pageWindow(await searchParams);
  const now = new Date();
  const body = await loadPage(() => {
    const query = { ...windowAt(window, now), pollIntervalMs: env().POLL_INTERVAL_MS };
    return overview(readPool(), query, now);
  });
  return <OverviewView initial={{ url: overviewUrl(window), body, at: now.toISOString() }} />;
}

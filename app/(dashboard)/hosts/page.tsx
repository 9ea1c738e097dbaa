import type { Metadata } from 'next';

import { loadPage } from '@/app/load-page';
import { hostsUrl, MOST_HOSTS } from '@/components/hosts/host-urls';
import { HostsView } from '@/components/hosts/hosts-view';
import { pageWindow, type RawSearchParams, windowAt } from '@/components/shell/window-params';
import { readPool } from '@/lib/db/read-pool';
import { hostRates } from '@/lib/stats/host-rates';

export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Hosts' };

export default async function HostsPage({ searchParams }: { searchParams: Promise<RawSearchParams> }) {
  const { window } = pageWindow(await searchParams);
  const now = new Date();
  const body = await loadPage(() =>
    hostRates(readPool(), { ...windowAt(window, now), limit: MOST_HOSTS }, now),
  );
  return <HostsView initial={{ url: hostsUrl(window), body, at: now.toISOString() }} />;
}

import type { Metadata } from 'next';
import { notFound } from 'next/navigation';

import { loadPage } from '@/app/load-page';
import { hostUrl, MOST_HOSTS } from '@/components/hosts/host-urls';
import { HostView } from '@/components/hosts/host-view';
import { pageWindow, type RawSearchParams, windowAt } from '@/components/shell/window-params';
import { pathText } from '@/components/tasks/path-text';
import { readPool } from '@/lib/db/read-pool';
import { hostDetail } from '@/lib/stats/host-detail';
import { hostRates } from '@/lib/stats/host-rates';

export const dynamic = 'force-dynamic';

type HostPageProps = { params: Promise<{ hostname: string }>; searchParams: Promise<RawSearchParams> };

export async function generateMetadata({ params }: HostPageProps): Promise<Metadata> {
  return { title: pathText([(await params).hostname]) };
}

export default async function HostPage({ params, searchParams }: HostPageProps) {
  const hostname = pathText([(await params).hostname]);
  const { window } = pageWindow(await searchParams);
  const now = new Date();
  const span = windowAt(window, now);
  const [body, fleet] = await loadPage(() =>
    Promise.all([
      hostDetail(readPool(), { hostname, ...span }, now),
      hostRates(readPool(), { ...span, limit: MOST_HOSTS }, now),
    ]),
  );
  if (body === null) notFound();
  return (
    <HostView
      hostname={hostname}
      hostCount={fleet.items.length}
      initial={{ url: hostUrl(hostname, window), body, at: now.toISOString() }}
    />
  );
}

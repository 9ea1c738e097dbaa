import type { Metadata } from 'next';
import { notFound } from 'next/navigation';

import { loadPage } from '@/app/load-page';
import { appUrl } from '@/components/apps/app-urls';
import { AppView } from '@/components/apps/app-view';
import { pageWindow, type RawSearchParams, windowAt } from '@/components/shell/window-params';
import { pathText } from '@/components/tasks/path-text';
import { readPool } from '@/lib/db/read-pool';
import { appDetail } from '@/lib/stats/app-detail';

type AppPageProps = { params: Promise<{ appId: string[] }>; searchParams: Promise<RawSearchParams> };

export default async function AppPage({ params, searchParams }: AppPageProps) {
  const appId = `/${pathText((await params).appId)}`;
  const now = new Date();
  const { window } = pageWindow(await searchParams);
  const body = await loadPage(() => appDetail(readPool(), { appId, ...windowAt(window, now) }, now));
  if (body === null) notFound();
  return <AppView appId={appId} initial={{ url: appUrl(appId, window), body, at: now.toISOString() }} />;
}

export async function generateMetadata({ params }: AppPageProps): Promise<Metadata> {
  const title = `/${pathText((await params).appId)}`;
  return {
    title,
    openGraph: { title, siteName: 'exit137', description: `Failures of ${title} by version and host.` },
  };
}

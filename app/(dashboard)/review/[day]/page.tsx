import type { Metadata } from 'next';
import { notFound } from 'next/navigation';

import { loadPage } from '@/app/load-page';
import { ReviewView } from '@/components/review/review-view';
import { pageWindow, type RawSearchParams } from '@/components/shell/window-params';
import { env } from '@/lib/config/env';
import { readPool } from '@/lib/db/read-pool';
import { reviewHref, withQuery } from '@/lib/format/hrefs';
import { formatDay } from '@/lib/format/times';
import { review } from '@/lib/stats/review';

type ReviewPageProps = { params: Promise<{ day: string }>; searchParams: Promise<RawSearchParams> };

export default async function ReviewPage({ params, searchParams }: ReviewPageProps) {
  const { day } = await params;
  if (!isDay(day)) notFound();
  const { cluster } = pageWindow(await searchParams).window;
  const now = new Date();
  const query = { day, timeZone: env().TIME_ZONE, ...(cluster === null ? {} : { cluster }) };
  const body = await loadPage(() => review(readPool(), query, now));
  const url = withQuery(`/api/v1${reviewHref(day)}`, { cluster });
  return <ReviewView day={day} initial={{ url, body, at: now.toISOString() }} />;
}

export async function generateMetadata({ params }: ReviewPageProps): Promise<Metadata> {
  const { day } = await params;
  if (!isDay(day)) return { title: 'No such day' };
  const title = `Review of ${formatDay(day)}`;
  return { title, openGraph: { title, siteName: 'exit137' } };
}

/** A day of the calendar: not 2026-02-30. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const start = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(text);
}

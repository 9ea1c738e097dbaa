import type { Metadata } from 'next';

import { loadPage } from '@/app/load-page';
import { statusInput } from '@/app/status-input';
import { STATUS_URL } from '@/components/status/status-url';
import { StatusView } from '@/components/status/status-view';
import { readPool } from '@/lib/db/read-pool';
import { status } from '@/lib/stats/status';

export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Status' };

export default async function StatusPage() {
  const now = new Date();
  const body = await loadPage(() => status(readPool(), statusInput(), now));
  return <StatusView initial={{ url: STATUS_URL, body, at: now.toISOString() }} />;
}

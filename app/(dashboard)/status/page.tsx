import type { Metadata } from 'next';

import { loadPage } from '@/app/load-page';
import { VERSION } from '@/app/version';
import { STATUS_URL } from '@/components/status/status-url';
import { StatusView } from '@/components/status/status-view';
import { env } from '@/lib/config/env';
import { pool } from '@/lib/db/pool';
import { status } from '@/lib/stats/status';

export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Status' };

export default async function StatusPage() {
  const now = new Date();
  const body = await loadPage(() => {
    const { ROLE, POLL_INTERVAL_MS, SIMULATED } = env();
    const query = { version: VERSION, role: ROLE, pollIntervalMs: POLL_INTERVAL_MS, simulated: SIMULATED };
    return status(pool(), query, now);
  });
  return <StatusView initial={{ url: STATUS_URL, body, at: now.toISOString() }} />;
}

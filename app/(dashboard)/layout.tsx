import type { ReactNode } from 'react';
import { stripInput } from '@/app/strip-input';
import { Shell } from '@/components/shell/shell';
import { STRIP_URL } from '@/components/shell/strip-url';
import type { Initial } from '@/components/ui/use-live';
import type { StripBody } from '@/lib/contracts/status';
import { readPool } from '@/lib/db/read-pool';
import { strip } from '@/lib/stats/strip';

export const dynamic = 'force-dynamic';

export default async function DashboardLayout({ children }: { children: ReactNode }) {
  const now = new Date();
  return (
    <Shell strip={await readStrip(now)} now={now.toISOString()}>
      {children}
    </Shell>
  );
}

/** Null where the database is down: the frame still stands, and the page says what is wrong. */
async function readStrip(now: Date): Promise<Initial<StripBody> | null> {
  try {
    return { url: STRIP_URL, body: await strip(readPool(), stripInput(), now), at: now.toISOString() };
  } catch {
    return null;
  }
}

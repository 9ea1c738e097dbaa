'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';

import { Notice } from '@/components/ui/notice';
import { NowProvider } from '@/components/ui/now';
import { type Initial, useLive } from '@/components/ui/use-live';
import { StripBody } from '@/lib/contracts/status';

import { ClusterSelect } from './cluster-select';
import { HealthDot } from './health-dot';
import { Nav } from './nav';
import { SchemeToggle } from './scheme-toggle';
import classes from './shell.module.css';
import { SimulatedBanner } from './simulated-banner';
import { STRIP_URL } from './strip-url';
import { TimeRangePicker } from './time-range-picker';
import { usePageWindow } from './use-page-window';

type ShellProps = {
  /** What the server knew; null: it could not read it (the database is down). */
  strip: Initial<StripBody> | null;
  /** The server's clock, ISO 8601. */
  now: string;
  children: ReactNode;
};

/** The frame of every page: what it is about, how fresh it is, where else to go. */
export function Shell({ strip, now, children }: ShellProps) {
  return (
    <NowProvider at={now}>
      <a href="#main" className={classes.skip}>
        Skip to the page
      </a>
      <header className={classes.header}>
        <div className={classes.bar}>
          <Link href="/" className={classes.brand} prefetch={false}>
            exit<span>137</span>
          </Link>
          <Nav />
          <div className={classes.tools}>
            {strip !== null && <LiveClusterSelect strip={strip} />}
            <WindowedPicker />
            <SchemeToggle />
          </div>
        </div>
      </header>
      {strip !== null && <LiveStrip strip={strip} />}
      <main id="main" tabIndex={-1} className={classes.main}>
        <WindowNotice />
        {children}
      </main>
    </NowProvider>
  );
}

function useStrip(strip: Initial<StripBody>) {
  return useLive({ url: STRIP_URL, schema: StripBody, initial: strip });
}

function LiveClusterSelect({ strip }: { strip: Initial<StripBody> }) {
  const { data, problem } = useStrip(strip);
  return (
    <>
      <HealthDot strip={data} unreachable={problem !== null} />
      <ClusterSelect clusters={data.clusters} />
    </>
  );
}

/** What must be seen on every page: that the cluster is simulated, that the collector is behind or blind. */
function LiveStrip({ strip }: { strip: Initial<StripBody> }) {
  const { data } = useStrip(strip);
  const pathname = usePathname();
  return (
    <>
      {data.simulated && <SimulatedBanner />}
      {data.notice !== null && (
        <div className={classes.notice}>
          <Notice tone={data.health === 'blind' ? 'bad' : 'warn'} role="status">
            {data.notice} {pathname !== '/status' && <Link href="/status">See status</Link>}
          </Notice>
        </div>
      )}
    </>
  );
}

/** Pages about one span have the picker; a task, a day and the collector have none. */
function WindowedPicker() {
  const pathname = usePathname();
  return isWindowed(pathname) ? <TimeRangePicker /> : null;
}

function WindowNotice() {
  const pathname = usePathname();
  const { invalid } = usePageWindow();
  if (!invalid || !isWindowed(pathname)) return null;
  return (
    <div className={classes.invalid}>
      <Notice tone="warn" role="status">
        The address names a time range that cannot be; the last 24 hours are shown.
      </Notice>
    </div>
  );
}

function isWindowed(pathname: string): boolean {
  return pathname === '/' || pathname === '/tasks' || /^\/(hosts|apps)(\/|$)/.test(pathname);
}

'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { type KeyboardEvent, useRef, useState } from 'react';

import { withQuery } from '@/lib/format/hrefs';

import classes from './nav.module.css';
import { usePageWindow } from './use-page-window';

const ITEMS = [
  { href: '/', label: 'Overview' },
  { href: '/hosts', label: 'Hosts' },
  { href: '/apps', label: 'Apps' },
  { href: '/tasks', label: 'Tasks' },
  { href: '/review', label: 'Review' },
  { href: '/diagnose', label: 'Diagnose' },
  { href: '/status', label: 'Status' },
] as const;

/** About a day, a text or the collector: a window says nothing to them. */
const UNWINDOWED: ReadonlySet<string> = new Set(['/review', '/diagnose', '/status']);

/** The pages; links keep window and cluster. On a narrow screen they fold behind a button. */
export function Nav() {
  const pathname = usePathname();
  const { links } = usePageWindow();
  const [opened, setOpened] = useState(false);
  const burger = useRef<HTMLButtonElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !opened) return;
    setOpened(false);
    burger.current?.focus();
  };
  return (
    <>
      <button
        ref={burger}
        type="button"
        className={classes.burger}
        aria-expanded={opened}
        aria-controls="main-nav"
        onClick={() => setOpened(!opened)}
        onKeyDown={onKeyDown}
      >
        <svg viewBox="0 0 24 24" aria-hidden>
          <path d={opened ? 'M6 6l12 12M18 6L6 18' : 'M4 7h16M4 12h16M4 17h16'} />
        </svg>
        <span className="visually-hidden">Menu</span>
      </button>
      <nav
        id="main-nav"
        aria-label="Main"
        className={classes.nav}
        data-opened={opened || undefined}
        onKeyDown={onKeyDown}
      >
        {ITEMS.map(({ href, label }) => (
          <Link
            key={href}
            href={withQuery(href, UNWINDOWED.has(href) ? { cluster: links.cluster } : links)}
            prefetch={false}
            aria-current={isCurrent(pathname, href) ? 'page' : undefined}
            onClick={() => setOpened(false)}
          >
            {label}
          </Link>
        ))}
      </nav>
    </>
  );
}

function isCurrent(pathname: string, href: string): boolean {
  return href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`);
}

'use client';

import { useMantineColorScheme } from '@mantine/core';

import classes from './scheme-toggle.module.css';

/** Light or dark. Which icon shows is the stylesheet's decision: the server does not know the scheme. */
export function SchemeToggle() {
  const { toggleColorScheme } = useMantineColorScheme();
  return (
    <button
      type="button"
      className={classes.toggle}
      aria-label="Switch between light and dark"
      title="Switch between light and dark"
      onClick={toggleColorScheme}
    >
      <svg viewBox="0 0 24 24" aria-hidden className={classes.sun}>
        <circle cx="12" cy="12" r="4.5" />
        <path d="M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1" />
      </svg>
      <svg viewBox="0 0 24 24" aria-hidden className={classes.moon}>
        <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />
      </svg>
    </button>
  );
}

'use client';

import { CopyButton } from '@mantine/core';
import { useSyncExternalStore } from 'react';

import classes from './task-view.module.css';

const neverChanges = () => () => undefined;

/** Copies this page's whole address, to be pasted into a chat. */
export function CopyLink({ path }: { path: string }) {
  const origin = useSyncExternalStore(
    neverChanges,
    () => window.location.origin,
    () => '',
  );
  return (
    <CopyButton value={`${origin}${path}`} timeout={2000}>
      {({ copied, copy }) => (
        <button type="button" className={classes.button} onClick={copy}>
          {copied ? 'Link copied' : 'Copy link'}
        </button>
      )}
    </CopyButton>
  );
}

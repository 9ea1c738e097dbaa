'use client';

import { CopyButton } from '@mantine/core';

import classes from './copy-text.module.css';

/** Text in type of one width with a button that copies it. */
export function CopyText({ text, label = 'Copy' }: { text: string; label?: string }) {
  return (
    <span className={classes.copy}>
      <code className={classes.text} title={text}>
        {text}
      </code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <button type="button" className={classes.button} onClick={copy} aria-label={`${label}: ${text}`}>
            {copied ? 'Copied' : 'Copy'}
          </button>
        )}
      </CopyButton>
    </span>
  );
}

'use client';

import { Notice } from '@/components/ui/notice';
import { Page } from '@/components/ui/page';
import { PageHeader } from '@/components/ui/page-header';

import { codeOfDigest } from './error-digest';
import classes from './page-error.module.css';

const TITLES: Partial<Record<string, string>> = {
  DATABASE_UNAVAILABLE: 'The database does not answer',
  DATABASE_DISK_FULL: 'The disk of the database is full',
  DATABASE_BUSY: 'The database is too busy',
  CONFIG_INVALID: 'A setting is wrong',
};

/** What stands in place of a page that could not be made: the code and what to do, never a stack. */
export function PageError({ error, retry }: { error: unknown; retry: () => void }) {
  const digest = error instanceof Error && 'digest' in error ? error.digest : undefined;
  const known = codeOfDigest(digest);
  return (
    <Page>
      <PageHeader title={TITLES[known?.code ?? ''] ?? 'This page could not be made'} />
      <Notice tone="bad" role="alert">
        <p>{known?.cure ?? 'This is a bug; the server log has the details.'}</p>
        <p className={classes.code}>
          <code>{known?.code ?? `INTERNAL${typeof digest === 'string' ? ` ${digest}` : ''}`}</code>
        </p>
      </Notice>
      <p>
        <button type="button" className={classes.retry} onClick={retry}>
          Try again
        </button>
      </p>
    </Page>
  );
}

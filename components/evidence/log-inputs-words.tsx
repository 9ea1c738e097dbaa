import { Fragment } from 'react';

import { Instant } from '@/components/ui/instant';
import { PlainLink } from '@/components/ui/plain-link';
import type { LogInputBrief } from '@/lib/contracts/evidence';
import { isolated } from '@/lib/format/isolated';

const MOST_NAMED = 3;

/** Where logs come in, or that they come in nowhere: silence of logs that nobody sends says nothing. */
export function LogInputsWords({ inputs }: { inputs: readonly LogInputBrief[] }) {
  if (inputs.length === 0) {
    return (
      <>
        No host log comes in here at all, so this says nothing: <code>docs/logs.md</code> tells how to send
        them, <PlainLink href="/status">Status</PlainLink> shows what arrives.
      </>
    );
  }
  const more = inputs.length - MOST_NAMED;
  return (
    <>
      Logs come in from{' '}
      {inputs.slice(0, MOST_NAMED).map(({ input, lastAt }, index) => (
        <Fragment key={input}>
          {index > 0 && ', '}
          <code>{isolated(input)}</code> (last <Instant at={lastAt} mode="relative" />)
        </Fragment>
      ))}
      {more > 0 && ` and ${more} more`}; whether those of this host are among them,{' '}
      <PlainLink href="/status">Status</PlainLink> and <code>docs/logs.md</code> help to find out.
    </>
  );
}

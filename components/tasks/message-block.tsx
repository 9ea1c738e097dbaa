'use client';

import { useState } from 'react';

import { plural } from '@/lib/format/numbers';

import classes from './message-block.module.css';

const SHORT_CHARS = 1200;

/** Text of the cluster, verbatim and never as HTML; a long one shows its start until asked for all. */
export function MessageBlock({ text, label }: { text: string; label: string }) {
  const [whole, setWhole] = useState(false);
  const long = text.length > SHORT_CHARS * 1.25;
  return (
    <section aria-label={label}>
      <pre className={classes.block}>{long && !whole ? `${text.slice(0, SHORT_CHARS)}…` : text}</pre>
      {long && (
        <button type="button" className={classes.more} onClick={() => setWhole(!whole)} aria-expanded={whole}>
          {whole ? 'Show the start only' : `Show all ${plural(text.length, 'character')}`}
        </button>
      )}
    </section>
  );
}

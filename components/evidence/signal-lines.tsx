'use client';

import { CopyButton } from '@mantine/core';

import { ScrollBox } from '@/components/ui/scroll-box';
import { plural } from '@/lib/format/numbers';

import { lineGroups } from './line-groups';
import classes from './signal-lines.module.css';

/** The raw lines of a signal, verbatim and never as HTML; what decides is marked, what surrounds it folds. */
export function SignalLines({ lines, label }: { lines: readonly string[]; label: string }) {
  if (lines.length === 0) return null;
  return (
    <div className={classes.lines}>
      <div className={classes.tools}>
        <span>{plural(lines.length, 'line')} of the log</span>
        <CopyButton value={lines.join('\n')} timeout={2000}>
          {({ copied, copy }) => (
            <button type="button" className={classes.button} onClick={copy}>
              {copied ? 'Copied' : 'Copy lines'}
            </button>
          )}
        </CopyButton>
      </div>
      <ScrollBox label={label} className={classes.block}>
        {lineGroups(lines).map((group, index) =>
          group.kind !== 'lines' ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity, and their order is their meaning.
            <details key={index} className={classes.folded}>
              <summary>
                …{' '}
                {group.kind === 'table'
                  ? `${plural(group.lines.length, 'row')} of the process table`
                  : `${plural(group.lines.length, 'line')} of context`}
              </summary>
              {group.kind === 'table' ? (
                <ScrollBox label="Process table" className={classes.rows}>
                  <pre>{group.lines.join('\n')}</pre>
                </ScrollBox>
              ) : (
                <pre>
                  {group.lines.map((text, place) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                    <span key={place} className={classes.line}>
                      {text}
                    </span>
                  ))}
                </pre>
              )}
            </details>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above.
            <pre key={index}>
              {group.lines.map(({ text, isDecisive }, place) =>
                isDecisive ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                  <mark key={place} className={classes.decisive}>
                    {text}
                  </mark>
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                  <span key={place} className={classes.line}>
                    {text}
                  </span>
                ),
              )}
            </pre>
          ),
        )}
      </ScrollBox>
    </div>
  );
}

'use client';

import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react';

import classes from './row-keys.module.css';

/**
 * Lets `j` and `k` move through the rows of the table inside, Enter open one, and a click anywhere on a row open it.
 * Each row's first link is what opens it, so that all of this is only a shorter way to what Tab and a click do too.
 */
export function RowKeys({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (event.key !== 'j' && event.key !== 'k') return;
      if (moveFocus(box.current, event.key === 'j' ? 1 : -1)) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on the row's focused link is the browser's own.
    // biome-ignore lint/a11y/noStaticElementInteractions: a wider target for the link each row has anyway.
    <div ref={box} className={classes.rows} onClick={openRow}>
      {children}
    </div>
  );
}

function moveFocus(box: HTMLElement | null, step: 1 | -1): boolean {
  const links = [...(box?.querySelectorAll<HTMLElement>('tbody tr') ?? [])].flatMap(
    (row) => row.querySelector<HTMLElement>('a[href]') ?? [],
  );
  const row = document.activeElement?.closest('tbody tr');
  const current = links.findIndex((link) => link.closest('tr') === row);
  const next = links[current === -1 ? 0 : current + step];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
  return next !== undefined;
}

function openRow(event: MouseEvent<HTMLDivElement>): void {
  if (!(event.target instanceof Element) || event.defaultPrevented) return;
  // A link or button does its own work, and whoever selects text does not want to leave.
  if (event.target.closest('a, button, input') !== null || getSelection()?.type === 'Range') return;
  const link = event.target.closest('tbody tr')?.querySelector<HTMLElement>('a[href]');
  link?.dispatchEvent(
    new globalThis.MouseEvent('click', {
      bubbles: true,
      cancelable: true,
      ctrlKey: event.ctrlKey,
      metaKey: event.metaKey,
      shiftKey: event.shiftKey,
    }),
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
  );
}

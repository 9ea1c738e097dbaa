'use client';

import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';

const TICK_MS = 10_000;
const QUARTER_HOUR_MS = 900_000;

const ServerNow = createContext(0);

let current = 0;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Carries the server's clock to the first paint, so that both sides render the same relative times. */
export function NowProvider({ at, children }: { at: string; children: ReactNode }) {
  return <ServerNow value={Date.parse(at)}>{children}</ServerNow>;
}

/** The time now, moving in steps of 10 s; while hydrating, the time the server rendered at. */
export function useNow(): Date {
  const serverNow = useContext(ServerNow);
  const ms = useSyncExternalStore(subscribe, clientNow, () => serverNow);
  return new Date(ms);
}

/**
 * The time now in steps of a quarter of an hour, which is as fine as time zones go: enough to know the year, without
 * rendering every instant of a page anew every 10 s.
 */
export function useThisQuarterHour(): Date {
  const serverNow = useContext(ServerNow);
  const ms = useSyncExternalStore(
    subscribe,
    () => quarterHour(clientNow()),
    () => quarterHour(serverNow),
  );
  return new Date(ms);
}

function quarterHour(ms: number): number {
  return ms - (ms % QUARTER_HOUR_MS);
}

/** The viewer's time zone; UTC on the server and while hydrating. */
export function useTimeZone(): string {
  return useSyncExternalStore(
    subscribeToNothing,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => 'UTC',
  );
}

function clientNow(): number {
  if (current === 0) current = Date.now();
  return current;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  if (Date.now() - current >= TICK_MS) tick();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  current = Date.now();
  for (const listener of listeners) listener();
}

function subscribeToNothing(): () => void {
  return () => undefined;
}

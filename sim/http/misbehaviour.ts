import type { Damage } from './reply';

export const MODES = [
  'none',
  'hang',
  'drip',
  'truncate',
  'cut',
  'gzip',
  'gzip-broken',
  '500',
  '401',
  '403',
  'non-leader',
  'redirect',
] as const;
export type Mode = (typeof MODES)[number];

export const TARGETS = ['masters', 'marathon', 'all'] as const;
export type Target = (typeof TARGETS)[number];

/** How each side misbehaves at the moment; changed through the control listener. */
export type Misbehaviour = { masters: Mode; marathon: Mode };

export function createMisbehaviour(): Misbehaviour {
  return { masters: 'none', marathon: 'none' };
}

export function misbehave(state: Misbehaviour, target: Target, mode: Mode): void {
  if (target !== 'marathon') state.masters = mode;
  if (target !== 'masters') state.marathon = mode;
}

/** What a mode does to bodies. */
export function damageOf(mode: Mode): Damage {
  switch (mode) {
    case 'truncate':
    case 'cut':
    case 'drip':
    case 'gzip':
    case 'gzip-broken':
      return mode;
    default:
      return null;
  }
}

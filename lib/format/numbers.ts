const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** What stands where nothing is known. */
export const NOT_KNOWN = '–';

/** `12,345`; null: `–`. */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? NOT_KNOWN : WHOLE.format(value);
}

/** `12.3K` for axes and narrow places; null: `–`. */
export function formatCompact(value: number | null | undefined): string {
  return value === null || value === undefined ? NOT_KNOWN : COMPACT.format(value);
}

/** A share 0..1 as `4.2%`; never rounds something to `0%` nor less than all to `100%`. Null: `–`. */
export function formatShare(share: number | null | undefined): string {
  if (share === null || share === undefined) return NOT_KNOWN;
  if (share > 0 && share < 0.001) return '<0.1%';
  if (share < 1 && share > 0.999) return '>99.9%';
  const percent = share * 100;
  return `${percent >= 10 || percent === 0 ? trimZeros(percent.toFixed(percent >= 99 ? 1 : 0)) : trimZeros(percent.toFixed(1))}%`;
}

/** Failures per 1,000 task-hours, so that a column of them lines up: `0.04`, `3.2`, `60.0`, `120`. Null: `–`. */
export function formatRate(rate: number | null | undefined): string {
  if (rate === null || rate === undefined) return NOT_KNOWN;
  if (rate === 0) return '0';
  if (rate < 0.01) return '<0.01';
  if (rate < 0.995) return rate.toFixed(2);
  if (rate < 99.95) return rate.toFixed(1);
  return WHOLE.format(rate);
}

/** How many times the fleet's rate: `×3.4`, `×120`. Null where either rate is unknown or the fleet's is 0: `–`. */
export function formatRatio(rate: number | null, fleetRate: number | null): string {
  if (rate === null || fleetRate === null || fleetRate === 0) return NOT_KNOWN;
  const ratio = rate / fleetRate;
  if (ratio === 0) return '×0';
  if (ratio < 0.1) return '×<0.1';
  return `×${ratio < 10 ? ratio.toFixed(1) : WHOLE.format(ratio)}`;
}

/** Odds by chance, 0..1, as people say them: `1 in 40,000`; above one in two: `likely by chance`. Null: `–`. */
export function formatOdds(chance: number | null | undefined): string {
  if (chance === null || chance === undefined) return NOT_KNOWN;
  if (chance >= 0.5) return 'by chance';
  if (chance <= 1e-9) return '<1 in a billion';
  const oneIn = 1 / chance;
  if (oneIn < 10) return `1 in ${trimZeros(oneIn.toFixed(1))}`;
  if (oneIn >= 1e6) return `1 in ${COMPACT.format(oneIn).replace('M', ' million')}`;
  return `1 in ${WHOLE.format(Number(oneIn.toPrecision(2)))}`;
}

/**
 * Now against before: `+12%`, `−40%`, `×3.1` from a tripling on, `same`. Null: one of them is unknown,
 * or there was nothing before to compare with.
 */
export function formatChange(now: number | null, before: number | null): string | null {
  if (now === null || before === null || before === 0) return null;
  const ratio = now / before;
  if (Math.abs(ratio - 1) < 0.005) return 'same';
  if (ratio >= 3) return `×${ratio < 10 ? ratio.toFixed(1) : WHOLE.format(ratio)}`;
  const percent = Math.round((ratio - 1) * 100);
  return percent > 0 ? `+${percent}%` : `−${-percent}%`;
}

/** `1 failure`, `3 failures`. */
export function plural(value: number, one: string, many: string = `${one}s`): string {
  return `${WHOLE.format(value)} ${value === 1 ? one : many}`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

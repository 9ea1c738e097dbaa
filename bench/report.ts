export type Bar = { most: number } | { least: number };

/**
 * Prints one measure for bench/run.ts. `floorValue` is of the same unit and the same run; the bar is held against the
 * ratio where there is a floor, else against the value. `ratio`: value through floor, unless given.
 */
export function report(one: {
  measure: string;
  value: number;
  unit: string;
  floor?: string;
  floorValue?: number;
  ratio?: number;
  /** What the bar is held against, where it is neither. */
  held?: number;
  bar?: Bar;
}): void {
  const { measure, value, unit, floor = '', floorValue = null, bar } = one;
  const ratio = one.ratio ?? (floorValue === null ? null : value / floorValue);
  const held = one.held ?? ratio ?? value;
  const pass = bar === undefined ? null : 'most' in bar ? held <= bar.most : held >= bar.least;
  const text =
    bar === undefined
      ? ''
      : ('most' in bar ? `<= ${bar.most}` : `>= ${bar.least}`) + (one.held === undefined ? '' : ` ${unit}`);
  console.log(`BENCH ${JSON.stringify({ measure, value, unit, floor, floorValue, ratio, bar: text, pass })}`);
}

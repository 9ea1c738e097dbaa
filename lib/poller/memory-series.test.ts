import { describe, expect, it } from 'vitest';

import { addSample, newSeries, samplesOf } from './memory-series';

const MIB = 1024 * 1024;
const START = Date.parse('2026-03-01T10:00:00Z');

function seriesOf(samples: number, maxPoints: number, bytesAt: (index: number) => number = () => MIB) {
  const series = newSeries(START);
  for (let index = 0; index < samples; index += 1) {
    addSample(series, START + index * 60_000, bytesAt(index), maxPoints);
  }
  return series;
}

describe('memory series', () => {
  it('gives back what it was given, to the tenth of a second and the KiB', () => {
    const series = newSeries(START);
    addSample(series, START, 5 * MIB, 240);
    addSample(series, START + 12_340, 6 * MIB + 300, 240);
    expect(samplesOf(series)).toEqual([
      [START, 5 * MIB],
      [START + 12_300, 6 * MIB],
    ]);
  });

  it.each([24, 240])('a month of minutes stays within %i points and covers the whole life', (maxPoints) => {
    const samples = 30 * 1440;
    const points = samplesOf(seriesOf(samples, maxPoints));
    expect(points.length).toBeLessThanOrEqual(maxPoints);
    expect(points.length).toBeGreaterThan(maxPoints / 2);
    expect(points[0]?.[0]).toBe(START);
    expect(points.at(-1)?.[0]).toBe(START + (samples - 1) * 60_000);
    const steps = points.slice(1).map(([at], index) => at - (points[index]?.[0] ?? 0));
    // Fine at the end, coarse at the start.
    expect(steps.slice(-maxPoints / 4).every((step) => step === 60_000)).toBe(true);
    expect(Math.max(...steps.slice(0, 4))).toBeGreaterThan(3_600_000);
  });

  it('loses no peak', () => {
    const points = samplesOf(seriesOf(5_000, 240, (index) => (index === 777 ? 900 * MIB : MIB)));
    expect(points.filter(([, bytes]) => bytes === 900 * MIB)).toEqual([[START + 777 * 60_000, 900 * MIB]]);
  });

  it('leaves out what is older than the last or in its tick', () => {
    const series = seriesOf(3, 240);
    addSample(series, START + 60_000, MIB, 240);
    addSample(series, START + 120_040, MIB, 240);
    expect(series.length).toBe(3);
  });

  it('holds more than 4 TiB and 13 years as the largest it can', () => {
    const series = newSeries(START);
    addSample(series, START, 2 ** 52, 240);
    addSample(series, START + 500 * 86_400_000_000, MIB, 240);
    expect(samplesOf(series)).toEqual([[START, (2 ** 32 - 1) * 1024]]);
  });

  it('may be allowed fewer points later', () => {
    const series = seriesOf(240, 240);
    for (let index = 240; index < 400; index += 1) addSample(series, START + index * 60_000, MIB, 24);
    expect(series.length).toBeLessThan(240);
  });
});

import { describe, expect, it } from 'vitest';

import {
  formatChange,
  formatCount,
  formatOdds,
  formatRate,
  formatRatio,
  formatShare,
  plural,
} from './numbers';

describe('formatShare', () => {
  it.each([
    [null, '–'],
    [0, '0%'],
    [0.0004, '<0.1%'],
    [0.001, '0.1%'],
    [0.042, '4.2%'],
    [0.5, '50%'],
    [0.995, '99.5%'],
    [0.9999, '>99.9%'],
    [1, '100%'],
  ])('%s is %s', (share, text) => expect(formatShare(share)).toBe(text));
});

describe('formatRate', () => {
  it.each([
    [null, '–'],
    [0, '0'],
    [0.004, '<0.01'],
    [0.25, '0.25'],
    [3.2, '3.2'],
    [0.999, '1.0'],
    [12, '12.0'],
    [99.96, '100'],
    [1234.5, '1,235'],
  ])('%s is %s', (rate, text) => expect(formatRate(rate)).toBe(text));
});

describe('formatRatio', () => {
  it('says nothing where the fleet had no failure', () => expect(formatRatio(3, 0)).toBe('–'));
  it('keeps one figure after the point below ten', () => expect(formatRatio(7.31, 2)).toBe('×3.7'));
  it('never rounds a small ratio to nothing', () => expect(formatRatio(0.01, 2)).toBe('×<0.1'));
});

describe('formatOdds', () => {
  it.each([
    [null, '–'],
    [0.7, 'by chance'],
    [0.25, '1 in 4'],
    [0.0123, '1 in 81'],
    [0.000024, '1 in 42,000'],
    [4e-7, '1 in 2.5 million'],
    [0, '<1 in a billion'],
  ])('%s is %s', (chance, text) => expect(formatOdds(chance)).toBe(text));
});

describe('formatChange', () => {
  it.each([
    [5, null, null],
    [5, 0, null],
    [112, 100, '+12%'],
    [60, 100, '−40%'],
    [310, 100, '×3.1'],
    [100, 100, 'same'],
  ])('%s after %s is %s', (now, before, text) => expect(formatChange(now, before)).toBe(text));
});

it('counts have separators and their noun agrees', () => {
  expect(formatCount(1234567)).toBe('1,234,567');
  expect(plural(1, 'failure')).toBe('1 failure');
  expect(plural(2, 'entry', 'entries')).toBe('2 entries');
});

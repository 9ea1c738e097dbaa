import { describe, expect, it } from 'vitest';

import { overallHealth, type SourceFacts, type SourceHealth, sourceHealth } from './source-health';

const now = new Date('2026-11-25T12:00:00Z');
const success = (secondsAgo: number): SourceFacts['lastSuccess'] => ({
  finishedAt: new Date(now.getTime() - secondsAgo * 1000),
});

describe('sourceHealth', () => {
  it.each<{ when: string; ok: boolean; last: SourceFacts['lastSuccess']; want: SourceHealth }>([
    { when: 'no success ever', ok: false, last: null, want: 'never' },
    { when: 'the last attempt failed', ok: false, last: success(40), want: 'failing' },
    { when: 'nothing failed, success three intervals ago', ok: true, last: success(90), want: 'ok' },
    { when: 'nothing failed, success longer ago', ok: true, last: success(91), want: 'stale' },
  ])('$when: $want', ({ ok, last, want }) => {
    expect(sourceHealth({ source: 'mesos', lastAttempt: { ok }, lastSuccess: last }, 30_000, now)).toBe(want);
  });
});

describe('overallHealth', () => {
  const of = (...healths: [string, SourceHealth][]) =>
    overallHealth(healths.map(([source, health]) => ({ source, health })));

  it('is blind where no master was ever read', () => {
    expect(of()).toBe('blind');
    expect(of(['mesos', 'never'], ['marathon:http://m', 'ok'])).toBe('blind');
  });
  it('is degraded where any source is not ok', () => {
    expect(of(['mesos', 'ok'], ['marathon:http://m', 'failing'])).toBe('degraded');
    expect(of(['mesos', 'stale'])).toBe('degraded');
  });
  it('is ok where all are', () => {
    expect(of(['mesos', 'ok'], ['marathon:http://m', 'ok'])).toBe('ok');
  });
});

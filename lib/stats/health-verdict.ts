import type { FleetRate, OverviewBody } from '@/lib/contracts/stats';

export type HealthFacts = {
  now: Date;
  from: Date;
  to: Date;
  /** First whole poll of any cluster; null: none was ever read. */
  firstPolledAt: Date | null;
  /** Last whole poll of the cluster that is furthest behind; null: one was never read. */
  lastPolledAt: Date | null;
  pollIntervalMs: number;
  rate: FleetRate;
  /** The same hours a week earlier; null: not known. */
  weekBefore: FleetRate | null;
  /** Whose failures are most; null: nobody failed. */
  topHost: { name: string; failed: number } | null;
  topApp: { name: string; failed: number } | null;
  /** Hosts whose failures chance would not give. */
  suspects: readonly string[];
};

type Verdict = OverviewBody['verdict'];

const STALE_INTERVALS = 3;
/** Below it, no trouble seen does not mean that there was none. */
const MIN_WATCHED_SHARE = 0.5;
const HOUR_MS = 3_600_000;

/**
 * One sentence about the window, made of facts: blind before anything else, then the failures against the same
 * hours of last week, and where most of them are.
 *
 * - `blind`: never read; the window lies in the future or before the first poll; or it reaches past the last poll
 *   by more than 3 intervals.
 * - `bad`: at least 10 more failures than last week and twice as many; without last week, at least 20 failures and
 *   half of all ends.
 * - `warn`: at least 5 more than last week and 1.3 times as many; without last week, at least 5 failures and a
 *   tenth of all ends; or a suspect host.
 *
 * Where less than half of the window was watched, nothing is called good: then it is `blind` too, and says for how long.
 */
export function healthVerdict(facts: HealthFacts): Verdict {
  const blind = blindSentence(facts);
  if (blind !== null) return { tone: 'blind', sentence: blind };
  const tone = toneOf(facts);
  const watched = watchedMs(facts);
  const isBrief =
    watched !== null && watched < MIN_WATCHED_SHARE * (facts.to.getTime() - facts.from.getTime());
  const caution = watched === null ? null : `watched for ${spanWords(watched)} of it`;
  const parts = [openingOf(facts, tone), ...whereOf(facts), caution];
  return {
    tone: isBrief && tone === 'good' ? 'blind' : tone,
    sentence: `${parts.filter(Boolean).join('; ')}.`,
  };
}

function blindSentence(facts: HealthFacts): string | null {
  const { now, from, to, firstPolledAt, lastPolledAt, pollIntervalMs } = facts;
  if (from >= now) return 'That time has not come yet.';
  if (lastPolledAt === null) return 'Nothing is known yet: no poll has read a Mesos master.';
  if (firstPolledAt !== null && to <= firstPolledAt) return unwatchedSentence(facts.rate);
  const end = Math.min(now.getTime(), to.getTime());
  if (end - lastPolledAt.getTime() <= STALE_INTERVALS * pollIntervalMs) return null;
  const age = spanWords(now.getTime() - lastPolledAt.getTime());
  return `Blind: the last poll that read the master was ${age} ago, and what ended since then is not known.`;
}

/** How much of the window was watched; null: all of it, as far as it is over. */
function watchedMs({ now, from, to, firstPolledAt }: HealthFacts): number | null {
  if (firstPolledAt === null || firstPolledAt <= from) return null;
  return Math.min(now.getTime(), to.getTime()) - firstPolledAt.getTime();
}

function unwatchedSentence({ ended, failed }: FleetRate): string {
  const opening = 'Not watched: exit137 first read a master after that time';
  if (ended === 0) return `${opening}, and nothing of it is known.`;
  const number = failed.toLocaleString('en');
  return `${opening}; of what the master remembered, ${amount(ended, 'task')} ended and ${number} failed.`;
}

function toneOf({ rate, weekBefore, suspects }: HealthFacts): 'good' | 'warn' | 'bad' {
  const { failed } = rate;
  const calm = suspects.length > 0 ? 'warn' : 'good';
  if (weekBefore) {
    const ratio = ratioOf(rate, weekBefore);
    const more = failed - weekBefore.failed;
    if (more >= 10 && ratio >= 2) return 'bad';
    return more >= 5 && ratio >= 1.3 ? 'warn' : calm;
  }
  const share = rate.failureShare ?? 0;
  if (failed >= 20 && share >= 0.5) return 'bad';
  return failed >= 5 && share >= 0.1 ? 'warn' : calm;
}

/** How many times as many failures, per task-hour where both weeks know them. Infinity: there were none. */
function ratioOf(rate: FleetRate, weekBefore: FleetRate): number {
  const { failuresPer1000TaskHours: now } = rate;
  const { failuresPer1000TaskHours: before } = weekBefore;
  if (now !== null && before !== null && before > 0) return now / before;
  return weekBefore.failed > 0 ? rate.failed / weekBefore.failed : Number.POSITIVE_INFINITY;
}

function openingOf(facts: HealthFacts, tone: 'good' | 'warn' | 'bad'): string {
  const { rate, weekBefore, from, to } = facts;
  const span = spanWords(to.getTime() - from.getTime());
  if (rate.ended === 0) return `No task ended in ${span}`;
  if (rate.failed === 0) return `No failure in ${span}: ${amount(rate.ended, 'task')} ended`;
  const failures = `${amount(rate.failed, 'failure')} in ${span}`;
  if (!weekBefore) {
    const share = `${percent(rate.failed / rate.ended)} of all task ends`;
    return tone === 'good' ? `${failures}, ${share}` : `Failing: ${failures}, ${share}`;
  }
  return `${moodOf(rate, weekBefore, tone)}: ${failures}, ${comparison(rate, weekBefore)}`;
}

function moodOf(rate: FleetRate, weekBefore: FleetRate, tone: 'good' | 'warn' | 'bad'): string {
  const ratio = ratioOf(rate, weekBefore);
  if (tone !== 'good' && ratio >= 1.3) return 'Failing more than usual';
  return ratio <= 0.7 ? 'Failing less than usual' : 'As usual';
}

function comparison(rate: FleetRate, weekBefore: FleetRate): string {
  if (weekBefore.failed === 0) return 'none in the same hours last week';
  const byRate = rate.failuresPer1000TaskHours !== null && (weekBefore.failuresPer1000TaskHours ?? 0) > 0;
  const ratio = ratioOf(rate, weekBefore);
  const times = ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1);
  return `${times}x ${byRate ? 'the rate of ' : ''}the same hours last week`;
}

/** Where the failures gather and which hosts are suspect; a host that is both is named once. */
function whereOf(facts: HealthFacts): (string | null)[] {
  const gathered = concentrationOf(facts);
  const [suspect, ...others] = facts.suspects;
  if (
    gathered !== null &&
    suspect !== undefined &&
    others.length === 0 &&
    gathered.endsWith(` on ${suspect}`)
  ) {
    return [`${gathered}, which fails far more often than the other hosts`];
  }
  return [gathered, suspectsOf(facts)];
}

/** Named only where a large part of at least three failures gathers there: the app before the host. */
function concentrationOf({ rate, topApp, topHost }: HealthFacts): string | null {
  const top = [topApp, topHost].find(
    (one) => one !== null && one.failed >= 3 && one.failed / rate.failed >= 0.4,
  );
  if (!top) return null;
  const where = top === topApp ? `in ${top.name}` : `on ${top.name}`;
  return `${top.failed === rate.failed ? 'all' : top.failed} of them ${where}`;
}

function suspectsOf({ suspects }: HealthFacts): string | null {
  const [first, ...others] = suspects;
  if (first === undefined) return null;
  const who = others.length === 0 ? first : `${first} and ${amount(others.length, 'other host')}`;
  return `${who} ${others.length === 0 ? 'fails' : 'fail'} far more often than the other hosts`;
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? 'under 1%' : `${Math.round(share * 100)}%`;
}

function amount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** `90 s`, `7 min`, `24 h`, `30 days`: the largest unit that leaves at least two. */
function spanWords(ms: number): string {
  if (ms < 2 * 60_000) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / 60_000)} min`;
  if (ms < 49 * HOUR_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / (24 * HOUR_MS))} days`;
}

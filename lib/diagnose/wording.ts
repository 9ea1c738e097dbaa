import type { Facts } from '@/lib/domain/verdict';

const EXCERPT_LENGTH = 200;

/** The start of a text on one line, control characters taken out, at most `length` characters. */
export function excerpt(text: string, length = EXCERPT_LENGTH): string {
  const start = text
    .slice(0, length * 2)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return start.length <= length ? start : `${start.slice(0, length - 1).trimEnd()}…`;
}

/** `2026-03-01 12:00:05 UTC`. */
export function utc(at: Date): string {
  return Number.isNaN(at.getTime())
    ? 'an unknown time'
    : `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** ` of /shop/cart` where the app is known and named, else empty: for the middle of a sentence. */
export function ofApp(facts: Facts): string {
  return facts.marathon === null || facts.marathon.appId === ''
    ? ''
    : ` of ${excerpt(facts.marathon.appId, 120)}`;
}

/** ` (limit 512 MB)` where the memory limit is known, else empty. */
export function limitNote(facts: Facts): string {
  return facts.memMb === null ? '' : ` (mem is ${facts.memMb} MB)`;
}

/** `the image r/x:1` or `the image`. */
export function imageName(facts: Facts): string {
  return facts.image === null ? 'the image' : `the image ${excerpt(facts.image, 120)}`;
}

/** The command that shows the host's kernel log around the end; without a time window where no end is known. */
export function kernelLogCommand(facts: Facts): string {
  if (facts.onlyStatus === true || Number.isNaN(facts.finishedAt.getTime())) {
    return "journalctl -k | grep -iE 'killed process|out of memory|oom-kill'";
  }
  const at = (offsetMs: number) => utc(new Date(facts.finishedAt.getTime() + offsetMs));
  return `journalctl -k --since '${at(-120_000)}' --until '${at(30_000)}' | grep -iE 'killed process|out of memory|oom-kill'`;
}

/**
 * What the exit of a task that was asked to end tells about its SIGTERM handling; empty where it tells nothing.
 * Mesos sends SIGTERM first and SIGKILL when the grace period has run out.
 */
export function graceSentence(signal: string | null, killGraceSeconds: number | null): string {
  const grace = killGraceSeconds === null ? '' : ` of ${killGraceSeconds} s`;
  if (signal === 'SIGKILL')
    return ` It ignored SIGTERM and was killed by SIGKILL when the grace period${grace} had run out.`;
  if (signal === 'SIGTERM') return ' SIGTERM ended it, within the grace period.';
  return '';
}

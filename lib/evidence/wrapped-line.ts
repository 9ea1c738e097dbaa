import type { LogLine } from './log-line';

/** A line may be broken this often. */
const MAX_PARTS = 4;

/** A message that mail, a terminal or a form broke over lines: how its beginning and its whole are known. */
type Wrap = { begins: RegExp; whole: RegExp };

const WRAPS: readonly Wrap[] = [
  {
    begins: /Task in (?:\/|$)/,
    // An id of Docker has 64 digits; one that ends the line with fewer was cut.
    whole:
      /Task in \/\S{0,4000} killed as a result of limit of \/(?:\S{0,4000}[^0-9a-f]|)(?:[0-9a-f]{0,12}|[0-9a-f]{64})(?:\.scope)?$/,
  },
  { begins: /^INFO: task [^\s]/, whole: / blocked (?:for|in|on) / },
  {
    begins: /(?:K|k)illed process \d{1,10}(?:, UID \d{1,10})?,? \([^)]{1,64}\)$/,
    whole: /(?:total-vm|vsz|UID|score)/,
  },
  { begins: /oom-kill:\s?constraint=/, whole: /[,\s]pid=\d/ },
  { begins: /^memory: usage \d{1,17}kB,?/, whole: /limit \d{1,17}kB/ },
  { begins: /unregister_netdevice: waiting(?: |$)/, whole: /become free/ },
  { begins: /(?:^|[Mm]emory cgroup )[Oo]ut of memory:$/, whole: /[Kk]ill(?:ed)? process|OOM victim/ },
  { begins: /soft lockup - CPU#\d{1,5}/, whole: /stuck for \d{1,9}s!?\s?\[[^\]]{1,80}\]/ },
];

/** Whether the rest of a message is likely to stand in the next line. */
export function isCut(line: LogLine): boolean {
  const { message } = line;
  const parts = line.raw.split('\n').length;
  return parts < MAX_PARTS && WRAPS.some(({ begins, whole }) => begins.test(message) && !whole.test(message));
}

/** A line without any prefix; only such can be another one's rest. */
export function isBare(line: LogLine): boolean {
  const { at, uptimeSeconds, program, message } = line;
  return at === null && uptimeSeconds === null && program === null && message.trim() !== '';
}

/**
 * Joins a cut line with the next one, with or without a blank, whichever makes it whole; `=` at the end is
 * quoted-printable's sign that a line goes on. Null: the next line is none of its rest.
 */
export function join(cut: LogLine, next: LogLine): LogLine | null {
  if (!isBare(next)) return null;
  const wrap = WRAPS.find(({ begins, whole }) => begins.test(cut.message) && !whole.test(cut.message));
  if (!wrap) return null;
  const start = cut.message.replace(/=?\s*$/, '');
  const rest = next.message.trim().replace(/^=(?:3D)?$/, '');
  const raw = `${cut.raw}\n${next.raw}`;
  for (const glue of ['', ' ']) {
    const message = `${start}${glue}${rest}`;
    if (wrap.whole.test(message)) return { ...cut, raw, message };
  }
  // Not whole yet: the rest of an id or number goes on at once, words after a blank.
  const goesOn = /^[0-9a-f,:/=._-]/.test(rest);
  return goesOn || /^[a-z]/.test(rest)
    ? { ...cut, raw, message: goesOn ? `${start}${rest}` : `${start} ${rest}` }
    : null;
}

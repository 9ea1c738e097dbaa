import { plainName } from '@/lib/evidence/host-names';
import { lineReader } from '@/lib/evidence/line-prefix';

import type { BufferedLine } from './line-buffer';
import type { LineBatch } from './store-lines';

const MAX_PRIORITY = 191;
/** What machines call themselves before they know their name. */
const NOBODY = new Set(['localhost', 'localhost.localdomain', '(none)', 'unknown']);

/**
 * The log line in a syslog message: without trailing line ends and, but for RFC 5424 which is known by it, without its
 * priority. Line feeds inside a counted message become spaces: it is one line. Never throws.
 */
export function syslogLine(message: string): string {
  const priority = /^<(\d{1,3})>(?!1 )/.exec(message);
  const isPriority = priority !== null && Number(priority[1]) <= MAX_PRIORITY;
  const line = (isPriority ? message.slice(priority[0].length) : message).trimEnd();
  return line.includes('\n') ? line.replace(/[\r\n]+/g, ' ') : line;
}

/** The host of a line in one of syslog's two forms, as nearly all are; reading a whole prefix takes ten times as long. */
const HOST_OF_SYSLOG =
  /^(?:<\d{1,3}>1 \S{1,40}|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) ([A-Za-z0-9][\w.-]{0,252}) (?=\S{1,128}:|\S)/;

/**
 * Parts lines into batches to store, in their order for each host: first all that name their host, whoever sent them
 * (a relay sends those of many), then those that name none, by sender, whose address stands for the host.
 */
export function syslogBatches(lines: readonly BufferedLine[], receivedAt: Date): LineBatch[] {
  const read = lineReader({ receivedAt, timeZone: 'UTC', host: null });
  const named: string[] = [];
  const nameless = new Map<string, string[]>();
  for (const { text, peer } of lines) {
    const host = HOST_OF_SYSLOG.exec(text)?.[1] ?? read(text).host;
    if (host !== null && !NOBODY.has(plainName(host))) named.push(text);
    else if (!nameless.get(peer)?.push(text)) nameless.set(peer, [text]);
  }
  const base = { input: 'syslog', receivedAt };
  return [
    ...(named.length > 0 ? [{ ...base, lines: named, defaultHost: null }] : []),
    ...[...nameless].map(([peer, texts]) => ({
      ...base,
      lines: texts,
      defaultHost: peer,
      peerAddress: peer,
    })),
  ];
}

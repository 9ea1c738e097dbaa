import { CAUSE_LABELS } from '@/lib/domain/cause';
import { type LogSignal, SIGNATURE_LABELS } from '@/lib/domain/log-signal';
import { MEMORY_KILLS } from '@/lib/evidence/correlate';
import type { ExplainedGroup, ExplainedLog, LogTask } from '@/lib/evidence/explain-log';
import { signalSentence } from '@/lib/evidence/signal-sentence';

export type TextOptions = {
  lines: number;
  isColoured: boolean;
  /** IANA: stamps are shown in it. */
  timeZone: string;
};

const LABEL_WIDTH = 11;
const MAX_TASKS = 5;
const MAX_CITED = 3;
const MAX_TEXT = 400;

/**
 * What a log says, for people: a block for each sign in the order of the log, then a summary line. All that comes
 * from the log is cut and freed of control characters. Colours only where asked for.
 */
export function* logText(log: ExplainedLog, options: TextOptions): Generator<string> {
  const paint = painter(options.isColoured);
  for (const group of log.groups) yield `${block(group, options, paint).join('\n')}\n\n`;
  if (log.signalsUngrouped > 0)
    yield `… and ${number(log.signalsUngrouped)} more signals of other kinds or places.\n\n`;
  yield `${summary(log, options)}\n`;
}

function block(group: ExplainedGroup, options: TextOptions, paint: Painter): string[] {
  const { signal, tasks, verdict } = group;
  const when = timeText(signal, options.timeZone);
  const where = signal.host === null ? 'host not printed' : harmless(signal.host, 100);
  const sentence = signalSentence(signal);
  return [
    `${paint.dim(when)}  ${paint.bold(where)}`,
    paint.bold(paint.red(harmless(sentence))),
    ...row(paint, 'Sign', [SIGNATURE_LABELS[signal.signature]]),
    ...row(paint, 'Repeated', repeated(group, options)),
    ...row(paint, 'Container', containerText(signal)),
    ...row(paint, 'Process', processText(signal)),
    ...row(paint, 'Memory', memoryText(signal)),
    ...row(paint, 'Device', signal.device === null ? [] : [harmless(signal.device, 100)]),
    ...row(paint, 'Task', taskTexts(tasks, signal)),
    ...causeRows(group, paint),
    ...row(paint, 'Proof', [verdict.proof]),
    ...row(
      paint,
      'Because',
      verdict.because.map((line) => harmless(line)),
    ),
    ...row(
      paint,
      'Advice',
      verdict.advice.map((line) => harmless(line, 600)),
    ),
    ...row(
      paint,
      'Log',
      cited(signal).map((line) => harmless(line, 300)),
    ),
  ];
}

function row(paint: Painter, label: string, texts: readonly string[]): string[] {
  return texts.map((text, index) => `  ${paint.dim((index === 0 ? label : '').padEnd(LABEL_WIDTH))}${text}`);
}

/** A sign that no end is tied to says what it can do, where it can do something. */
function causeRows({ signal, tasks, verdict }: ExplainedGroup, paint: Painter): string[] {
  const isVerdict = MEMORY_KILLS.has(signal.signature) || tasks.some(({ state }) => state !== null);
  if (!isVerdict)
    return verdict.cause === 'unknown' ? [] : row(paint, 'Can cause', [CAUSE_LABELS[verdict.cause]]);
  return row(paint, 'Cause', [CAUSE_LABELS[verdict.cause], harmless(verdict.summary)]);
}

function repeated({ count, firstAt, lastAt }: ExplainedGroup, { timeZone }: TextOptions): string[] {
  if (count === 1) return [];
  const span =
    firstAt === null || lastAt === null ? '' : `, ${stamp(firstAt, timeZone)} to ${stamp(lastAt, timeZone)}`;
  return [`${number(count)} times${span}`];
}

function containerText({ containerId, cgroup, limitCgroup, orchestrator }: LogSignal): string[] {
  const isOfOthers = orchestrator !== null && orchestrator !== 'docker' && orchestrator !== 'mesos';
  const whose = isOfOthers && orchestrator !== 'other' ? ` (run by ${orchestrator}, not by Mesos)` : '';
  const name = containerId ?? cgroup;
  if (name === null) return [];
  const limit =
    limitCgroup === null || limitCgroup === cgroup ? [] : [`limit of ${harmless(limitCgroup, 200)}`];
  return [`${harmless(name, 200)}${whose}`, ...limit];
}

function processText({ killedComm, killedPid, invokedBy }: LogSignal): string[] {
  if (killedComm === null && killedPid === null) return [];
  const name = killedComm === null ? 'name not printed' : harmless(killedComm, 60);
  const pid = killedPid === null ? '' : ` (pid ${killedPid})`;
  const asked =
    invokedBy === null || invokedBy === killedComm ? '' : `; ${harmless(invokedBy, 60)} asked for the memory`;
  return [`${name}${pid}${asked}`];
}

function memoryText({ usageKb, limitKb, failcnt, anonRssKb }: LogSignal): string[] {
  const parts = [
    usageKb === null ? null : `used ${number(usageKb)} kB`,
    limitKb === null ? null : `limit ${number(limitKb)} kB`,
    failcnt === null ? null : `limit hit ${number(failcnt)} times`,
    anonRssKb === null ? null : `process held ${number(anonRssKb)} kB (anon-rss)`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? [] : [parts.join(', ')];
}

function taskTexts(tasks: readonly LogTask[], signal: LogSignal): string[] {
  const texts = tasks.slice(0, MAX_TASKS).flatMap((task) => {
    const state = task.state === null ? '' : `, ${task.state}${afterText(task, signal)}`;
    return [`${harmless(task.taskId, 255)}${state}`, `${task.proof}: ${harmless(task.reason)}`];
  });
  return tasks.length > MAX_TASKS ? [...texts, `… and ${number(tasks.length - MAX_TASKS)} more`] : texts;
}

function afterText({ finishedAt }: LogTask, { at }: LogSignal): string {
  if (finishedAt === null || at === null) return '';
  const ms = finishedAt.getTime() - at.getTime();
  const size = Math.abs(ms) < 1_000 ? `${Math.abs(ms)} ms` : `${number(Math.round(Math.abs(ms) / 1_000))} s`;
  return ` ${size} ${ms < 0 ? 'before' : 'later'}`;
}

/** The lines that matter most: what was killed and at which limit, else the first. */
function cited({ lines }: LogSignal): string[] {
  const telling = lines.filter((line) => TELLING.test(line)).slice(0, MAX_CITED);
  return telling.length > 0 ? telling : lines.slice(0, 1);
}

const TELLING = /Killed? process|killed as a result of limit|memory: usage|oom-kill:|Memory limit exceeded/;

function summary(
  { groups, signalsFound, hosts, from, to }: ExplainedLog,
  { lines, timeZone }: TextOptions,
): string {
  const read = `${number(lines)} ${lines === 1 ? 'line' : 'lines'}`;
  if (groups.length === 0)
    return `Nothing in ${lines === 1 ? 'this' : 'these'} ${read} tells of a kill or a host fault.`;
  const span =
    from === null || to === null ? 'no times printed' : `${stamp(from, timeZone)} to ${stamp(to, timeZone)}`;
  const signals = `${number(signalsFound)} ${signalsFound === 1 ? 'signal' : 'signals'}`;
  const places = `${number(hosts.length)} ${hosts.length === 1 ? 'host' : 'hosts'}`;
  return `${read} read, ${signals}, ${hosts.length === 0 ? 'no host printed' : places}, ${span}.`;
}

// --- forms ---

function timeText({ at, uptimeSeconds }: LogSignal, timeZone: string): string {
  if (at !== null) return stamp(at, timeZone);
  return uptimeSeconds === null ? 'time not printed' : `${number(Math.floor(uptimeSeconds))} s after boot`;
}

/** `2017-09-08 10:00:05 UTC`, `2017-09-08 12:00:05 Europe/Berlin`. */
function stamp(at: Date, timeZone: string): string {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(
    at,
  );
  return `${text} ${timeZone}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** Text of a log as a terminal may show it: no control or hidden characters, at most `length` characters. */
function harmless(text: string, length = MAX_TEXT): string {
  const clean = text
    .slice(0, length * 2)
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
    .trim();
  return clean.length <= length ? clean : `${clean.slice(0, length - 1)}…`;
}

type Painter = Record<'bold' | 'dim' | 'red', (text: string) => string>;

function painter(isColoured: boolean): Painter {
  const style = (on: number, off: number) => (text: string) =>
    isColoured ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return { bold: style(1, 22), dim: style(2, 22), red: style(31, 39) };
}

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

import { VERSION } from './version';

export const PROMETHEUS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** What `collectorTotals` of lib/stats gives. */
export type MetricFacts = {
  polls: {
    cluster: string;
    source: string;
    attempts: number;
    failures: number;
    rejected: number;
    lastSuccessAt: Date | null;
  }[];
  ends: { cluster: string; state: string; disposition: string; ends: number }[];
  gaps: { cluster: string; kind: string; gaps: number }[];
  openGaps: { cluster: string; isOpen: boolean }[];
  streams: StreamFacts[];
  ledger: { cluster: string; state: string; counted: number; refused: number; escaped: number }[];
  replicaLagSeconds: number | null;
};

type StreamFacts = {
  cluster: string;
  source: string;
  state: string;
  events: number;
  ends: number;
  reconnects: number;
  dropped: number;
  leftToPoll: number;
  backlog: number;
};

// Kept on globalThis: the development server evaluates this module anew after an edit, and its observers would pile up.
const store = globalThis as typeof globalThis & { exit137Metrics?: Registry };

function processMetrics(): Registry {
  if (store.exit137Metrics === undefined) {
    store.exit137Metrics = new Registry();
    collectDefaultMetrics({ register: store.exit137Metrics });
  }
  return store.exit137Metrics;
}

/**
 * Prometheus's text format: this process (`nodejs_`, `process_`) and the facts of the database, which every replica
 * tells alike. Null facts: the database could not be asked; then only `exit137_database_up 0`.
 */
export async function metricsText(facts: MetricFacts | null): Promise<string> {
  const own = new Registry();
  const registers = [own];
  new Gauge({ name: 'exit137_info', help: 'Version of exit137.', labelNames: ['version'], registers }).set(
    { version: VERSION },
    1,
  );
  new Gauge({ name: 'exit137_database_up', help: '1: Postgres answered.', registers }).set(facts ? 1 : 0);
  if (facts) {
    addPolls(registers, facts.polls);
    addEnds(registers, facts);
    addLedger(registers, facts.ledger);
    addStreams(registers, facts.streams);
    if (facts.replicaLagSeconds !== null) {
      const help = 'By how much what pages read is behind the primary database.';
      new Gauge({ name: 'exit137_read_replica_lag_seconds', help, registers }).set(facts.replicaLagSeconds);
    }
  }
  return `${await processMetrics().metrics()}\n${await own.metrics()}`;
}

function addPolls(registers: Registry[], polls: MetricFacts['polls']): void {
  const labelNames = ['cluster', 'source'] as const;
  const lastSuccess = new Gauge({
    name: 'exit137_poll_last_success_timestamp_seconds',
    help: 'End of the last poll that went through, in seconds since the epoch.',
    labelNames,
    registers,
  });
  const counters = {
    attempts: new Counter({ name: 'exit137_polls_total', help: 'Polls tried.', labelNames, registers }),
    failures: new Counter({
      name: 'exit137_poll_failures_total',
      help: 'Polls that failed.',
      labelNames,
      registers,
    }),
    rejected: new Counter({
      name: 'exit137_rejected_total',
      help: 'Entries of a source that could not be understood, counted in each poll that met them.',
      labelNames,
      registers,
    }),
  };
  for (const { cluster, source, lastSuccessAt, ...counts } of polls) {
    const labels = { cluster, source };
    if (lastSuccessAt) lastSuccess.set(labels, lastSuccessAt.getTime() / 1000);
    counters.attempts.inc(labels, counts.attempts);
    counters.failures.inc(labels, counts.failures);
    counters.rejected.inc(labels, counts.rejected);
  }
}

function addEnds(registers: Registry[], { ends, gaps, openGaps }: MetricFacts): void {
  const endsTotal = new Counter({
    name: 'exit137_task_ends_total',
    help: 'Task ends stored, without those that were reopened.',
    labelNames: ['cluster', 'state', 'disposition'],
    registers,
  });
  for (const { ends: count, ...labels } of ends) endsTotal.inc(labels, count);
  const gapsTotal = new Counter({
    name: 'exit137_gaps_total',
    help: 'Spans in which task ends may have escaped.',
    labelNames: ['cluster', 'kind'],
    registers,
  });
  for (const { gaps: count, ...labels } of gaps) gapsTotal.inc(labels, count);
  const gapOpen = new Gauge({
    name: 'exit137_gap_open',
    help: '1: no whole poll of the master was stored for over 6 minutes, so task ends may be escaping.',
    labelNames: ['cluster'],
    registers,
  });
  for (const { cluster, isOpen } of openGaps) gapOpen.set({ cluster }, isOpen ? 1 : 0);
}

function addLedger(registers: Registry[], ledger: MetricFacts['ledger']): void {
  const labelNames = ['cluster', 'state'] as const;
  const counted = new Counter({
    name: 'exit137_ledger_counted_total',
    help: 'Task ends the master counted while it was watched.',
    labelNames,
    registers,
  });
  const refused = new Counter({
    name: 'exit137_ledger_refused_total',
    help: 'Tasks the master refused before launch, which it lists nowhere.',
    labelNames,
    registers,
  });
  const escaped = new Gauge({
    name: 'exit137_ledger_escaped',
    help: 'Task ends that the leading master counted since its election and that are not stored. It should be 0.',
    labelNames,
    registers,
  });
  for (const { cluster, state, ...counts } of ledger) {
    const labels = { cluster, state };
    counted.inc(labels, counts.counted);
    refused.inc(labels, counts.refused);
    escaped.set(labels, counts.escaped);
  }
}

const STREAM_COUNTERS = {
  events: ['exit137_stream_events_total', 'Events of the stream.'],
  ends: ['exit137_stream_ends_total', 'Task ends that the stream told and that are stored.'],
  reconnects: ['exit137_stream_reconnects_total', 'Times the stream was opened again.'],
  dropped: [
    'exit137_stream_dropped_total',
    'Task ends that the stream told and that were dropped knowingly, as the database did not keep up.',
  ],
  leftToPoll: ['exit137_stream_left_to_poll_total', 'Task ends that the stream did not tell whole.'],
} as const;

function addStreams(registers: Registry[], streams: readonly StreamFacts[]): void {
  const labelNames = ['cluster', 'source'] as const;
  const open = new Gauge({
    name: 'exit137_stream_open',
    help: '1: the event stream is followed.',
    labelNames,
    registers,
  });
  const backlog = new Gauge({
    name: 'exit137_stream_backlog',
    help: 'Task ends that wait to be stored.',
    labelNames,
    registers,
  });
  for (const { cluster, source, ...stream } of streams) {
    open.set({ cluster, source }, stream.state === 'open' ? 1 : 0);
    backlog.set({ cluster, source }, stream.backlog);
  }
  for (const [field, [name, help]] of Object.entries(STREAM_COUNTERS)) {
    const counter = new Counter({ name, help, labelNames, registers });
    for (const { cluster, source, ...stream } of streams) {
      counter.inc({ cluster, source }, stream[field as keyof typeof STREAM_COUNTERS]);
    }
  }
}

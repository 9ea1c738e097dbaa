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

function addEnds(registers: Registry[], { ends, gaps }: MetricFacts): void {
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
}

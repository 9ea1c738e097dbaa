import { describe, expect, it } from 'vitest';

import { metricsText } from './metrics-text';

const facts = {
  polls: [
    {
      cluster: 'default',
      source: 'mesos',
      attempts: 12,
      failures: 2,
      rejected: 3,
      lastSuccessAt: new Date('2026-11-25T12:00:00Z'),
    },
    {
      cluster: 'default',
      source: 'marathon:http://m',
      attempts: 1,
      failures: 1,
      rejected: 0,
      lastSuccessAt: null,
    },
  ],
  ends: [{ cluster: 'a"b\n', state: 'TASK_FAILED', disposition: 'failure', ends: 41 }],
  gaps: [{ cluster: 'default', kind: 'ring_overrun', gaps: 1 }],
  openGaps: [{ cluster: 'default', isOpen: true }],
  streams: [
    {
      cluster: 'default',
      source: 'mesos',
      state: 'open',
      events: 9,
      ends: 4,
      reconnects: 2,
      dropped: 7,
      leftToPoll: 1,
      backlog: 3,
    },
  ],
  ledger: [{ cluster: 'default', state: 'TASK_FAILED', counted: 1284, refused: 2, escaped: 5 }],
  replicaLagSeconds: 1.5,
};

describe('metricsText', () => {
  it('tells polls, ends and gaps by cluster', async () => {
    const lines = (await metricsText(facts)).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'exit137_database_up 1',
        `exit137_poll_last_success_timestamp_seconds{cluster="default",source="mesos"} ${Date.parse('2026-11-25T12:00:00Z') / 1000}`,
        'exit137_polls_total{cluster="default",source="mesos"} 12',
        'exit137_poll_failures_total{cluster="default",source="mesos"} 2',
        'exit137_rejected_total{cluster="default",source="mesos"} 3',
        'exit137_gaps_total{cluster="default",kind="ring_overrun"} 1',
        'exit137_gap_open{cluster="default"} 1',
        'exit137_ledger_escaped{cluster="default",state="TASK_FAILED"} 5',
        'exit137_ledger_counted_total{cluster="default",state="TASK_FAILED"} 1284',
        'exit137_ledger_refused_total{cluster="default",state="TASK_FAILED"} 2',
        'exit137_stream_open{cluster="default",source="mesos"} 1',
        'exit137_stream_dropped_total{cluster="default",source="mesos"} 7',
        'exit137_stream_backlog{cluster="default",source="mesos"} 3',
        'exit137_read_replica_lag_seconds 1.5',
      ]),
    );
  });

  it('escapes what a cluster may be called', async () => {
    expect(await metricsText(facts)).toContain(
      'exit137_task_ends_total{cluster="a\\"b\\n",state="TASK_FAILED",disposition="failure"} 41',
    );
  });

  it('gives no last success where there was none', async () => {
    expect(await metricsText(facts)).not.toMatch(/last_success_timestamp_seconds\{[^}]*marathon/);
  });

  it('still tells of the process where the database cannot be asked', async () => {
    const text = await metricsText(null);
    expect(text).toContain('exit137_database_up 0');
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).not.toContain('exit137_polls_total');
  });

  it('counts the same at each scrape', async () => {
    await metricsText(facts);
    expect(await metricsText(facts)).toContain('exit137_polls_total{cluster="default",source="mesos"} 12');
  });
});

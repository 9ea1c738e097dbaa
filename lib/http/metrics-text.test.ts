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

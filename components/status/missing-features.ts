import type { StatusBody } from '@/lib/contracts/status';

/** What cannot be told for want of a source, and what would bring it. */
export type MissingFeature = { what: string; want: string };

const STALE_LOGS_MS = 24 * 3_600_000;

/**
 * What the pages cannot tell as things stand, each with its cure. Empty: all of it is there. A source that fails is
 * told by its own card; these are the ones that were never set up, or fell silent.
 */
export function missingFeatures(
  status: Pick<StatusBody, 'now' | 'clusters' | 'sources' | 'logInputs' | 'agents'>,
): MissingFeature[] {
  const missing: MissingFeature[] = [];
  const nowMs = Date.parse(status.now);
  if (status.sources.length > 0 && !status.sources.some(({ source }) => source.startsWith('marathon:'))) {
    missing.push({
      what: 'Why tasks were killed, app definitions, versions, deployments and the JVM advisor',
      want: 'set MARATHON_URLS',
    });
  }
  const lines = status.logInputs.filter((input) => input.lines > 0);
  const newestMs = Math.max(...lines.map(({ lastAt }) => Date.parse(lastAt)));
  if (lines.length === 0) {
    missing.push({
      what: 'Proof of out-of-memory kills of Docker containers, and what the hosts’ logs tell of their state',
      want: 'let the hosts send their logs (LOGS_TOKEN, SYSLOG_PORT or LOG_FILES)',
    });
  } else if (nowMs - newestMs > STALE_LOGS_MS) {
    missing.push({
      what: 'What the hosts’ logs tell of the last day',
      want: 'no line has come in for a day: look at what sends them',
    });
  }
  for (const { cluster, listed, asked, answered } of status.agents) {
    if (listed === 0) continue;
    const of = status.agents.length > 1 ? ` (${cluster})` : '';
    if (asked === 0) {
      missing.push({
        what: `Sandbox tails, memory of tasks, clocks of hosts${of}`,
        want: 'no agent was asked yet; with AGENT_SAMPLE_INTERVAL_MS=0 none is',
      });
    } else if (answered === 0) {
      missing.push({
        what: `Sandbox tails, memory of tasks, clocks of hosts${of}`,
        want: 'no agent answers: open the way from exit137 to their port 5051, or set AGENT_USERNAME or AGENT_TOKEN',
      });
    }
  }
  return missing;
}

import { isLaunchReport, mentions } from '../reading';
import type { Rule } from '../rule';
import { ofApp } from '../wording';

const PHRASES: readonly string[] = [
  'failed to fetch',
  'error downloading resource',
  'failed to download',
  'error fetching',
  'fetcher failed',
  'failed to extract',
  'failed to unpack',
  'failed to copy with command',
  'failed to create hdfs client',
  'could not fetch',
  'unable to fetch',
  'failed downloading',
  'could not download',
  'unable to download',
];

/** A URI of the task could not be fetched or unpacked. */
export const fetchFailed: Rule = {
  id: 'fetch',
  matches(facts, reading) {
    if (reading.exit?.from === 'mesos' || mentions(reading, PHRASES) === null) return null;
    return {
      cause: 'fetch_failure',
      disposition: 'failure',
      proof: isLaunchReport(reading) ? 'proven' : 'likely',
      summary: `An artifact (\`uris\`, \`fetch\`) of the task${ofApp(facts)} could not be fetched.`,
      because: [],
      advice: [
        "Read stderr in the sandbox: the fetcher names the URI and the server's answer there. Then try that URI from the host with curl.",
      ],
    };
  },
};

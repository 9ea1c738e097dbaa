import { isLaunchReport, mentions, type Reading } from '../reading';
import type { Rule } from '../rule';
import { imageName, ofApp } from '../wording';

const PHRASES: readonly string[] = [
  "'docker pull",
  'docker pull failed',
  'error while pulling image',
  'error pulling image',
  'failed to pull',
  'manifest unknown',
  'manifest for ',
  'manifest not found',
  'the manifest',
  'pull access denied',
  'pull rate limit',
  'toomanyrequests',
  'no basic auth credentials',
  'repository does not exist',
  'unable to find image',
  'no such image',
  'image not found',
  'imagepullbackoff',
  'errimagepull',
  'filesystem layer verification failed',
  'failed to register layer',
  'failed to fetch anonymous token',
  'failed to fetch oauth token',
  'invalid reference format',
  'is not a valid repository/tag',
  'invalid registry endpoint',
  'unsupported docker image',
  'store/docker/staging',
  'provisioner/containers',
  'docker/registry_puller',
  'failed to provision',
];
const DOCKER_PULL = /'docker [^'\n]{0,300} pull /;
const REGISTRY_ADDRESS = /\/v[12]\/|index\.docker\.io|registry|docker\.io/;
const REGISTRY_TROUBLE: readonly string[] = [
  'x509: ',
  'connection refused',
  'i/o timeout',
  'no such host',
  'connection timed out',
  'tls handshake timeout',
  'request canceled',
  'context deadline exceeded',
  'unauthorized',
  'denied',
  '404 not found',
  'eof',
];
// Docker's own words around a registry answer; the app's log may name a registry of quite another kind.
const DOCKER_WORDS: readonly string[] = ['error response from daemon', 'docker', 'pull', 'image'];

/** The image is missing, refused, or its registry does not answer. */
export const imagePull: Rule = {
  id: 'image-pull',
  matches(facts, reading) {
    if (reading.exit?.from === 'mesos' || !isPullFailure(reading)) return null;
    return {
      cause: 'image_pull_failure',
      disposition: 'failure',
      proof: isLaunchReport(reading) ? 'proven' : 'likely',
      summary: `Pulling ${imageName(facts)}${ofApp(facts)} failed: ${whyOf(reading)}.`,
      because: [],
      advice: adviceOf(reading, imageName(facts)),
    };
  },
};

function isPullFailure(reading: Reading): boolean {
  if (mentions(reading, PHRASES) !== null || DOCKER_PULL.test(reading.lower)) return true;
  return (
    REGISTRY_ADDRESS.test(reading.lower) &&
    mentions(reading, REGISTRY_TROUBLE) !== null &&
    mentions(reading, DOCKER_WORDS) !== null &&
    mentions(reading, ['failed to fetch all uris', 'error downloading resource']) === null
  );
}

type Reason = 'missing' | 'refused' | 'limited' | 'untrusted' | 'unreachable' | 'other';

function reasonOf(reading: Reading): Reason {
  if (mentions(reading, ['toomanyrequests', 'pull rate limit']) !== null) return 'limited';
  if (
    mentions(reading, ['pull access denied', 'unauthorized', 'no basic auth', 'denied', 'forbidden']) !== null
  )
    return 'refused';
  if (
    mentions(reading, [
      'manifest unknown',
      'not found',
      'no such image',
      'does not exist',
      'not a valid',
      'invalid reference',
    ]) !== null
  ) {
    return 'missing';
  }
  if (mentions(reading, ['x509']) !== null) return 'untrusted';
  if (
    mentions(reading, [
      'timeout',
      'timed out',
      'refused',
      'no such host',
      'resolve',
      'unreachable',
      'deadline',
    ]) !== null
  ) {
    return 'unreachable';
  }
  return 'other';
}

const WHY: Record<Reason, string> = {
  missing: 'the registry has no such image or tag',
  refused: 'the registry refused access, or has no such repository',
  limited: "the registry's rate limit is reached",
  untrusted: "the registry's certificate is not trusted by the host",
  unreachable: 'the registry did not answer',
  other: 'see the message',
};

function whyOf(reading: Reading): string {
  return WHY[reasonOf(reading)];
}

function adviceOf(reading: Reading, image: string): string[] {
  switch (reasonOf(reading)) {
    case 'missing':
      return [`Check name and tag of ${image} in the registry; was the build pushed, or the tag cleaned up?`];
    case 'refused':
      return [
        `Check that the agents hold credentials that may pull ${image} (docker.tar.gz in \`uris\`, or --docker_config), and that the name is right.`,
      ];
    case 'limited':
      return ['Pull through a mirror or with a paid account; a restart storm uses the limit up fast.'];
    case 'untrusted':
      return ["Put the registry's CA under /etc/docker/certs.d/ on the agents."];
    case 'unreachable':
      return ['From that host, try `curl -v https://<registry>/v2/`; are other hosts hit too?'];
    case 'other':
      return [`On that host, pull ${image} by hand and read what Docker says.`];
  }
}

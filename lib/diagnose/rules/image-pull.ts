import { pullTrouble } from '../pull-trouble';
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
  'no such image:',
  'server gave http response to https client',
  'unauthorized: authentication required',
  'error getting credentials',
  'docker-credential',
  "failed to perform 'curl'",
  "unexpected 'curl' output",
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
  'trying to download the blob',
  'trying to get the manifest',
  'missing signature key',
  'does not exist or no pull access',
  'unable to pull',
  'could not pull',
  'cannot pull',
  'could not be pulled',
  'trying to pull',
  'failed to resolve reference',
  'blob unknown',
  'unknown blob',
];
const IMAGE_NOT_FOUND = /\bimage ['"]?[^\s'"]{1,255}['"]? not found/;
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
    const { why, advice } = pullTrouble(reading, imageName(facts));
    return {
      cause: 'image_pull_failure',
      disposition: 'failure',
      proof: isLaunchReport(reading) ? 'proven' : 'likely',
      summary: `Pulling ${imageName(facts)}${ofApp(facts)} failed: ${why}.`,
      because: [],
      advice: [advice],
    };
  },
};

function isPullFailure(reading: Reading): boolean {
  if (mentions(reading, PHRASES) !== null || DOCKER_PULL.test(reading.lower)) return true;
  if (IMAGE_NOT_FOUND.test(reading.lower)) return true;
  return (
    REGISTRY_ADDRESS.test(reading.lower) &&
    mentions(reading, REGISTRY_TROUBLE) !== null &&
    mentions(reading, DOCKER_WORDS) !== null &&
    mentions(reading, ['failed to fetch all uris', 'error downloading resource']) === null
  );
}

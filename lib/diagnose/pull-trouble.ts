import { mentions, type Reading } from './reading';

/** Why a pull failed, as the middle of a sentence, and what to do about it. */
export type PullTrouble = { why: string; advice: string };

const TROUBLES: readonly { phrases: readonly string[]; tell(image: string): PullTrouble }[] = [
  {
    phrases: ['toomanyrequests', 'pull rate limit'],
    tell: () => ({
      why: "the registry's rate limit is reached",
      advice: 'Pull through a mirror or with a paid account; a restart storm uses the limit up fast.',
    }),
  },
  {
    phrases: ['pull access denied', 'unauthorized', 'no basic auth', 'denied', 'forbidden', 'credential'],
    tell: (image) => ({
      why: 'the registry refused access, or has no such repository',
      advice: `Check that the agents hold credentials that may pull ${image} (docker.tar.gz in \`uris\`, or --docker_config), and that the name is right.`,
    }),
  },
  {
    phrases: [
      'manifest unknown',
      'not found',
      'no such image',
      'does not exist',
      'not a valid',
      'invalid reference',
    ],
    tell: (image) => ({
      why: 'the registry has no such image or tag',
      advice: `Check name and tag of ${image} in the registry; was the build pushed, or the tag cleaned up?`,
    }),
  },
  {
    phrases: ['x509'],
    tell: () => ({
      why: "the registry's certificate is not trusted by the host",
      advice: "Put the registry's CA under /etc/docker/certs.d/ on the agents.",
    }),
  },
  {
    phrases: ['timeout', 'timed out', 'refused', 'no such host', 'resolve', 'unreachable', 'deadline'],
    tell: () => ({
      why: 'the registry did not answer',
      advice: 'From that host, try `curl -v https://<registry>/v2/`; are other hosts hit too?',
    }),
  },
];

/** The first trouble the message names; where it names none, a person has to read it. */
export function pullTrouble(reading: Reading, image: string): PullTrouble {
  const trouble = TROUBLES.find(({ phrases }) => mentions(reading, phrases) !== null);
  return (
    trouble?.tell(image) ?? {
      why: 'see the message',
      advice: `On that host, pull ${image} by hand and read what Docker says.`,
    }
  );
}

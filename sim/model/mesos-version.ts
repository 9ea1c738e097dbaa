/** The lines of Mesos whose shapes differ enough to matter. */
export const MESOS_VERSIONS = ['0.22', '0.28', '1.4', '1.11'] as const;
export type MesosVersion = (typeof MESOS_VERSIONS)[number];

/** Last patch release of each line, and a Marathon of its time. */
export const RELEASES: Record<MesosVersion, { mesos: string; marathon: string }> = {
  '0.22': { mesos: '0.22.2', marathon: '0.8.2' },
  '0.28': { mesos: '0.28.3', marathon: '0.15.6' },
  '1.4': { mesos: '1.4.3', marathon: '1.4.13' },
  '1.11': { mesos: '1.11.0', marathon: '1.10.26' },
};

/** True where `version` is `release` or newer: `since('0.28', '0.23')`. */
export function since(version: MesosVersion, release: string): boolean {
  return ordinal(version) >= ordinal(release);
}

function ordinal(version: string): number {
  const [major = '0', minor = '0'] = version.split('.');
  return Number(major) * 1000 + Number(minor);
}

import type { MarathonApp } from '@/lib/domain/cluster';
import { asNumber, asRecord, asRecords, asText, type JsonRecord } from '@/lib/upstream/loose-json';

import { appIdOf, commandOf, countOf, parseAppLabels, versionOf } from './parse-app';
import { readPodJvmFlags } from './read-jvm-flags';
import { redactDefinition } from './redact-definition';

/**
 * Reads an entry of `/v2/pods/::status` (since 1.4). Null: it has no id. Resources are the sum over the
 * containers, image and command those of the first container that has one. `tasksHealthy` counts instances:
 * STABLE, `tasksUnhealthy` DEGRADED. A pod's terminationHistory holds at most one entry and only for a while,
 * so no last failure is read from it.
 */
export function parsePod(value: unknown): MarathonApp | null {
  const raw = asRecord(value);
  const spec = asRecord(raw?.spec) ?? {};
  const appId = appIdOf(raw?.id ?? spec.id);
  if (raw === null || appId === null) return null;
  const containers = asRecords(spec.containers);
  const statuses = asRecords(raw.instances).map((item) => asText(item.status, 32));
  const count = (...wanted: string[]) => statuses.filter((status) => wanted.includes(status ?? '')).length;
  return {
    appId,
    kind: 'pod',
    version: versionOf(spec.version, null),
    instances: countOf(asRecord(spec.scaling)?.instances) ?? 1,
    cpus: sumOf(containers, 'cpus'),
    memMb: sumOf(containers, 'mem'),
    diskMb: sumOf(containers, 'disk'),
    image: firstOf(containers, (container) => asText(asRecord(container.image)?.id)),
    cmd: firstOf(containers, (container) => {
      const command = asRecord(asRecord(container.exec)?.command);
      return commandOf(command?.shell, command?.argv);
    }),
    jvmFlags: readPodJvmFlags(spec),
    hasHealthChecks: containers.some((container) => asRecord(container.healthCheck) !== null),
    labels: parseAppLabels(spec.labels),
    lastScalingAt: null,
    lastConfigChangeAt: null,
    tasksRunning: count('STABLE', 'DEGRADED'),
    tasksHealthy: count('STABLE'),
    tasksUnhealthy: count('DEGRADED'),
    tasksStaged: count('PENDING', 'STAGING'),
    lastTaskFailure: null,
    killGraceSeconds: longestGrace(containers),
    definition: redactDefinition(spec),
  };
}

function sumOf(containers: JsonRecord[], name: string): number | null {
  const amounts = containers.flatMap((container) => asNumber(asRecord(container.resources)?.[name]) ?? []);
  return amounts.length === 0 ? null : amounts.reduce((sum, amount) => sum + amount, 0);
}

function firstOf(containers: JsonRecord[], pick: (container: JsonRecord) => string | null): string | null {
  for (const container of containers) {
    const found = pick(container);
    if (found !== null && found !== '') return found;
  }
  return null;
}

function longestGrace(containers: JsonRecord[]): number | null {
  const graces = containers.flatMap(
    (item) => asNumber(asRecord(item.lifecycle)?.killGracePeriodSeconds) ?? [],
  );
  return graces.length === 0 ? null : Math.max(...graces);
}

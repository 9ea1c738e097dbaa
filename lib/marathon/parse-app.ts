import type { MarathonApp, MarathonTaskFailure } from '@/lib/domain/cluster';
import {
  asArray,
  asId,
  asIsoInstant,
  asNumber,
  asRecord,
  asText,
  type JsonRecord,
} from '@/lib/upstream/loose-json';
import { isSecretName, REDACTED, redactText, redactUrlLogins } from '@/lib/upstream/redact';

import { readAppJvmFlags } from './read-jvm-flags';
import { redactDefinition } from './redact-definition';

const MAX_LABELS = 200;
const MAX_CMD = 8 * 1024;
const MAX_MESSAGE = 16 * 1024;
const UNKNOWN_VERSION = '1970-01-01T00:00:00.000Z';

/**
 * Reads an app of `/v2/apps`, Marathon 0.8 to 1.10. Null: it has no id. An app without a usable version keeps
 * its last configuration change as version, else 1970: that it exists matters more than its date.
 */
export function parseApp(value: unknown): MarathonApp | null {
  const raw = asRecord(value);
  const appId = appIdOf(raw?.id);
  if (raw === null || appId === null) return null;
  const versionInfo = asRecord(raw.versionInfo);
  const lastConfigChangeAt = asIsoInstant(versionInfo?.lastConfigChangeAt);
  const healthChecks = asArray(raw.healthChecks);
  return {
    appId,
    kind: 'app',
    version: versionOf(raw.version, lastConfigChangeAt),
    instances: countOf(raw.instances) ?? 0,
    cpus: asNumber(raw.cpus),
    memMb: asNumber(raw.mem),
    diskMb: asNumber(raw.disk),
    image: imageOf(asRecord(raw.container)),
    cmd: commandOf(raw.cmd, raw.args),
    jvmFlags: readAppJvmFlags(raw),
    hasHealthChecks: healthChecks.length > 0,
    labels: parseAppLabels(raw.labels),
    lastScalingAt: asIsoInstant(versionInfo?.lastScalingAt),
    lastConfigChangeAt,
    tasksRunning: countOf(raw.tasksRunning),
    tasksHealthy: countOf(raw.tasksHealthy),
    tasksUnhealthy: countOf(raw.tasksUnhealthy),
    tasksStaged: countOf(raw.tasksStaged),
    lastTaskFailure: parseTaskFailure(raw.lastTaskFailure),
    killGraceSeconds: asNumber(raw.taskKillGracePeriodSeconds),
    definition: redactDefinition(raw),
  };
}

/** An absolute app id, also where Marathon's older form left the slash out. Null: no id. */
export function appIdOf(value: unknown): string | null {
  const id = asId(value);
  return id === null ? null : id.startsWith('/') ? id : `/${id}`;
}

export function versionOf(value: unknown, fallback: Date | null): string {
  if (typeof value === 'string' && asIsoInstant(value) !== null) return value;
  return fallback?.toISOString() ?? UNKNOWN_VERSION;
}

/** A whole number from zero on; null: not told. */
export function countOf(value: unknown): number | null {
  const number = asNumber(value);
  return number !== null && number >= 0 && number <= 2_147_483_647 ? Math.trunc(number) : null;
}

/** `cmd`, else the arguments in one line, with the obvious secrets taken out. */
export function commandOf(cmd: unknown, args: unknown): string | null {
  const words = asArray(args).filter((word) => typeof word === 'string');
  const line = asText(cmd, MAX_CMD) ?? (words.length === 0 ? null : asText(words.join(' '), MAX_CMD));
  return line === null || line === '' ? null : redactText(line);
}

/** Labels as text; values under a secret-looking key are gone. */
export function parseAppLabels(value: unknown): Record<string, string> {
  const labels = new Map<string, string>();
  for (const [key, item] of Object.entries(asRecord(value) ?? {})) {
    if (labels.size >= MAX_LABELS) break;
    const text = asText(typeof item === 'number' || typeof item === 'boolean' ? String(item) : item);
    if (text !== null) labels.set(asText(key, 256) ?? '', isSecretName(key) ? REDACTED : redactText(text));
  }
  return Object.fromEntries(labels);
}

function parseTaskFailure(value: unknown): MarathonTaskFailure | null {
  const raw = asRecord(value);
  const taskId = asId(raw?.taskId);
  const at = asIsoInstant(raw?.timestamp);
  if (raw === null || taskId === null || at === null) return null;
  const message = asText(raw.message, MAX_MESSAGE);
  return {
    taskId,
    state: asText(raw.state, 64) ?? 'TASK_FAILED',
    message: message === null || message === '' ? null : redactUrlLogins(message),
    host: asText(raw.host, 255),
    agentId: asId(raw.slaveId),
    at,
    version: asText(raw.version, 64),
  };
}

/** `container.docker.image`; Marathon 0.6 wrote `container.image` as `docker:///name`. */
function imageOf(container: JsonRecord | null): string | null {
  const image = asText(asRecord(container?.docker)?.image) ?? asText(container?.image);
  return image === null || image === '' ? null : redactUrlLogins(image.replace(/^docker:\/\/\//, ''));
}

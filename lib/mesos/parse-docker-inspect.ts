import { asNumber, asRecord, asText, type JsonRecord } from '@/lib/upstream/loose-json';

/** What ties a Docker container to its task. Nothing else of the inspection is kept: it holds environments. */
export type InspectedContainer = {
  /** 64 hex digits. */
  dockerId: string;
  /** Mesos container id, of the container's name; null: it is not one of Mesos's names. */
  containerId: string | null;
  /** First process, on the host; null: it was not running. */
  pid: number | null;
  /** `HostConfig.Memory`; null: none is set. */
  limitBytes: number | null;
};

const MAX_BYTES = 1024 * 1024;
// `/mesos-<container id>` up to 0.22 and since 1.4; `/mesos-<agent id>.<container id>` between.
const NAME = /^\/?mesos-(?:[\w-]{1,128}\.)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:[._-]executor)?$/i;

/**
 * Reads the `data` of a Docker task's RUNNING update: base64 of `docker inspect`, an array of one or the object,
 * at most 1 MiB. Null: not that.
 */
export function parseDockerInspect(base64: unknown): InspectedContainer | null {
  if (typeof base64 !== 'string' || base64.length > (MAX_BYTES / 3) * 4 + 4) return null;
  const raw = inspected(Buffer.from(base64, 'base64'));
  const dockerId = asText(raw?.Id, 64)?.toLowerCase() ?? '';
  if (raw === null || !/^[0-9a-f]{64}$/.test(dockerId)) return null;
  const pid = asNumber(asRecord(raw.State)?.Pid);
  const limit = asNumber(asRecord(raw.HostConfig)?.Memory);
  return {
    dockerId,
    containerId: NAME.exec(asText(raw.Name, 256) ?? '')?.[1]?.toLowerCase() ?? null,
    pid: pid !== null && Number.isInteger(pid) && pid > 1 && pid < 2 ** 31 ? pid : null,
    limitBytes: limit !== null && limit > 0 && Number.isSafeInteger(limit) ? limit : null,
  };
}

function inspected(bytes: Buffer): JsonRecord | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return asRecord(Array.isArray(value) ? value[0] : value);
  } catch {
    return null;
  }
}

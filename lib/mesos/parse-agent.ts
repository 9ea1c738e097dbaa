import type { Agent } from '@/lib/domain/cluster';
import {
  asBoolean,
  asId,
  asInstant,
  asJsonText,
  asNumber,
  asRecord,
  asText,
} from '@/lib/upstream/loose-json';

import { parseTaskResources } from './parse-task';

const MAX_ATTRIBUTES = 100;

/**
 * Reads an entry of `slaves[]`, or of `recovered_slaves[]` (`isRecovered`: known from the registry, not back
 * since the failover, so not active). Null: it has no id. `port` comes from `pid` on masters before 1.2.
 */
export function parseAgent(value: unknown, { isRecovered }: { isRecovered: boolean }): Agent | null {
  const raw = asRecord(value);
  const agentId = asId(raw?.id);
  if (raw === null || agentId === null) return null;
  const pid = asText(raw.pid, 256);
  const resources = parseTaskResources(raw.resources);
  return {
    agentId,
    hostname: asText(raw.hostname, 255) || agentId,
    pid,
    port: portOf(raw.port) ?? portOf(pid?.match(/:(\d{1,5})$/)?.[1]),
    version: asText(raw.version, 64),
    active: !isRecovered && (asBoolean(raw.active) ?? true),
    registeredAt: asInstant(raw.registered_time),
    reregisteredAt: asInstant(raw.reregistered_time),
    cpus: resources.cpus,
    memMb: resources.memMb,
    diskMb: resources.diskMb,
    attributes: attributesOf(raw.attributes),
  };
}

function portOf(value: unknown): number | null {
  const port = asNumber(value);
  return port !== null && Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}

function attributesOf(value: unknown): Record<string, string> {
  const entries = Object.entries(asRecord(value) ?? {}).slice(0, MAX_ATTRIBUTES);
  return Object.fromEntries(
    entries.map(([key, item]) => [
      asText(key, 256) ?? '',
      typeof item === 'string' ? (asText(item, 512) ?? '') : asJsonText(item, 512),
    ]),
  );
}

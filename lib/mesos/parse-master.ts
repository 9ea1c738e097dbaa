import type { Framework } from '@/lib/domain/cluster';
import { asArray, asId, asInstant, asJsonText, asNumber, asRecord, asText } from '@/lib/upstream/loose-json';
import { redactUrlLogins } from '@/lib/upstream/redact';

import type { RejectLog } from '@/lib/upstream/reject-log';

const DEFAULT_RING_SIZE = 1000;

/** What /state says about the master itself. Null: not told, or cut off before it. */
export type MasterFacts = {
  masterId: string | null;
  /** Only a leader has it; before 1.0 its absence is the one sign of a non-leader. */
  electedAt: Date | null;
  startedAt: Date | null;
  version: string | null;
  hostname: string | null;
  clusterName: string | null;
  ringSize: number;
  /** Addresses it gives itself, `host:port` in lower case. */
  ownAddresses: string[];
};

/** Reads the top-level fields of /state; an unknown document gives all nulls. */
export function parseMaster(document: unknown): MasterFacts {
  const raw = asRecord(document);
  const electedAt = asInstant(raw?.elected_time);
  const hostname = asText(raw?.hostname, 255);
  const pid = asText(raw?.pid, 256);
  const pidAddress = pid?.match(/@(.+:\d{1,5})$/)?.[1] ?? null;
  const port = pidAddress?.match(/:(\d+)$/)?.[1] ?? '5050';
  const leader = asRecord(raw?.leader_info);
  // Someone else's address is no address of this master, whatever it says about the leader.
  const isLeaderInfoOwn =
    leader !== null && electedAt !== null && (leader.pid === undefined || leader.pid === pid);
  const addresses = [
    hostname === null || hostname === '' ? null : `${hostname}:${port}`,
    pidAddress,
    isLeaderInfoOwn && asId(leader?.hostname) !== null
      ? `${asId(leader?.hostname)}:${asNumber(leader?.port) ?? port}`
      : null,
  ];
  return {
    masterId: asId(raw?.id),
    electedAt: electedAt !== null && electedAt.getTime() > 0 ? electedAt : null,
    startedAt: asInstant(raw?.start_time),
    version: asText(raw?.version, 64),
    hostname,
    clusterName: asText(raw?.cluster, 255),
    ringSize: ringSizeOf(asRecord(raw?.flags)?.max_completed_tasks_per_framework),
    ownAddresses: addresses.flatMap((address) => (address === null ? [] : [address.toLowerCase()])),
  };
}

/** Reads both lists of frameworks; a registered entry wins over a completed one of the same id. */
export function parseFrameworks(document: unknown, rejectLog: RejectLog): Framework[] {
  const raw = asRecord(document);
  const byId = new Map<string, Framework>();
  for (const list of ['completed_frameworks', 'frameworks'] as const) {
    for (const item of asArray(raw?.[list])) {
      const framework = parseFramework(item, list === 'frameworks');
      if (framework === null) {
        rejectLog.add(`${list}[]`, 'id: missing or not an id', asJsonText(item));
      } else {
        byId.set(framework.frameworkId, framework);
      }
    }
  }
  return [...byId.values()];
}

/** The id of the framework at `index` of a list of /state; null: unknown. */
export function frameworkIdAt(document: unknown, list: string, index: number): string | null {
  return asId(asRecord(asArray(asRecord(document)?.[list])[index])?.id);
}

function parseFramework(value: unknown, registered: boolean): Framework | null {
  const raw = asRecord(value);
  const frameworkId = asId(raw?.id);
  if (raw === null || frameworkId === null) return null;
  const webuiUrl = asText(raw.webui_url, 2048) || null;
  return {
    frameworkId,
    name: asText(raw.name) ?? '',
    webuiUrl: webuiUrl === null ? null : redactUrlLogins(webuiUrl),
    hostname: asText(raw.hostname, 255) || null,
    registered,
  };
}

function ringSizeOf(flag: unknown): number {
  const size = asNumber(flag);
  return size !== null && Number.isInteger(size) && size >= 0 ? size : DEFAULT_RING_SIZE;
}

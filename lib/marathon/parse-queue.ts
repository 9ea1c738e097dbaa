import type { MarathonQueueItem } from '@/lib/domain/cluster';
import { asBoolean, asNumber, asRecord } from '@/lib/upstream/loose-json';

import { appIdOf, countOf } from './parse-app';

/** Reads an item of `/v2/queue`; `app` or (since 1.4) `pod` names what waits. Null: neither has an id. */
export function parseQueueItem(value: unknown): MarathonQueueItem | null {
  const raw = asRecord(value);
  const appId = appIdOf(asRecord(raw?.app)?.id ?? asRecord(raw?.pod)?.id);
  if (raw === null || appId === null) return null;
  const delay = asRecord(raw.delay);
  return {
    appId,
    count: countOf(raw.count) ?? 0,
    delaySeconds: asNumber(delay?.timeLeftSeconds),
    overdue: asBoolean(delay?.overdue),
  };
}

import type { MarathonDeployment } from '@/lib/domain/cluster';
import { asArray, asId, asRecord, asText } from '@/lib/upstream/loose-json';

import { appIdOf, countOf } from './parse-app';

const MAX_ACTIONS = 1_000;
const MAX_AFFECTED = 10_000;

/**
 * Reads an entry of `/v2/deployments`. Null: it has no id. `actions` joins all steps and the current actions,
 * each once: steps are objects with `actions`, or as older ones were written: bare lists of actions, bare
 * actions; an action is named by `action`, or `type`.
 */
export function parseDeployment(value: unknown): MarathonDeployment | null {
  const raw = asRecord(value);
  const deploymentId = asId(raw?.id);
  if (raw === null || deploymentId === null) return null;
  const stepActions = asArray(raw.steps).flatMap((step) =>
    Array.isArray(step) ? step : asArray(asRecord(step)?.actions ?? [step]),
  );
  return {
    deploymentId,
    version: asText(raw.version, 64) ?? '',
    affectedApps: idsOf(raw.affectedApps),
    affectedPods: idsOf(raw.affectedPods),
    actions: distinctActions([...stepActions, ...asArray(raw.currentActions)]),
    currentStep: countOf(raw.currentStep),
    totalSteps: countOf(raw.totalSteps),
  };
}

function distinctActions(items: unknown[]): MarathonDeployment['actions'] {
  const actions = new Map<string, MarathonDeployment['actions'][number]>();
  for (const item of items) {
    if (actions.size >= MAX_ACTIONS) break;
    const raw = asRecord(item);
    const action = asText(raw?.action, 64) ?? asText(raw?.type, 64);
    const target = appIdOf(raw?.app) ?? appIdOf(raw?.pod);
    if (action !== null && target !== null) actions.set(`${action} ${target}`, { action, target });
  }
  return [...actions.values()];
}

function idsOf(value: unknown): string[] {
  return asArray(value)
    .slice(0, MAX_AFFECTED)
    .flatMap((item) => appIdOf(item) ?? []);
}

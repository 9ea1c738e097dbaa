import type { TaskDetailBody } from '@/lib/contracts/task';

export type LinkFacts = {
  masterUrl: string | null;
  masterVersion: string | null;
  /** Null: the agent is no longer listed, so its master has no page for it. */
  listedAgentId: string | null;
  marathonUrl: string | null;
  appId: string | null;
};

/**
 * Addresses in the cluster's own UIs: the agent's page in the master's UI and the app's in Marathon's. Only http
 * and https, never with credentials: `webui_url` is whatever a framework told Mesos. Null: no address is known.
 */
export function taskLinks(facts: LinkFacts): TaskDetailBody['links'] {
  const { listedAgentId, appId } = facts;
  // The master's UI called agents slaves before 1.0.
  const page = facts.masterVersion?.startsWith('0.') ? 'slaves' : 'agents';
  return {
    mesosAgent:
      listedAgentId === null
        ? null
        : uiLink(facts.masterUrl, `#/${page}/${encodeURIComponent(listedAgentId)}`),
    marathonApp: appId === null ? null : uiLink(facts.marathonUrl, `ui/#/apps/${encodeURIComponent(appId)}`),
  };
}

function uiLink(base: string | null, rest: string): string | null {
  if (base === null || !URL.canParse(base)) return null;
  const url = new URL(base);
  if (!/^https?:$/.test(url.protocol)) return null;
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path}/${rest}`;
}

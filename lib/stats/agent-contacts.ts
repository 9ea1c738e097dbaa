import type { AgentContactItem, AgentsSummary } from '@/lib/contracts/evidence';
import type { Db } from '@/lib/db/pool';

import { type ClusterScope, idsOf } from './cluster-scope';

const MAX_CONTACTS = 20;
const MAX_SILENT = 10;

export type ContactRow = {
  agent_id: string;
  asked_at: Date;
  answered_at: Date | null;
  error_code: string | null;
  skew_ms: number | null;
  containers: number | null;
};

export function toContact(row: ContactRow, cluster: string): AgentContactItem {
  return {
    cluster,
    agentId: row.agent_id,
    askedAt: row.asked_at.toISOString(),
    answeredAt: row.answered_at?.toISOString() ?? null,
    errorCode: row.error_code,
    skewMs: row.skew_ms,
    containers: row.containers,
  };
}

/**
 * How the agents under one hostname answer, the last asked first, at most 20.
 * Errors: a database failure propagates. Cost: one index range, one lookup an agent.
 */
export async function listContacts(
  db: Db,
  cluster: ClusterScope,
  hostname: string,
): Promise<AgentContactItem[]> {
  const { rows } = await db.query<ContactRow>(
    `SELECT c.agent_id, c.asked_at, c.answered_at, c.error_code, c.skew_ms, c.containers
     FROM agent a JOIN agent_contact c ON c.cluster_id = a.cluster_id AND c.agent_id = a.agent_id
     WHERE a.cluster_id = $1 AND a.hostname = $2
     ORDER BY c.asked_at DESC, c.agent_id LIMIT $3`,
    [cluster.id, hostname, MAX_CONTACTS],
  );
  return rows.map((row) => toContact(row, cluster.name));
}

type SummaryRow = {
  cluster_id: number;
  listed: number;
  asked: number;
  answered: number;
  max_skew_ms: number | null;
  max_skew_host: string | null;
};
type SilentRow = {
  cluster_id: number;
  hostname: string | null;
  agent_id: string;
  answered_at: Date | null;
  error_code: string;
};

/**
 * How the listed agents of each cluster answer; clusters without agents too.
 * Errors: a database failure propagates. Cost: the agents listed now, one lookup each.
 */
export async function summarizeAgents(db: Db, clusters: readonly ClusterScope[]): Promise<AgentsSummary[]> {
  const counted = await db.query<SummaryRow>(
    `SELECT a.cluster_id, count(*)::int AS listed, count(c.asked_at)::int AS asked,
            (count(*) FILTER (WHERE c.asked_at IS NOT NULL AND c.error_code IS NULL))::int AS answered,
            (array_agg(c.skew_ms ORDER BY abs(c.skew_ms) DESC, a.hostname)
               FILTER (WHERE c.skew_ms IS NOT NULL))[1] AS max_skew_ms,
            (array_agg(a.hostname ORDER BY abs(c.skew_ms) DESC, a.hostname)
               FILTER (WHERE c.skew_ms IS NOT NULL))[1] AS max_skew_host
     FROM agent a LEFT JOIN agent_contact c ON c.cluster_id = a.cluster_id AND c.agent_id = a.agent_id
     WHERE a.cluster_id = ANY ($1::smallint[]) AND a.gone_at IS NULL
     GROUP BY a.cluster_id`,
    [idsOf(clusters)],
  );
  const silent = await db.query<SilentRow>(
    `SELECT a.cluster_id, a.hostname, a.agent_id, c.answered_at, c.error_code
     FROM agent a JOIN agent_contact c ON c.cluster_id = a.cluster_id AND c.agent_id = a.agent_id
     WHERE a.cluster_id = ANY ($1::smallint[]) AND a.gone_at IS NULL AND c.error_code IS NOT NULL
     ORDER BY c.answered_at NULLS FIRST, a.hostname`,
    [idsOf(clusters)],
  );
  return clusters.map(({ id, name }) => {
    const row = counted.rows.find(({ cluster_id }) => cluster_id === id);
    const unheard = silent.rows.filter(({ cluster_id }) => cluster_id === id);
    return {
      cluster: name,
      listed: row?.listed ?? 0,
      asked: row?.asked ?? 0,
      answered: row?.answered ?? 0,
      silent: unheard.slice(0, MAX_SILENT).map((agent) => ({
        host: agent.hostname ?? agent.agent_id,
        agentId: agent.agent_id,
        answeredAt: agent.answered_at?.toISOString() ?? null,
        errorCode: agent.error_code,
      })),
      silentCount: unheard.length,
      maxSkewMs: row?.max_skew_ms ?? null,
      maxSkewHost: row?.max_skew_host ?? null,
    };
  });
}

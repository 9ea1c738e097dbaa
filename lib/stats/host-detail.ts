import type { Pool } from 'pg';
import { z } from 'zod';

import type { HostDetailBody } from '@/lib/contracts/stats';
import type { Window } from '@/lib/contracts/window';
import type { Db } from '@/lib/db/pool';
import { prismaOn } from '@/lib/db/prisma';

import { listContacts } from './agent-contacts';
import { type ClusterScope, clustersInScope, idsOf } from './cluster-scope';
import { causeCountsOf } from './end-counts';
import { fleetRate } from './fleet-rate';
import { hostConditions } from './host-conditions';
import { listHostRates } from './host-rates';
import { hostSignals } from './host-signals';
import { listLogInputBriefs } from './log-inputs';
import { newestFailures } from './newest-failures';
import { listStuckKills } from './stuck-kills';
import { readTimeline } from './timeline';
import { together } from './together';

const MAX_AGENTS = 100;
const MAX_APPS = 50;
const MAX_NEWEST = 20;

export type HostDetailInput = Window & { hostname: string; cluster?: string | undefined };

/**
 * One host: its rate against the fleet, its agents, ends over time, causes, apps and newest failures, what its logs
 * told and what state they add up to, how its agents answer, kills not obeyed on it.
 * `hostname` is a hostname, or the agent id where none is known. Null: no agent and no end of that name.
 *
 * Shape: where several clusters know the name, the first by name answers; `cluster` chooses.
 * Errors: a database failure propagates.
 * Cost: index ranges of one host, and the fleet's rate.
 */
export async function hostDetail(
  db: Pool,
  query: HostDetailInput,
  now: Date,
): Promise<HostDetailBody | null> {
  const { hostname, from, to } = query;
  const cluster = await findCluster(db, query);
  if (!cluster) return null;
  const clusters = [cluster];
  const [fleet, { body, counts }, contacts, stuckKills, agents, apps, newest, signals, logInputs] =
    await together(db, [
      () => fleetRate(db, clusters, query),
      () => readTimeline(db, clusters, query, { host: hostname }, now),
      () => listContacts(db, cluster, hostname),
      () => listStuckKills(db, cluster, query, { host: hostname }),
      () => listAgents(db, cluster, hostname),
      () => listApps(db, cluster, query),
      () => newestFailures(db, { from, to, cluster: cluster.name, host: hostname, limit: MAX_NEWEST }, now),
      () => hostSignals(db, cluster.id, hostname, query),
      () => listLogInputBriefs(db, cluster.id),
    ]);
  const causes = causeCountsOf(counts);
  const [[rate], conditions] = await together(db, [
    () => listHostRates(db, clusters, query, { hosts: [hostname], fleet }),
    () => hostConditions(db, cluster, { host: hostname, window: query, now, contacts, causes }),
  ]);
  return {
    rate: rate ?? quietRate(hostname, cluster.name),
    fleet: fleet.rate,
    from: from.toISOString(),
    to: to.toISOString(),
    agents,
    timeline: body,
    causes,
    apps,
    newest,
    conditions,
    signals,
    contacts,
    stuckKills,
    logInputs,
  };
}

async function findCluster(
  db: Db,
  { hostname, cluster }: { hostname: string; cluster?: string | undefined },
): Promise<ClusterScope | null> {
  const clusters = await clustersInScope(db, cluster);
  const { rows } = await db.query<{ id: number }>(
    `SELECT id FROM unnest($1::smallint[]) AS c (id)
     WHERE EXISTS (SELECT 1 FROM agent WHERE cluster_id = c.id AND hostname = $2)
        OR EXISTS (SELECT 1 FROM task_end WHERE cluster_id = c.id AND host = $2)`,
    [idsOf(clusters), hostname],
  );
  return clusters.find(({ id }) => rows.some((row) => row.id === id)) ?? null;
}

/** Known from another time only: nothing ended or ran here in the window, and no agent was ever listed. */
function quietRate(hostname: string, cluster: string): HostDetailBody['rate'] {
  return {
    hostname,
    cluster,
    ended: 0,
    failed: 0,
    killed: 0,
    oom: 0,
    failureShare: null,
    failuresPer1000TaskHours: null,
    taskHours: 0,
    lastFailureAt: null,
    topCause: null,
    listed: null,
    active: null,
    tasksRunning: null,
    chance: null,
  };
}

const Attributes = z.record(z.string(), z.string()).catch({});

async function listAgents(
  db: Pool,
  cluster: ClusterScope,
  hostname: string,
): Promise<HostDetailBody['agents']> {
  const agents = await prismaOn(db).agent.findMany({
    where: { clusterId: cluster.id, hostname },
    orderBy: [{ firstSeenAt: 'desc' }, { agentId: 'asc' }],
    take: MAX_AGENTS,
  });
  const bornMs = (agent: (typeof agents)[number]) => (agent.registeredAt ?? agent.firstSeenAt).getTime();
  return agents
    .sort((a, b) => bornMs(b) - bornMs(a))
    .map((agent) => ({
      cluster: cluster.name,
      agentId: agent.agentId,
      version: agent.version,
      active: agent.active && agent.goneAt === null,
      registeredAt: agent.registeredAt?.toISOString() ?? null,
      reregisteredAt: agent.reregisteredAt?.toISOString() ?? null,
      goneAt: agent.goneAt?.toISOString() ?? null,
      cpus: agent.cpus,
      memMb: agent.memMb,
      diskMb: agent.diskMb,
      tasksRunning: agent.tasksRunning,
      attributes: Attributes.parse(agent.attributes),
    }));
}

async function listApps(
  db: Db,
  cluster: ClusterScope,
  query: HostDetailInput,
): Promise<HostDetailBody['apps']> {
  const { rows } = await db.query<{ appId: string | null; ended: number; failed: number; killed: number }>(
    `SELECT app_id AS "appId", count(*)::int AS ended,
            (count(*) FILTER (WHERE disposition = 'failure'))::int AS failed,
            (count(*) FILTER (WHERE disposition <> 'failure' AND state = 'TASK_KILLED'))::int AS killed
     FROM task_end
     WHERE cluster_id = $1 AND host = $2 AND finished_at >= $3 AND finished_at < $4 AND reopened_at IS NULL
     GROUP BY app_id ORDER BY failed DESC, ended DESC, app_id LIMIT $5`,
    [cluster.id, query.hostname, query.from, query.to, MAX_APPS],
  );
  return rows;
}

import type { Pool } from 'pg';

import { CLUSTER, FRAMEWORK_NAMES, MARATHON, MASTER, type World } from './world';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const POLL_DAYS = 62;
const BATCH_ROWS = 5_000;

/** Everything but task ends and what is counted from them. */
export async function fillSurroundings(pool: Pool, world: World): Promise<void> {
  const { from, now } = world;
  await pool.query(
    `INSERT INTO cluster (id, name, simulated, first_polled_at, last_polled_at, master_id, master_version, master_url,
                          elected_at, ring_size, counters)
     VALUES ($1, 'default', true, $2, $3, $4, '1.11.0', 'http://master-1.example.net:5050', $2, 1000, '{}')`,
    [CLUSTER, from, new Date(now.getTime() - 10_000), MASTER],
  );
  const seen = { cluster_id: CLUSTER, first_seen_at: from, last_seen_at: now };
  await insertRows(
    pool,
    'framework',
    [...FRAMEWORK_NAMES].map(([framework_id, name]) => ({ ...seen, framework_id, name, registered: true })),
  );
  await insertRows(pool, 'agent', agentRows(world, seen));
  await insertRows(pool, 'agent_contact', contactRows(world));
  await insertRows(pool, 'app', appRows(world, seen));
  await insertRows(pool, 'app_version', versionRows(world));
  await insertRows(pool, 'deployment', deploymentRows(world));
  await pool.query(
    `INSERT INTO gap (cluster_id, kind, from_at, to_at, detail)
     SELECT $1, 'ring_overrun', at, at + interval '40 seconds', 'The ring of marathon was full and none of it was known.'
     FROM generate_series($2::timestamptz + interval '1 day', $3, interval '5 days') AS at`,
    [CLUSTER, from, now],
  );
}

type Row = Record<string, unknown>;

function agentRows({ hostList, from }: World, seen: Row): Row[] {
  return hostList.map(({ agentId, hostname }, n) => ({
    ...seen,
    agent_id: agentId,
    hostname,
    pid: `slave(1)@10.${20 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}:5051`,
    port: 5051,
    version: '1.11.0',
    active: n % 701 !== 5,
    registered_at: from,
    cpus: 32,
    mem_mb: 128_000,
    disk_mb: 900_000,
    attributes: { rack: `r${n % 40}`, zone: `fra${n % 3}` },
    tasks_running: 30 + (n % 20),
  }));
}

function contactRows({ hostList, now }: World): Row[] {
  return hostList.map(({ agentId }, n) => ({
    cluster_id: CLUSTER,
    agent_id: agentId,
    asked_at: new Date(now.getTime() - (n % 60) * 1000),
    answered_at: new Date(now.getTime() - (n % 60) * 1000),
    error_code: n % 499 === 3 ? 'MESOS_TIMEOUT' : null,
    skew_ms: n % 997 === 9 ? 9000 : n % 13,
    containers: 30,
  }));
}

function appRows({ appList, from }: World, seen: Row): Row[] {
  return appList.map((app) => ({
    ...seen,
    framework_id: MARATHON,
    app_id: app.appId,
    kind: 'app',
    version: (app.versions.at(-1) ?? from).toISOString(),
    instances: app.instances,
    cpus: app.cpus,
    mem_mb: app.memMb,
    disk_mb: 0,
    image: app.image,
    has_health_checks: true,
    labels: { team: app.team },
    last_config_change_at: app.versions.at(-1) ?? null,
    tasks_running: app.instances,
    tasks_healthy: app.instances,
    tasks_unhealthy: 0,
    tasks_staged: 0,
    definition: {
      id: app.appId,
      cpus: app.cpus,
      mem: app.memMb,
      instances: app.instances,
      container: { type: app.containerizer, docker: { image: app.image } },
      env: { JAVA_OPTS: '(redacted)' },
    },
    jvm_flags: app.index % 3 === 0 ? [{ from: 'env JAVA_OPTS', flags: [`-Xmx${app.memMb}m`] }] : [],
  }));
}

function versionRows({ appList }: World): Row[] {
  return appList.flatMap((app) =>
    app.versions.map((at) => ({
      cluster_id: CLUSTER,
      framework_id: MARATHON,
      app_id: app.appId,
      version: at.toISOString(),
      created_at: at,
      instances: app.instances,
      cpus: app.cpus,
      mem_mb: app.memMb,
      image: app.image,
      definition: null,
      first_seen_at: at,
    })),
  );
}

function deploymentRows({ deploymentsOf, now }: World): Row[] {
  return deploymentsOf.flat().map(({ id, app, at, endedAt }) => ({
    cluster_id: CLUSTER,
    deployment_id: id,
    framework_id: MARATHON,
    version: at.toISOString(),
    affected_apps: [app.appId],
    actions: [{ action: 'RestartApplication', target: app.appId }],
    current_step: 1,
    total_steps: 1,
    first_seen_at: new Date(at.getTime() + 3_000),
    last_seen_at: endedAt < now ? endedAt : now,
    ended_at: endedAt < now ? endedAt : null,
  }));
}

async function insertRows(pool: Pool, table: string, rows: readonly Row[]): Promise<void> {
  // The same version of an app twice in a millisecond is one.
  for (let at = 0; at < rows.length; at += BATCH_ROWS) {
    const part = rows.slice(at, at + BATCH_ROWS);
    const columns = Object.keys(part[0] ?? {}).join(', ');
    await pool.query(
      `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(part)],
    );
  }
}

/** Task-hours: of a host some 40 tasks, of an app its instances. A month each, into its own partition. */
export async function fillExposure(
  pool: Pool,
  { from, now }: World,
  months: readonly string[],
): Promise<void> {
  for (const month of months) {
    const start = new Date(Math.max(from.getTime(), Date.parse(`${month}-01T00:00:00Z`)));
    const next = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1));
    await pool.query(
      `INSERT INTO exposure_hour_${month.replace('-', '_')} (cluster_id, hour, kind, subject, task_seconds)
       SELECT $1, hour, of.kind, of.subject, of.tasks * least(3600, extract(epoch FROM $4 - hour))
       FROM generate_series($2::timestamptz, $3::timestamptz - interval '1 hour', interval '1 hour') AS hour,
         (SELECT 'host' AS kind, hostname AS subject, 30 + abs(hashtext(hostname)) % 20 AS tasks FROM agent
          UNION ALL SELECT 'app', app_id, instances FROM app) AS of
       WHERE hour < $4`,
      [CLUSTER, start, next, now],
    );
  }
}

/** What polls, logs and agents left: less of it than a real cluster would have, in the same places. */
export async function fillTraces(pool: Pool, { from, now, ends }: World): Promise<void> {
  const polls = new Date(Math.max(from.getTime(), now.getTime() - POLL_DAYS * DAY_MS));
  await pool.query(
    `INSERT INTO poll_run (cluster_id, source, started_at, finished_at, ok, error_code, error_message, url, bytes, tasks_read, ends_new)
     SELECT $1, source, at, at + interval '900 milliseconds', ok, CASE WHEN NOT ok THEN 'MESOS_TIMEOUT' END,
            CASE WHEN NOT ok THEN 'The master did not answer within 20 s.' END, 'http://master-1.example.net:5050',
            300000000, 50000, 40
     FROM generate_series($2::timestamptz, $3::timestamptz - interval '10 seconds', interval '30 seconds') AS at,
          (VALUES ('mesos'), ('marathon:http://marathon.example.net:8080')) AS of (source),
          LATERAL (SELECT extract(epoch FROM at)::bigint % 9973 > 20 AS ok) AS went`,
    [CLUSTER, polls, now],
  );
  // A kernel's report for two thirds of the kills with 137 that name no sender; the rest nobody's log tells of.
  await pool.query(
    `WITH killed AS (
       SELECT * FROM task_end WHERE cluster_id = $1 AND exit_code = 137 AND get_byte(decode(left(fingerprint, 2), 'hex'), 0) % 3 > 0
     ), signals AS (
       INSERT INTO log_signal (cluster_id, id, at, at_known, received_at, printed_host, host, signature, source,
         container_id, killed_pid, killed_comm, limit_kb, usage_kb, anon_rss_kb, orchestrator, facts, lines, about, app_id, settled_at)
       SELECT cluster_id, id, finished_at - interval '16 milliseconds', true, finished_at + interval '2 seconds',
              split_part(host, '.', 1), host, 'memcg_oom', 'kernel', container_id, 21000, 'java', mem_mb * 1024,
              mem_mb * 1024, mem_mb * 1000, 'docker', '{"processes": [{"pid": 21000, "name": "java", "rssKb": 400000}]}',
              '["java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0", "Task in /docker killed as a result of limit of /docker", "Memory cgroup out of memory: Kill process 21000 (java) score 1000 or sacrifice child", "Killed process 21000 (java) total-vm:6179680kB, anon-rss:400000kB"]',
              'task_end', app_id, finished_at + interval '5 seconds'
       FROM killed RETURNING id, at
     )
     INSERT INTO evidence (cluster_id, end_id, signal_id, signal_at, tie, proof, reason, candidates, tied_at)
     SELECT $1, id, id, at, 'container', 'proven', 'The container id is the same.', 1, at FROM signals`,
    [CLUSTER],
  );
  await pool.query(
    `INSERT INTO log_signal (cluster_id, id, at, at_known, received_at, printed_host, host, signature, source, device,
       killed_comm, facts, lines, about, app_id, about_task_id, about_proof, about_reason, settled_at)
     SELECT $1, gen_random_uuid(), at, true, at, split_part(hostname, '.', 1), hostname, signature, 'kernel',
            CASE signature WHEN 'unregister_netdevice' THEN 'lo' END, CASE signature WHEN 'memcg_oom' THEN 'java' END,
            '{}', jsonb_build_array('kernel: ' || signature), CASE signature WHEN 'memcg_oom' THEN 'running' ELSE 'host' END,
            CASE signature WHEN 'memcg_oom' THEN app.app_id END, CASE signature WHEN 'memcg_oom' THEN 'a-task' END,
            CASE signature WHEN 'memcg_oom' THEN 'likely' END, CASE signature WHEN 'memcg_oom' THEN 'It lives on.' END, at
     FROM generate_series(1, $4::int) AS n,
          LATERAL (SELECT $2::timestamptz + ($3::timestamptz - $2) * random() AS at,
                          (ARRAY['unregister_netdevice', 'no_space', 'io_error', 'memcg_oom', 'docker_hang', 'soft_lockup'])[1 + n % 6] AS signature,
                          (n::bigint * 7919) % (SELECT count(*) FROM agent) AS host_no, (n::bigint * 104729) % (SELECT count(*) FROM app) AS app_no) AS of
     JOIN (SELECT hostname, row_number() OVER () - 1 AS no FROM agent) a ON a.no = of.host_no
     JOIN (SELECT app_id, row_number() OVER () - 1 AS no FROM app) app ON app.no = of.app_no`,
    [CLUSTER, from, now, Math.ceil(ends / 50)],
  );
  // Of a thirtieth of the apps, in the order in which samples come.
  await pool.query(
    `INSERT INTO app_memory (cluster_id, app_id, at, max_bytes, mean_bytes, limit_bytes, tasks)
     SELECT $1, app_id, at, mem_mb * 700000, mem_mb * 500000, mem_mb * 1048576, instances
     FROM generate_series(date_bin('5 minutes', $2::timestamptz, 'epoch') + interval '5 minutes', $3, interval '5 minutes') AS at,
          (SELECT app_id, mem_mb, instances FROM app ORDER BY app_id LIMIT greatest(1, (SELECT count(*) FROM app) / 30)) AS of
     ORDER BY at, app_id`,
    [CLUSTER, from, now],
  );
  await pool.query(
    `INSERT INTO stuck_kill (cluster_id, framework_id, task_id, agent_id, since, kind, host, app_id, limit_seconds, first_seen_at, last_seen_at, ended_at)
     SELECT cluster_id, framework_id, task_id, agent_id, finished_at - interval '200 seconds', 'task_killing', host, app_id,
            153, finished_at - interval '40 seconds', finished_at, finished_at
     FROM task_end WHERE cluster_id = $1 AND cause = 'killed_unhealthy' AND get_byte(decode(left(fingerprint, 2), 'hex'), 0) = 7`,
    [CLUSTER],
  );
  await pool.query(
    `INSERT INTO log_input (cluster_id, input, lines, first_at, last_at) VALUES ($1, 'syslog', 1, $2, $3)`,
    [CLUSTER, from, now],
  );
}

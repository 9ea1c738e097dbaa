-- The tables of exit137 spread over the workers of Citus (https://docs.citusdata.com), by cluster_id.
--
-- NOT TRIED: no Citus was at hand when this was written. What a test does hold to: every table that is named here
-- exists, every one of them that is distributed has cluster_id in its primary key and in each unique index, and none
-- is left out. docs/scaling.md says what this is good for, and what is known to stand in the way.
--
-- Run it once on the coordinator, as the owner of the tables, while no collector runs, after the migrations. Run it in
-- one psql: psql -v ON_ERROR_STOP=1 -f docs/citus.sql

-- Every worker holds all of it: the few rows that all others point to. Citus before 12 refuses the identity of
-- cluster.id; there drop it first (ALTER TABLE cluster ALTER COLUMN id DROP IDENTITY) and give the ids by hand.
SELECT create_reference_table('cluster');

-- The largest first: it decides which shards lie together.
SELECT create_distributed_table('task_end', 'cluster_id');

-- Beside it: what a poll writes in one transaction lies on one worker.
SELECT create_distributed_table('lease', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('agent', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('framework', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('app', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('app_version', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('deployment', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('poll_run', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('gap', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('exposure_hour', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('rollup_hour', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('rollup_day', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('rollup_day_cause', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('ledger', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('poll_total', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('stream', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('marathon_kill', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('kept_end', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('log_signal', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('evidence', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('container', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('host_alias', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('log_status_update', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('log_open_block', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('log_input', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('sandbox_tail', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('task_memory', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('app_memory', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('agent_contact', 'cluster_id', colocate_with => 'task_end');
SELECT create_distributed_table('stuck_kill', 'cluster_id', colocate_with => 'task_end');

-- Left on the coordinator: size_sample (of the database as a whole) and _prisma_migrations.

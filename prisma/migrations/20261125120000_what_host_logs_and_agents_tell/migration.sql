-- What host logs tell (log_signal), what ties it to task ends (container, host_alias, evidence), and what agents
-- tell at and before a failure (sandbox_tail, task_memory, app_memory, agent_contact, stuck_kill).
--
-- Why log_signal waits with `settled_at` null: only the collector that holds the lease writes verdicts, whoever
--   took the line; a signal is settled once no task end that may yet come can be tied to it.
-- Why evidence has no foreign key: a revised end is deleted and written anew, under the same id.
-- Lock: CREATE INDEX and ALTER TABLE on app and app_version, small tables. Undo: drop the tables and columns.

CREATE TABLE log_signal (
  cluster_id smallint NOT NULL,
  -- Made of what the lines say (host, signature, time, process, container, device): the same lines give the same id.
  id uuid NOT NULL,
  -- Of the host's clock; where the lines told none, when they came.
  at timestamptz(3) NOT NULL,
  at_known boolean NOT NULL,
  received_at timestamptz(3) NOT NULL,
  -- As the line names it; null: it names none.
  printed_host text,
  -- The agent's hostname that it stands for; null: no agent we know.
  host text,
  signature text NOT NULL,
  source text NOT NULL,
  container_id text COLLATE "C",
  killed_pid integer,
  killed_comm text,
  limit_kb bigint,
  usage_kb bigint,
  anon_rss_kb bigint,
  orchestrator text,
  device text,
  task_id text COLLATE "C",
  -- The rest of lib/domain/log-signal.ts.
  facts jsonb NOT NULL,
  lines jsonb NOT NULL,
  -- What it turned out to be about: 'task_end' (see evidence), 'running' (a task that lives on), 'host', 'foreign'
  -- (another orchestrator's), 'unknown'; null while unsettled.
  about text,
  -- The app it is about, where one is known; for 'running' the warning on the app's page.
  app_id text,
  -- Of a task that lives on: which, with what proof, and why it is held to be that one.
  about_task_id text COLLATE "C",
  about_proof text,
  about_reason text,
  settled_at timestamptz(3),
  PRIMARY KEY (cluster_id, id, at)
) PARTITION BY RANGE (at);
CREATE TABLE log_signal_default PARTITION OF log_signal DEFAULT;
CREATE INDEX log_signal_host_idx ON log_signal (cluster_id, host, at);
CREATE INDEX log_signal_signature_idx ON log_signal (cluster_id, signature, at);
CREATE INDEX log_signal_container_idx ON log_signal (cluster_id, container_id) WHERE container_id IS NOT NULL;
CREATE INDEX log_signal_task_idx ON log_signal (cluster_id, task_id) WHERE task_id IS NOT NULL;
CREATE INDEX log_signal_app_idx ON log_signal (cluster_id, app_id, at) WHERE app_id IS NOT NULL;
CREATE INDEX log_signal_unsettled_idx ON log_signal (cluster_id, received_at) WHERE settled_at IS NULL;

-- Containers of tasks as agents, status updates and log lines named them: what ties a Docker id or a pid to a task.
CREATE TABLE container (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  -- Mesos container id, `parent.child` where nested.
  container_id text COLLATE "C" NOT NULL,
  docker_id text COLLATE "C",
  pid integer,
  framework_id text,
  task_id text COLLATE "C",
  agent_id text,
  host text,
  app_id text,
  mem_limit_bytes bigint,
  -- 'agent' (/containers), 'status' (docker inspect in a status update), 'log'.
  told_by text NOT NULL,
  first_seen_at timestamptz(3) NOT NULL,
  last_seen_at timestamptz(3) NOT NULL,
  PRIMARY KEY (cluster_id, container_id)
);
CREATE INDEX container_docker_idx ON container (cluster_id, docker_id) WHERE docker_id IS NOT NULL;
CREATE INDEX container_task_idx ON container (cluster_id, task_id);
CREATE INDEX container_host_idx ON container (cluster_id, host, last_seen_at);
CREATE INDEX container_last_seen_idx ON container (cluster_id, last_seen_at);

-- Host names of logs that are another name of an agent, learnt where a container id proved it.
CREATE TABLE host_alias (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  printed_host text NOT NULL,
  host text NOT NULL,
  learnt_from text NOT NULL,
  learnt_at timestamptz(3) NOT NULL,
  PRIMARY KEY (cluster_id, printed_host)
);

CREATE TABLE evidence (
  cluster_id smallint NOT NULL,
  end_id uuid NOT NULL,
  signal_id uuid NOT NULL,
  signal_at timestamptz(3) NOT NULL,
  -- lib/domain/evidence.ts: TieKind, Proof, reason, candidates.
  tie text NOT NULL,
  proof text NOT NULL,
  reason text NOT NULL,
  candidates integer NOT NULL,
  tied_at timestamptz(3) NOT NULL,
  PRIMARY KEY (cluster_id, end_id, signal_id)
);
CREATE INDEX evidence_signal_idx ON evidence (cluster_id, signal_id);

-- Status updates as an agent's own log tells them, with the log's clock: what puts a kill and the end of a task side
-- by side however wrong that clock is. Kept for days: either may come hours before the other.
CREATE TABLE log_status_update (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  -- The agent's hostname, else the host as printed, in lower case.
  host text NOT NULL,
  at timestamptz(3) NOT NULL,
  task_id text COLLATE "C" NOT NULL,
  state text NOT NULL,
  framework_id text,
  received_at timestamptz(3) NOT NULL,
  PRIMARY KEY (cluster_id, host, at, task_id, state)
);
CREATE INDEX log_status_update_task_idx ON log_status_update (cluster_id, task_id);
CREATE INDEX log_status_update_received_idx ON log_status_update (cluster_id, received_at);

-- A container id in a log finds its end though host names and clocks differ.
CREATE INDEX task_end_container_idx ON task_end (cluster_id, container_id) WHERE container_id IS NOT NULL;

-- Blocks of which not all lines came yet, by input and host: gone on with when more come, whoever takes them.
CREATE TABLE log_open_block (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  input text NOT NULL,
  -- '' where the lines name none.
  printed_host text NOT NULL,
  -- Blocks of an input are read again in this order.
  place integer NOT NULL,
  lines jsonb NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  PRIMARY KEY (cluster_id, input, printed_host)
);

-- Where logs come in: 'http', 'syslog', 'file:/var/log/messages'.
CREATE TABLE log_input (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  input text NOT NULL,
  lines bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  signals bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  first_at timestamptz(3) NOT NULL,
  last_at timestamptz(3) NOT NULL,
  -- Of a file: { inode, offset }, up to which it is stored.
  position jsonb,
  last_error text,
  last_error_at timestamptz(3),
  PRIMARY KEY (cluster_id, input)
);

CREATE TABLE sandbox_tail (
  cluster_id smallint NOT NULL,
  end_id uuid NOT NULL,
  -- 'stdout' or 'stderr'.
  file text NOT NULL,
  fetched_at timestamptz(3) NOT NULL,
  -- Of the whole file; null: not told.
  size_bytes bigint,
  -- Where in the file `content` begins.
  from_byte bigint,
  -- gzip of at most 64 KiB; null: it could not be read, `error_code` says why.
  content bytea,
  error_code text,
  PRIMARY KEY (cluster_id, end_id, file)
);

-- Memory of a task up to its end, as its agent told it while it ran.
CREATE TABLE task_memory (
  cluster_id smallint NOT NULL,
  end_id uuid NOT NULL,
  limit_bytes bigint,
  -- [[milliseconds since the epoch, bytes used], …], oldest first, at most 240.
  samples jsonb NOT NULL,
  PRIMARY KEY (cluster_id, end_id)
);

-- Memory of an app's tasks in 5 minutes: the largest sample of any task, and the mean.
CREATE TABLE app_memory (
  cluster_id smallint NOT NULL,
  app_id text NOT NULL,
  at timestamptz(3) NOT NULL,
  max_bytes bigint NOT NULL,
  mean_bytes bigint NOT NULL,
  limit_bytes bigint,
  tasks integer NOT NULL,
  PRIMARY KEY (cluster_id, app_id, at)
);
CREATE INDEX app_memory_at_idx ON app_memory (cluster_id, at);

CREATE TABLE agent_contact (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  agent_id text NOT NULL,
  asked_at timestamptz(3) NOT NULL,
  answered_at timestamptz(3),
  error_code text,
  -- Its clock less ours, from the Date header; null: not told.
  skew_ms integer,
  containers integer,
  PRIMARY KEY (cluster_id, agent_id)
);

-- Tasks told to die that live on for longer than their grace period and two minutes.
CREATE TABLE stuck_kill (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  framework_id text NOT NULL,
  task_id text COLLATE "C" NOT NULL,
  agent_id text NOT NULL,
  -- When the kill was asked for, as far as told.
  since timestamptz(3) NOT NULL,
  -- 'task_killing' (the state TASK_KILLING), 'marathon' (Marathon wants it gone).
  kind text NOT NULL,
  host text,
  app_id text,
  limit_seconds double precision NOT NULL,
  first_seen_at timestamptz(3) NOT NULL,
  last_seen_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  PRIMARY KEY (cluster_id, framework_id, task_id, agent_id, since)
);
CREATE INDEX stuck_kill_open_idx ON stuck_kill (cluster_id, first_seen_at) WHERE ended_at IS NULL;
CREATE INDEX stuck_kill_seen_idx ON stuck_kill (cluster_id, last_seen_at);

-- Memory flags of a JVM, taken at the door from values that are not stored: [{ from, flags }]; null: never read.
ALTER TABLE app ADD COLUMN jvm_flags jsonb;
ALTER TABLE app_version ADD COLUMN jvm_flags jsonb;

CREATE OR REPLACE FUNCTION exit137_ensure_month(parent text, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  month_start timestamp := date_trunc('month', at AT TIME ZONE 'UTC');
  from_at timestamptz := month_start AT TIME ZONE 'UTC';
  to_at timestamptz := (month_start + interval '1 month') AT TIME ZONE 'UTC';
  child text := parent || '_' || to_char(month_start, 'YYYY_MM');
  time_column text := CASE parent WHEN 'task_end' THEN 'finished_at' WHEN 'poll_run' THEN 'started_at'
                                  WHEN 'exposure_hour' THEN 'hour' WHEN 'log_signal' THEN 'at' END;
BEGIN
  IF to_regclass(child) IS NOT NULL THEN RETURN; END IF;
  -- Keeps a second caller waiting, and writers: one that had already chosen the default partition for a row of this
  -- month would fail on it. Only a lock on a table makes the next line see what others committed meanwhile: under an
  -- advisory lock it would still be answered from this session's cache.
  EXECUTE format('LOCK TABLE ONLY %I IN SHARE ROW EXCLUSIVE MODE', parent);
  IF to_regclass(child) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
  EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= $1 AND %I < $2 RETURNING *) INSERT INTO %I SELECT * FROM moved',
    parent || '_default', time_column, time_column, child) USING from_at, to_at;
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, from_at, to_at);
END $$;

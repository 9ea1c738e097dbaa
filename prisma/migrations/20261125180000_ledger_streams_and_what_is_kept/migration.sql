-- What tells whether a task end was lost (ledger, stream, gap), what retention must not drop (kept_end), and how the
-- database grows (size_sample).
--
-- Lock: ALTER TABLE gap, a small table. Undo: drop the tables and columns.

-- Per life of a leading master and end state: how far its own counter grew, held against what was stored.
-- counted - base - refused = what it says ended and can be in its lists; how `escaped` follows from that and `stored`:
-- lib/ingest/plan-ledger.ts. Written in the transaction that stores the ends.
CREATE TABLE ledger (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  master_id text NOT NULL,
  elected_at timestamptz(3) NOT NULL,
  -- TASK_FINISHED, TASK_FAILED, ...: the states that the master counts. TASK_UNREACHABLE is not among them.
  state text NOT NULL,
  -- The counter when we began to hold it against our rows: 0 where we watched the master before this one.
  base bigint NOT NULL,
  -- The counter as last read.
  counted bigint NOT NULL,
  -- Of the growth, what the master refused before launch: it is in no list, so no reader can have it (reference A8, L9).
  -- `refused_base`: what its counters said when `base` was read.
  refused_base bigint NOT NULL DEFAULT 0,
  refused bigint NOT NULL DEFAULT 0,
  -- Transitions into this state that we stored since: new ends, and ends that became of this state.
  stored bigint NOT NULL DEFAULT 0,
  -- Of those, how many this master surely never counted: they ended before it, or before `base` was read.
  uncounted bigint NOT NULL DEFAULT 0,
  -- Ends that the master counted and that are surely not stored.
  escaped bigint NOT NULL DEFAULT 0,
  -- Our clock, when that last grew; null: never.
  escaped_at timestamptz(3),
  -- What the last reading alone showed to be missing: `escaped` once the next one shows it, too.
  suspected bigint NOT NULL DEFAULT 0,
  -- How many readings in a row showed less than `escaped`, and the most they showed.
  doubts smallint NOT NULL DEFAULT 0,
  doubted bigint NOT NULL DEFAULT 0,
  -- Our clock: since when ends count here, and when `counted` was read; null: not once since the election.
  first_read_at timestamptz(3) NOT NULL,
  last_read_at timestamptz(3),
  PRIMARY KEY (cluster_id, elected_at, master_id, state)
);

-- How each event stream does: 'mesos', or 'marathon:<url without credentials>'. A row a source, written as it changes.
CREATE TABLE stream (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  source text NOT NULL,
  -- 'open', 'closed' (it will be tried again), 'refused' (the server has none, or not for us).
  state text NOT NULL,
  url text,
  -- Since when it is in this state.
  since timestamptz(3) NOT NULL,
  last_event_at timestamptz(3),
  -- Counted since the first row was written.
  events bigint NOT NULL DEFAULT 0,
  ends bigint NOT NULL DEFAULT 0,
  reconnects bigint NOT NULL DEFAULT 0,
  -- Ends that were dropped because the database did not keep up; a snapshot was asked for instead.
  dropped bigint NOT NULL DEFAULT 0,
  last_dropped_at timestamptz(3),
  -- Ends that were told without what makes them themselves: a poll was asked for instead.
  left_to_poll bigint NOT NULL DEFAULT 0,
  -- Ends that waited to be stored when the row was written.
  backlog integer NOT NULL DEFAULT 0,
  last_error text,
  last_error_at timestamptz(3),
  written_at timestamptz(3) NOT NULL,
  PRIMARY KEY (cluster_id, source)
);

-- Polls of each source, counted by the statement that writes poll_run: metrics need not read that, and retention does not
-- turn them back. The copy reads poll_run once.
CREATE TABLE poll_total (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  source text NOT NULL,
  attempts bigint NOT NULL DEFAULT 0,
  failures bigint NOT NULL DEFAULT 0,
  -- Entries that could not be understood, counted again in each poll that met them.
  rejected bigint NOT NULL DEFAULT 0,
  last_success_at timestamptz(3),
  PRIMARY KEY (cluster_id, source)
);
INSERT INTO poll_total (cluster_id, source, attempts, failures, rejected, last_success_at)
SELECT cluster_id, source, count(*), count(*) FILTER (WHERE NOT ok), sum(rejected), max(finished_at) FILTER (WHERE ok)
FROM poll_run GROUP BY 1, 2;

-- What the agents' own histories gave back after a failover; null: they were not asked.
ALTER TABLE gap ADD COLUMN agents_asked integer;
ALTER TABLE gap ADD COLUMN agents_answered integer;
ALTER TABLE gap ADD COLUMN refilled integer;
ALTER TABLE gap ADD COLUMN refilled_at timestamptz(3);
CREATE INDEX gap_from_idx ON gap (cluster_id, from_at);
CREATE INDEX gap_to_refill_idx ON gap (cluster_id) WHERE kind = 'master_failover' AND refilled_at IS NULL;

-- Kills that a Marathon announced in its event stream: the only place where it tells why.
CREATE TABLE marathon_kill (
  cluster_id smallint NOT NULL REFERENCES cluster (id),
  framework_id text NOT NULL,
  -- Mesos task id as the event names it.
  task_id text COLLATE "C" NOT NULL,
  at timestamptz(3) NOT NULL,
  -- 'unhealthy' (its health checks failed).
  kind text NOT NULL,
  app_id text,
  -- Free text of Marathon.
  reason text,
  PRIMARY KEY (cluster_id, framework_id, task_id, at)
);
CREATE INDEX marathon_kill_at_idx ON marathon_kill (cluster_id, at);

-- Ends that people point to: they outlive RETENTION_DAYS, with their evidence and sandbox tails.
CREATE TABLE kept_end (
  cluster_id smallint NOT NULL,
  end_id uuid NOT NULL,
  finished_at timestamptz(3) NOT NULL,
  -- 'incident:<id>', 'review:<day>'.
  kept_by text NOT NULL,
  PRIMARY KEY (cluster_id, end_id, kept_by)
);

-- Once a day: what the database weighs, by table (all its partitions and indexes).
CREATE TABLE size_sample (
  day timestamptz(3) NOT NULL,
  relation text NOT NULL,
  bytes bigint NOT NULL,
  -- Estimated by Postgres; -1: never analysed.
  row_count bigint NOT NULL,
  PRIMARY KEY (day, relation)
);

-- What retention needs: how far back ends are kept, and by what the unpartitioned tables are cut.
--
-- Lock: ALTER TABLE and CREATE INDEX on tables of days to weeks. Undo: drop them.

-- Ends that finished before it were dropped by age, and are not stored any more: a master may offer them again, and
-- the rollups, which are kept for ever, would count them twice. Null: nothing was dropped yet.
ALTER TABLE cluster ADD COLUMN ends_from timestamptz(3);

ALTER TABLE task_memory ADD COLUMN stored_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX task_memory_stored_idx ON task_memory (stored_at);
CREATE INDEX sandbox_tail_fetched_idx ON sandbox_tail (fetched_at);
CREATE INDEX evidence_tied_idx ON evidence (tied_at);

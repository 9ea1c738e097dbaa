-- What the task list and its search find by index: exit codes, frameworks, reopened ends, words of messages; and the
-- hours that hold ends of a state, cause or disposition, so that the list jumps to them.
--
-- Why hashtext: a framework's id is some 40 characters, on every row; the rows found are held against the id itself.
-- Why a word is what stands between ASCII characters that are neither letter nor digit: Postgres's own parser keeps
--   paths, hosts and numbers with their signs whole, and no part of one could be found.
-- Why 4,000 characters: a tsvector beyond 1 MB is an error, and would cost the task end itself. A word beyond 2 kB is
--   left out by Postgres, with a notice.
-- Why rollup_hour's indexes leave `ends` out: with it no update of a poll could be heap-only.
-- Lock: CREATE INDEX, writers of task_end wait: about 40 s for ten million ends. Undo: drop the indexes, then the function.

CREATE FUNCTION exit137_words(message text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple'::regconfig,
  regexp_replace(left(message, 4000), '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' ', 'g'));

CREATE INDEX task_end_words_idx ON task_end USING gin (exit137_words(message))
  WHERE disposition = 'failure' AND reopened_at IS NULL;
CREATE INDEX task_end_exit_code_idx ON task_end (cluster_id, exit_code, finished_at) WHERE exit_code <> 0;
CREATE INDEX task_end_framework_idx ON task_end (cluster_id, hashtext(framework_id), finished_at);
CREATE INDEX task_end_reopened_idx ON task_end (cluster_id, finished_at) WHERE reopened_at IS NOT NULL;

CREATE INDEX rollup_hour_cause_idx ON rollup_hour (cluster_id, cause, hour);
CREATE INDEX rollup_hour_state_idx ON rollup_hour (cluster_id, state, hour);
CREATE INDEX rollup_hour_disposition_idx ON rollup_hour (cluster_id, disposition, hour);

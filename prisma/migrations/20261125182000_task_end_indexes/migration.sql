-- Ends whose time no status told yet: looked for by task id whenever an end is offered under an id nobody knows. All but
-- empty, so that a task id which is used again and again costs no read of all its rows.
--
-- Lock: CREATE INDEX, writers of task_end wait: some seconds for ten million ends. Undo: drop the index.
CREATE INDEX task_end_waiting_idx ON task_end (cluster_id, task_id) WHERE NOT finished_at_known AND reopened_at IS NULL;
